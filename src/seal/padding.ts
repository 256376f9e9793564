import { MeshError } from "../base/errors.ts";
import { BODY_MAX } from "../wire/limits.ts";

/** Texts up to these lengths are filled up to steps of 32, 64 and 256 bytes. */
const SMALL_MAX = 256;
const MEDIUM_MAX = 1_024;
const LARGE_MAX = 4_096;

/** A text and what is put in front of it, filled up, at most. */
const PADDED_MAX: number = BODY_MAX + 2_048;

/**
 * The length that a text of `length` bytes is filled up to, so that a hop learns little from it: the next step of 32 up to
 * 256, of 64 up to 1,024, of 256 up to 4,096, then of an eighth of the power of two below.
 *
 * @throws {MeshError} `too_large`.
 */
export function paddedLength(length: number): number {
  if (length <= SMALL_MAX) return roundUp(length, 32);
  if (length <= MEDIUM_MAX) return roundUp(length, 64);
  if (length <= LARGE_MAX) return roundUp(length, 256);
  if (length > PADDED_MAX) throw new MeshError("too_large", `a text of ${length} bytes to seal`);
  const power = 31 - Math.clz32(length - 1);
  return Math.min(PADDED_MAX, roundUp(length, 1 << (power - 3)));
}

function roundUp(length: number, step: number): number {
  return Math.ceil(length / step) * step;
}
