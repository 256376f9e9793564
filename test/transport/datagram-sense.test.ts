import { describe, expect, it } from "vitest";
import { DatagramSense } from "../../src/transport/datagram-sense.ts";

/** `w`: a connection over datagrams came about; `a`, `b`, `c`: that host was silent; `A`: the same while connections live. */
const TABLE: readonly (readonly [events: string, state: string])[] = [
  ["", "unknown"],
  ["w", "works"],
  ["a", "unknown"],
  ["aaaa", "unknown"],
  ["ab", "blocked"],
  ["aab", "blocked"],
  ["wa", "works"],
  ["wab", "blocked"],
  ["awb", "works"],
  ["awba", "blocked"],
  ["abw", "works"],
  ["abwc", "works"],
  ["abc", "blocked"],
  ["A", "unknown"],
  ["aB", "unknown"],
  ["AB", "unknown"],
  ["wAB", "works"],
  ["aBc", "blocked"],
  ["abA", "blocked"],
];

function stateAfter(events: string): string {
  const sense = new DatagramSense();
  for (const event of events) {
    if (event === "w") sense.gotThrough();
    else sense.wasSilent(event.toLowerCase(), event === event.toLowerCase() ? 0 : 1);
  }
  return sense.state;
}

describe("what is known of datagrams", () => {
  it.each(TABLE)("after %j is %s", (events, state) => {
    expect(stateAfter(events)).toBe(state);
  });
});
