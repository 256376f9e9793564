import { describe, expect, it } from "vitest";
import { concat, toHex } from "../../src/base/bytes.ts";
import { TYPE, writeHeader } from "../../src/wire/frame.ts";
import { FrameSplitter } from "../../src/wire/splitter.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";
import { frameOf, SAMPLES } from "./samples.ts";

function frame(type: number, length: number, fill = 7): Uint8Array {
  const bytes = new Uint8Array(8 + length).fill(fill);
  writeHeader(bytes, 0, type, length);
  return bytes;
}

/** Splits `pieces` and returns a copy of every frame that came out. */
function split(pieces: readonly Uint8Array[]): { frames: Uint8Array[]; splitter: FrameSplitter } {
  const frames: Uint8Array[] = [];
  const splitter = new FrameSplitter((bytes, start, end) => frames.push(bytes.slice(start, end)));
  for (const piece of pieces) splitter.push(piece, 0, piece.length);
  return { frames, splitter };
}

/** `bytes` cut at the given places, in any order and number. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [
    0,
    ...places.map((it) => it % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const stream = concat(...SAMPLES.map(frameOf));
const expected = SAMPLES.map((sample) => toHex(frameOf(sample)));

describe("the splitter", () => {
  it("finds every frame, however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 200 }), (places) => {
        const { frames, splitter } = split(cutAt(stream, places));
        expect(frames.map((it) => toHex(it))).toEqual(expected);
        expect(splitter.held).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("finds every frame in pieces of one length each", () => {
    for (let size = 1; size < 200; size++) {
      const places = Array.from({ length: Math.ceil(stream.length / size) }, (_, at) => at * size);
      expect(split(cutAt(stream, places)).frames.map((it) => toHex(it))).toEqual(expected);
    }
  });

  it("hands a whole frame on where it lies", () => {
    const bytes = concat(frame(TYPE.ping, 3), frame(TYPE.pong, 0));
    const seen: unknown[] = [];
    const splitter = new FrameSplitter((...all) => seen.push(all));
    splitter.push(bytes, 0, bytes.length);
    expect(seen).toEqual([
      [bytes, 0, 11, false],
      [bytes, 11, 19, false],
    ]);
    expect((seen[0] as unknown[])[0]).toBe(bytes);
  });

  it("looks only at the part it is given", () => {
    const bytes = concat(new Uint8Array(3), frame(TYPE.ping, 1), new Uint8Array(3));
    const seen: Uint8Array[] = [];
    const splitter = new FrameSplitter((it, start, end) => seen.push(it.slice(start, end)));
    splitter.push(bytes, 3, 12);
    expect(seen).toEqual([frame(TYPE.ping, 1)]);
    expect(splitter.held).toBe(0);
  });

  it("says that a large frame is the receiver's to keep, and never writes to it again", () => {
    const large = frame(TYPE.call, 100_000, 1);
    const kept: Uint8Array[] = [];
    const splitter = new FrameSplitter((bytes, start, end, owned) => {
      if (owned) kept.push(bytes.subarray(start, end));
    });
    for (const piece of cutAt(large, [50_000])) splitter.push(piece, 0, piece.length);
    for (const piece of cutAt(frame(TYPE.call, 100_000, 2), [50_000])) {
      splitter.push(piece, 0, piece.length);
    }
    expect(kept).toHaveLength(2);
    expect(kept[0]).toEqual(large);
  });

  it("accepts the largest frame there is, and none larger", () => {
    const max = 16 * 1_024 * 1_024 + 4_096;
    const large = frame(TYPE.call, max);
    expect(split(cutAt(large, [1, 9, 70_000])).frames[0]).toHaveLength(8 + max);
    const header = new Uint8Array(8);
    writeHeader(header, 0, TYPE.call, max + 1);
    expect(failure(() => split([header]))).toBe("too_large");
  });
});

describe("a hostile stream", () => {
  it.each([
    ["another version", Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 0), "unsupported_version"],
    ["an unknown type", Uint8Array.of(2, 0xee, 0, 0, 0, 0, 0, 0), "unknown_type"],
    ["a length of 2^32 − 1", Uint8Array.of(2, 3, 0, 0, 255, 255, 255, 255), "too_large"],
  ])("is refused at its header: %s", (_, header, code) => {
    expect(failure(() => split([header]))).toBe(code);
    expect(failure(() => split(cutAt(header, [1, 2, 3, 4, 5, 6, 7])))).toBe(code);
    expect(failure(() => split([frame(TYPE.ping, 2), header]))).toBe(code);
  });

  it("is refused as soon as the header is whole, not when a frame would be", () => {
    const bytes = frame(TYPE.ping, 5);
    bytes[0] = 9;
    expect(failure(() => split([bytes.subarray(0, 7)]))).toBeUndefined();
    expect(failure(() => split([bytes.subarray(0, 8)]))).toBe("unsupported_version");
  });

  it("that announces 16 MiB costs what it has sent and no more", () => {
    const header = frame(TYPE.call, 0);
    writeHeader(header, 0, TYPE.call, 16 << 20);
    const splitters: FrameSplitter[] = [];
    const before = process.memoryUsage().arrayBuffers;
    for (let peer = 0; peer < 1_000; peer++) {
      const { splitter } = split([header, new Uint8Array(100)]);
      splitters.push(splitter);
    }
    expect(splitters.every((it) => it.held === 108)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
  });
});
