import { describe, expect, it } from "vitest";
import type { NodeId } from "../../src/base/id.ts";
import { anchorsFor, anchorsOf } from "../../src/routing/anchors.ts";
import type { Parcel } from "../../src/routing/parcel.ts";
import { farId, tinyId } from "../base/tiny.ts";

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

const link = (number: number, options: object = {}) => ({
  peer: tinyId(number),
  contact: { transit: true },
  pinned: false,
  ...options,
});

const self = tinyId(0);

describe("the nodes that a node is reached through", () => {
  it("are those it keeps links to, the nearest first, then others that pass frames on", () => {
    const links = [link(1), link(9, { pinned: true }), link(4, { pinned: true }), link(2)];
    expect(anchorsOf({ self, transit: false }, links)).toEqual([4, 9, 1, 2].map(tinyId));
  });

  it("are none that may go at any time, or pass nothing on", () => {
    const links = [
      link(1, { isShortcut: true }),
      link(2, { contact: { transit: false } }),
      link(3),
    ];
    expect(anchorsOf({ self, transit: false }, links)).toEqual([tinyId(3)]);
  });

  it("are none of a node that passes frames on itself", () => {
    expect(anchorsOf({ self, transit: true }, [link(1, { pinned: true })])).toEqual([]);
  });
});
