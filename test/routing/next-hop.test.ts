import { describe, expect, it } from "vitest";
import { type NodeId, sameId, toNodeId } from "../../src/base/id.ts";
import { findNextHop, findOtherHop } from "../../src/routing/next-hop.ts";
import fc from "../base/property.ts";
import { farId } from "../base/tiny.ts";
import { type FakeLink, link } from "./neighbours.ts";

const core = (first: number) => ({ self: farId(first), transit: true });
const edge = (first: number) => ({ self: farId(first), transit: false });

describe("the greedy step", () => {
  it("is the destination itself where it is linked, transit or not", () => {
    const links = [link(farId(0x81)), link(farId(0x80), 2, false)];
    expect(findNextHop(core(0x82), farId(0x80), [], links)).toBe(links[1]);
  });

  it("is the neighbour nearest to the destination", () => {
    const links = [link(farId(0x90)), link(farId(0x84)), link(farId(0xc0))];
    expect(findNextHop(core(0x00), farId(0x80), [], links)).toBe(links[1]);
  });

  it("never leads away, and ends where nobody is nearer", () => {
    const links = [link(farId(0x90)), link(farId(0x84))];
    expect(findNextHop(core(0x83), farId(0x80), [], links)).toBeUndefined();
    expect(findNextHop(core(0x84), farId(0x80), [], [link(farId(0x84))])).toBeUndefined();
  });

  it("passes by who carries no transit", () => {
    const links = [link(farId(0x81), 1, false), link(farId(0x90))];
    expect(findNextHop(core(0x00), farId(0x80), [], links)).toBe(links[1]);
  });

  it("goes towards an anchor where that is nearer", () => {
    const links = [link(farId(0x90)), link(farId(0x11))];
    const anchors = [farId(0x10).subarray(0, 8)];
    expect(findNextHop(core(0x40), farId(0x80), anchors, links)).toBe(links[1]);
  });

  it("of an edge is its best transit neighbour, nearer or not", () => {
    const links = [link(farId(0x01)), link(farId(0x11)), link(farId(0x81), 3, false)];
    expect(findNextHop(edge(0x82), farId(0x80), [], links)).toBe(links[0]);
    expect(findNextHop(edge(0x82), farId(0x80), [], [])).toBeUndefined();
  });

  it("passes by who is suspect, be it the destination itself", () => {
    const suspect = { isSuspect: true };
    const links = [{ ...link(farId(0x84)), ...suspect }, link(farId(0x90))];
    expect(findNextHop(core(0x00), farId(0x80), [], links)).toBe(links[1]);
    const target = { ...link(farId(0x80)), ...suspect };
    expect(findNextHop(core(0x00), farId(0x80), [], [target])).toBeUndefined();
    expect(findNextHop(edge(0x00), farId(0x80), [], [target, links[1] as FakeLink])).toBe(links[1]);
  });

  it("never runs in a circle, whatever the links", () => {
    const first = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
    const mesh = fc.record({
      nodes: fc.array(first(), { minLength: 2, maxLength: 12 }),
      edges: fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 40 }),
      target: first(),
    });
    fc.assert(
      fc.property(mesh, ({ nodes, edges, target }) => {
        const ids = nodes.map(toNodeId);
        const linked = (from: NodeId) =>
          edges
            .map(([a, b]) => [ids[a % ids.length], ids[b % ids.length]] as [NodeId, NodeId])
            .filter(([a, b]) => sameId(a, from) || sameId(b, from))
            .map(([a, b]) => link(sameId(a, from) ? b : a));
        let at = ids[0] as NodeId;
        for (let steps = 0; ; steps++) {
          expect(steps).toBeLessThan(ids.length);
          const standing = { self: at, transit: true };
          const next = findNextHop(standing, toNodeId(target), [], linked(at));
          if (next === undefined) return;
          at = next.peer;
        }
      }),
    );
  });
});

describe("the greedy step of a further attempt", () => {
  const links = [0x90, 0x84, 0xa0, 0xc0].map((first) => link(farId(first)));
  const step = (attempt: number, neighbours: readonly FakeLink[]) =>
    findOtherHop(core(0x00), farId(0x80), [], neighbours, attempt)?.peer[0];

  it("is one of the three nearest, another one each time", () => {
    expect([1, 2, 3, 4].map((attempt) => step(attempt, links))).toEqual([0x90, 0xa0, 0x84, 0x90]);
  });

  it("depends on the node too, so that attempts differ in more than one place", () => {
    const other = { self: farId(0x00).slice() as NodeId, transit: true };
    other.self[31] = 1;
    expect(findOtherHop(other, farId(0x80), [], links, 1)?.peer[0]).toBe(0xa0);
  });

  it("never leads away, and is the last that is nearer where there are fewer", () => {
    const few = [link(farId(0x84)), link(farId(0x01))];
    expect([1, 2, 3].map((attempt) => step(attempt, few))).toEqual([0x84, 0x84, 0x84]);
    expect(findOtherHop(core(0x81), farId(0x80), [], links, 2)).toBeUndefined();
  });

  it("is the destination where it is linked", () => {
    expect(step(2, [...links, link(farId(0x80))])).toBe(0x80);
  });
});
