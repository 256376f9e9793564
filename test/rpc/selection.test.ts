import { describe, expect, it } from "vitest";
import type { Provider } from "../../src/dht/registry.ts";
import { LinkTable } from "../../src/peer/link-table.ts";
import { type Selection, Selector } from "../../src/rpc/selection.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { tinyId } from "../base/tiny.ts";

const provider = (number: number): Provider => ({ id: tinyId(number), anchors: [] });
const THREE = [provider(7), provider(2), provider(4)];

function selector(): Selector {
  const random = new SeededRandom(1, 1);
  return new Selector(tinyId(5), random, new LinkTable(random));
}

function chosen(of: Selector, selection: Selection, times = 60): number[] {
  return Array.from({ length: times }, () => {
    const { id } = of.choose("p", THREE, selection) as Provider;
    return new DataView(id.buffer).getUint32(28);
  });
}

describe("one of several providers", () => {
  it("is any of them", () => {
    expect(new Set(chosen(selector(), "random"))).toEqual(new Set([2, 4, 7]));
  });

  it("is each in its turn", () => {
    const turns = chosen(selector(), "round_robin");
    for (const id of [2, 4, 7]) expect(turns.filter((it) => it === id)).toHaveLength(20);
    expect(new Set(turns.slice(0, 3)).size).toBe(3);
  });

  it("is always the first, whatever their order", () => {
    expect(new Set(chosen(selector(), "first"))).toEqual(new Set([2]));
  });

  it("is the nearest id where none is linked", () => {
    expect(new Set(chosen(selector(), "closest"))).toEqual(new Set([4]));
  });

  it("is the one with the fewest calls under way", () => {
    const of = selector();
    const done = [of.loaded(tinyId(2)), of.loaded(tinyId(4)), of.loaded(tinyId(4))];
    expect(new Set(chosen(of, "least_loaded"))).toEqual(new Set([7]));
    of.loaded(tinyId(7));
    expect(new Set(chosen(of, "least_loaded"))).toEqual(new Set([2, 7]));
    for (const end of done) end();
    expect(new Set(chosen(of, "least_loaded"))).toEqual(new Set([2, 4]));
  });

  it("is none of none, and the one of one", () => {
    expect(selector().choose("p", [], "random")).toBeUndefined();
    expect(selector().choose("p", [provider(9)], "least_loaded")).toEqual(provider(9));
  });
});
