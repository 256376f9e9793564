import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { concat } from "../../src/base/bytes.ts";
import type { Stream, TransportLimits } from "../../src/transport/transport.ts";
import fc from "../base/property.ts";
import { pattern } from "../contract/probes.ts";
import { Diary, ManualClock, MuxEnd, MuxPair } from "./mux-scene.ts";

const LIMITS = { streamWindow: 32 << 10, connectionWindow: 128 << 10, streamsMax: 8 };
/** What a listener grants that hears all at once what was said bit by bit to one that kept granting. */
const AMPLE = { streamWindow: 1 << 20, connectionWindow: 16 << 20, streamsMax: 64 };
/** A stream that holds anything borrows this much at least. */
const LEAST_LENT = 4 << 10;

/** One thing that a user of the near end does. */
interface Step {
  readonly action: "open" | "write" | "end" | "reset" | "stop" | "run";
  readonly stream: number;
  readonly size: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom("open", "write", "write", "write", "end", "reset", "stop", "run"),
  stream: fc.nat(7),
  size: fc.oneof(fc.nat(40), fc.nat(20_000)),
});
const steps = fc.array(step, { minLength: 5, maxLength: 40 });

/** Whoever is handed a stream pauses every third. */
function someReaders(): Diary {
  const diary = new Diary();
  diary.onArrival = (stream) => {
    if (stream.id % 3 === 2) stream.pause();
  };
  return diary;
}

function act(stream: Stream, { action, size }: Step): void {
  if (action === "write") stream.write(pattern(stream.id, 0, size));
  else if (action === "end") stream.end();
  else if (action === "reset") stream.reset(size);
  else if (action === "stop") stream.stop(size);
}

/** What a near end says in the course of `script`, to a far end that reads. */
async function session(script: readonly Step[]): Promise<Bytes> {
  const pair = new MuxPair(LIMITS);
  const near = new Diary();
  const streams: Stream[] = [];
  pair.near.mux.setHandler(near);
  pair.far.mux.setHandler(someReaders());
  for (const each of script) {
    if (each.action === "open" && streams.length < LIMITS.streamsMax) {
      const stream = await pair.near.mux.open();
      near.watch(stream);
      streams.push(stream);
    }
    const stream = streams[each.stream % Math.max(1, streams.length)];
    if (stream !== undefined) act(stream, each);
    if (each.action === "run") pair.run();
  }
  pair.run();
  pair.near.mux.close(7, "that was all");
  pair.run();
  return concat(...pair.said);
}

/** Feeds `bytes` to a fresh far end, cut at `cuts`. */
function listened(
  bytes: Bytes,
  cuts: readonly number[],
  limits: Partial<TransportLimits> = AMPLE,
): { end: MuxEnd; diary: Diary } {
  const end = new MuxEnd(new ManualClock(), false, limits);
  const diary = someReaders();
  end.mux.setHandler(diary);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let at = 0;
  for (const place of [...places, bytes.length]) {
    end.receive(bytes.slice(at, place));
    end.turn();
    at = place;
  }
  return { end, diary };
}

/** Bytes with a few places changed, left out, doubled or put in. */
function mutated(bytes: Bytes, changes: readonly (readonly [number, number, number])[]): Bytes {
  const mutant = [...bytes];
  for (const [kind, where, value] of changes) {
    // Small offsets are headers more often than not.
    const at = where % Math.max(1, mutant.length);
    if (kind === 0) mutant[at] = value;
    else if (kind === 1) mutant.splice(at, 1 + (value % 9));
    else if (kind === 2) mutant.splice(at, 0, ...mutant.slice(at, at + value));
    else mutant.splice(at, 0, value);
  }
  return Uint8Array.from(mutant);
}

describe("what a peer says to a multiplexed connection", () => {
  it("means the same however the channel splits it", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat(), { maxLength: 60 }), async (script, cuts) => {
        const said = await session(script);
        const whole = listened(said, []);
        const split = listened(said, cuts);
        expect(split.diary.lines).toEqual(whole.diary.lines);
        expect(split.diary.bytes).toEqual(whole.diary.bytes);
        expect(whole.diary.lines.at(-1)).toBe("close by peer: 7 that was all");
      }),
      { numRuns: 150 },
    );
  });

  it("means the same byte by byte", async () => {
    const script: Step[] = [
      { action: "open", stream: 0, size: 0 },
      { action: "write", stream: 0, size: 3_000 },
      { action: "open", stream: 0, size: 0 },
      { action: "write", stream: 1, size: 10 },
      { action: "stop", stream: 1, size: 4 },
      { action: "end", stream: 0, size: 0 },
    ];
    const said = await session(script);
    const bytewise = listened(
      said,
      Array.from(said, (_, at) => at),
    );
    expect(bytewise.diary.lines).toEqual(listened(said, []).diary.lines);
  });

  it("never throws, ends at most once and takes no more memory than was granted, whatever it is", async () => {
    const change = fc.tuple(fc.nat(3), fc.oneof(fc.nat(200), fc.nat()), fc.nat(255));
    const changes = fc.array(change, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(steps, changes, fc.array(fc.nat(), { maxLength: 8 }), async (...given) => {
        const [script, mutation, cuts] = given;
        const { end, diary } = listened(mutated(await session(script), mutation), cuts, LIMITS);
        expect(diary.closes.length).toBeLessThanOrEqual(1);
        expect(["peer", "fault", undefined]).toContain(end.info?.by);
        // Buffers grow by doubling, and the old one lives until its content is copied.
        expect(end.pool.most).toBeLessThanOrEqual(
          3 * LIMITS.connectionWindow + LIMITS.streamsMax * LEAST_LENT,
        );
        expect(diary.streams.size).toBeLessThanOrEqual(2 * LIMITS.streamsMax);
      }),
      { numRuns: 300 },
    );
  });

  it("never throws where it is mere noise behind a good hello", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
        const [greeting] = new MuxPair(LIMITS).said;
        const { end } = listened(concat(greeting as Bytes, noise), [], LIMITS);
        expect(end.pool.most).toBeLessThanOrEqual(LIMITS.streamsMax * LEAST_LENT);
      }),
      { numRuns: 300 },
    );
  });
});
