import { describe, expect, it } from "vitest";
import { type Numbered, NumberedTable } from "../../src/base/numbered-table.ts";
import fc from "./property.ts";

class Item implements Numbered<Item> {
  sibling: Item | undefined;
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
}

const item = (number: number): Item => new Item(number);

/** Applies one step to the table and to the map it has to be like. */
function step(table: NumberedTable<Item>, model: Map<number, Item>, adds: boolean, number: number) {
  const known = model.get(number);
  if (!adds) {
    expect(table.delete(known ?? item(number))).toBe(model.delete(number));
  } else if (known === undefined) {
    const added = item(number);
    model.set(number, added);
    table.add(added);
  }
}

describe("a numbered table", () => {
  it("finds what was added, by its number alone", () => {
    const table = new NumberedTable<Item>(10);
    const first = item(7);
    table.add(first);
    expect(table.get(7)).toBe(first);
    expect(table.get(7 + 256)).toBeUndefined();
    expect(table.delete(item(7))).toBe(false);
    expect(table.delete(first)).toBe(true);
    expect(table.get(7)).toBeUndefined();
    expect(table.size).toBe(0);
  });

  it("keeps several whose numbers fall on one slot", () => {
    const table = new NumberedTable<Item>(1_000);
    const items = [item(1), item(1 + 256), item(1 + 512)];
    for (const one of items) table.add(one);
    expect(items.map(({ number }) => table.get(number))).toEqual(items);
    table.delete(items[1] as Item);
    expect(items.map(({ number }) => table.get(number))).toEqual([items[0], undefined, items[2]]);
  });

  it("tells apart two with one number by what they are", () => {
    const table = new NumberedTable<Item>(10);
    const [one, other] = [item(5), item(5)];
    table.add(one);
    table.add(other);
    expect(table.get(5, (it) => it === one)).toBe(one);
    expect(table.get(5, (it) => it === other)).toBe(other);
    expect(table.get(5, () => false)).toBeUndefined();
  });

  it("knows when it is full, and forgets all at once", () => {
    const table = new NumberedTable<Item>(2);
    table.add(item(1));
    expect(table.isFull).toBe(false);
    table.add(item(2));
    expect(table.isFull).toBe(true);
    table.clear();
    expect([table.size, table.get(1), table.all()]).toEqual([0, undefined, []]);
  });

  it("is what a map is, whatever comes and goes", () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 2_000 })), {
      maxLength: 600,
    });
    const like = (all: readonly [boolean, number][]) => {
      const table = new NumberedTable<Item>(4_096);
      const model = new Map<number, Item>();
      for (const [adds, number] of all) step(table, model, adds, number);
      expect(table.size).toBe(model.size);
      expect(new Set(table.all())).toEqual(new Set(model.values()));
      for (const [number, kept] of model) expect(table.get(number)).toBe(kept);
    };
    fc.assert(fc.property(steps, like));
  });
});
