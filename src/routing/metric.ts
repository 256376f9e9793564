import type { Bytes } from "../base/bytes.ts";

/** Bytes of an id that the metric looks at. Two ids that agree in them count as equally far. */
export const METRIC_BYTES = 8;

/** How far a node is from where a frame wants to go: 64 bits, as two unsigned halves. */
export interface Distance {
  high: number;
  low: number;
}

function half(a: Bytes, b: Bytes, at: number): number {
  let value = 0;
  for (let offset = at; offset < at + 4; offset++) {
    value = (value << 8) | ((a[offset] as number) ^ (b[offset] as number));
  }
  return value >>> 0;
}

/** The least XOR distance of `node` to one of `targets` (a destination and its anchors), by their first 8 bytes. */
export function metric(node: Bytes, targets: readonly Bytes[]): Distance {
  let best: Distance = { high: 0xffff_ffff, low: 0xffff_ffff };
  for (const target of targets) {
    const found = { high: half(node, target, 0), low: half(node, target, 4) };
    if (closer(found, best)) best = found;
  }
  return best;
}

/** True where `a` is strictly less than `b`. */
export function closer(a: Distance, b: Distance): boolean {
  return a.high < b.high || (a.high === b.high && a.low < b.low);
}
