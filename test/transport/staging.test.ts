import { describe, expect, it } from "vitest";
import { Staging, StagingPool } from "../../src/transport/staging.ts";
import { seededRandom } from "./quic-random.ts";

function held(staging: Staging): number[] {
  return [...(staging.buffer?.subarray(staging.start, staging.end) ?? [])];
}

describe("staging", () => {
  it("keeps what was appended, in order, through partial drops and growth", () => {
    const staging = new Staging(new StagingPool());
    const random = seededRandom(7);
    const model: number[] = [];
    for (let step = 0; step < 2_000; step++) {
      const piece = random.bytes(random.below(300));
      const start = random.below(piece.length + 1);
      staging.append(piece, start, piece.length);
      model.push(...piece.subarray(start));
      const drop = random.below(Math.min(model.length, 310) + 1);
      staging.drop(drop);
      model.splice(0, drop);
      expect(staging.length).toBe(model.length);
    }
    expect(held(staging)).toEqual(model);
  });

  it("gives its buffer back when it is empty", () => {
    const pool = new StagingPool();
    const first = new Staging(pool);
    first.append(new Uint8Array(100), 0, 100);
    const buffer = first.buffer;
    first.drop(100);
    expect(first.buffer).toBeUndefined();
    const second = new Staging(pool);
    second.append(new Uint8Array(10), 0, 10);
    expect(second.buffer).toBe(buffer);
  });
});
