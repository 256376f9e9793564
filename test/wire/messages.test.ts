import { describe, expect, it } from "vitest";
import { concat } from "../../src/base/bytes.ts";
import { HEADER_BYTES, readHeader, TYPE } from "../../src/wire/frame.ts";
import { failure } from "../base/failure.ts";
import { frameOf, SAMPLES } from "./samples.ts";

/** What stands behind the header of a call's, cast's or route frame's body is not ours to check. */
const OPEN_ENDED = new Set<number>([TYPE.rpcRoute]);

describe("the samples", () => {
  it("show every message type", () => {
    const shown = new Set(SAMPLES.map((sample) => sample.type));
    expect([...shown].sort()).toEqual(Object.values(TYPE).sort());
  });
});

describe.each(SAMPLES.map((sample) => [sample.name, sample] as const))("%s", (_, sample) => {
  const frame = frameOf(sample);

  it("is read as it was written", () => {
    expect(readHeader(frame, 0)).toBe(frame.length - HEADER_BYTES);
    expect(frame[1]).toBe(sample.type);
    expect(sample.read(frame, HEADER_BYTES, frame.length)).toEqual(sample.message);
  });

  it("is read where it lies, and nothing around it", () => {
    const around = concat(new Uint8Array(5).fill(0xc1), frame, new Uint8Array(5).fill(0xc1));
    const start = 5 + HEADER_BYTES;
    expect(sample.read(around, start, 5 + frame.length)).toEqual(sample.message);
  });

  it("is bad_frame wherever it is cut", () => {
    const body = OPEN_ENDED.has(sample.type) ? (sample.message as { body: Uint8Array }).body : [];
    for (let end = HEADER_BYTES; end < frame.length - body.length; end++) {
      expect(
        failure(() => sample.read(frame, HEADER_BYTES, end)),
        `cut at ${end}`,
      ).toBe("bad_frame");
    }
  });

  it("is bad_frame with a byte behind it", () => {
    if (OPEN_ENDED.has(sample.type)) return;
    const longer = concat(frame, Uint8Array.of(0xc0));
    expect(failure(() => sample.read(longer, HEADER_BYTES, longer.length))).toBe("bad_frame");
  });

  it("holds nothing of the buffer it came in", () => {
    const buffer = frame.slice();
    const message = sample.read(buffer, HEADER_BYTES, buffer.length);
    buffer.fill(0xee);
    expect(message).toEqual(sample.message);
  });
});
