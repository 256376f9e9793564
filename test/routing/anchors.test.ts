import { describe, expect, it } from "vitest";
import type { NodeId } from "../../src/base/id.ts";
import { anchorsFor } from "../../src/routing/anchors.ts";
import type { Parcel } from "../../src/routing/parcel.ts";
import { farId } from "../base/tiny.ts";

/** Toward which of the anchors the attempt goes that so many came before. */
const toward = (anchors: readonly NodeId[], attempts: number) =>
  anchorsFor({ anchors, attempts } as unknown as Parcel).map((anchor) => anchor[0]);

describe("a message goes toward", () => {
  const three = [1, 2, 3].map(farId);

  it("whichever anchor is nearest, at first", () => {
    expect(toward(three, 0)).toEqual([1, 2, 3]);
  });

  it("one anchor after the other as it is sent again, in another order each time round", () => {
    const rounds = [
      [3, 4, 5],
      [6, 7, 8],
      [9, 10, 11],
    ].map((round) => round.flatMap((attempts) => toward(three, attempts)));
    expect([1, 2].flatMap((attempts) => toward(three, attempts))).toEqual([2, 3]);
    expect(rounds).toEqual([
      [2, 3, 1],
      [3, 1, 2],
      [1, 2, 3],
    ]);
  });

  it("its only anchor, or its destination itself, whichever attempt it is", () => {
    expect([0, 1, 2].map((attempts) => toward([farId(7)], attempts))).toEqual([[7], [7], [7]]);
    expect([0, 1].map((attempts) => toward([], attempts))).toEqual([[], []]);
  });
});
