import { describe, expect, it } from "vitest";
import { CUSTODY_MAX, Custody } from "../../src/peer/custody.ts";
import { failure } from "../base/failure.ts";

/** A frame of that many bytes, all of them `mark`. */
const frame = (mark: number, length = 100) => new Uint8Array(length).fill(mark);

function send(custody: Custody, mark: number, now = 0, length = 100): void {
  custody.sent(frame(mark, length), 0, length, now);
}

/** First byte and length of each frame that is handed out. */
function released(custody: Custody): [number, number][] {
  const frames: [number, number][] = [];
  custody.release((bytes, start, end) => frames.push([bytes[start] as number, end - start]));
  return frames;
}

describe("frames that a link was given", () => {
  it("are kept until the peer has told that it took them", () => {
    const custody = new Custody();
    for (const mark of [1, 2, 3]) send(custody, mark);
    custody.taken(2, 10);
    expect(custody.size).toBe(1);
    expect(released(custody)).toEqual([[3, 100]]);
    expect([custody.size, custody.memory]).toEqual([0, 0]);
  });

  it("are copies: what becomes of the bytes does not matter", () => {
    const custody = new Custody();
    const bytes = frame(7);
    custody.sent(bytes, 10, 20, 0);
    bytes.fill(0);
    expect(released(custody)).toEqual([[7, 10]]);
  });

  it("count, but are not kept, where they are not worth it", () => {
    const custody = new Custody();
    custody.sent(frame(1), 5, 5, 0);
    send(custody, 2);
    custody.taken(1, 0);
    expect(custody.size).toBe(1);
    expect(released(custody)).toEqual([[2, 100]]);
  });

  it("go, the oldest first, when there are too many bytes of them, and are counted all the same", () => {
    const custody = new Custody();
    for (let mark = 0; mark < 200; mark++) send(custody, mark, 0, 4_000);
    expect(custody.memory).toBeLessThanOrEqual(CUSTODY_MAX);
    expect(custody.size).toBeLessThan(70);
    custody.taken(199, 0);
    expect(released(custody)).toEqual([[199, 4_000]]);
  });

  it("come out as they went in, over any number of rounds", () => {
    const custody = new Custody();
    let taken = 0;
    for (let mark = 0; mark < 5_000; mark++) {
      send(custody, mark % 251, mark, 1 + (mark % 700));
      if (mark % 7 !== 3) continue;
      taken = mark - (mark % 5);
      custody.taken(taken, mark);
    }
    const marks = released(custody).map(([mark]) => mark);
    const expected = Array.from({ length: 5_000 - taken }, (_, at) => (taken + at) % 251);
    expect(marks).toEqual(expected);
  });
});

describe("a peer that tells", () => {
  it("of more than it was sent is at fault", () => {
    const custody = new Custody();
    send(custody, 1);
    expect(failure(() => custody.taken(2, 0))).toBe("bad_frame");
  });

  it("of fewer than before changes nothing", () => {
    const custody = new Custody();
    for (const mark of [1, 2]) send(custody, mark);
    custody.taken(2, 0);
    custody.taken(1, 0);
    expect(custody.size).toBe(0);
  });

  it("is given three round trips, as they were measured, and 200 ms at least", () => {
    const custody = new Custody();
    expect(custody.timeout).toBe(350);
    send(custody, 1, 0);
    custody.taken(1, 4);
    expect(custody.timeout).toBe(200);
    for (let at = 2; at < 60; at++) {
      send(custody, 1, 0);
      custody.taken(at, 200);
    }
    expect(custody.timeout).toBeGreaterThan(590);
  });

  it("late is overdue, and no longer suspect once it tells again", () => {
    const custody = new Custody();
    expect(custody.isOverdue(1e6)).toBe(false);
    send(custody, 1, 1_000);
    expect([custody.isOverdue(1_350), custody.isOverdue(1_351)]).toEqual([false, true]);
    custody.isSuspect = true;
    custody.taken(1, 1_400);
    expect(custody.isSuspect).toBe(false);
  });

  it("is not overdue at a moment before it was sent, as a frame may have come in before another left", () => {
    const custody = new Custody();
    send(custody, 1, 1_000);
    expect(custody.isOverdue(998)).toBe(false);
  });

  it("is judged rightly when the clock passes 2^32 ms", () => {
    const custody = new Custody();
    send(custody, 1, 2 ** 32 - 10);
    expect(custody.isOverdue(2 ** 32 + 300)).toBe(false);
    expect(custody.isOverdue(2 ** 32 + 350)).toBe(true);
  });
});

it("gives memory back when nothing is kept", () => {
  const custody = new Custody();
  send(custody, 1);
  custody.trim();
  expect(custody.memory).toBeGreaterThan(0);
  custody.taken(1, 0);
  custody.trim();
  expect(custody.memory).toBe(0);
});
