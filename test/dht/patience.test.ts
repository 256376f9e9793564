import { describe, expect, it } from "vitest";
import { Patience } from "../../src/dht/patience.ts";
import { tinyId } from "../base/tiny.ts";

const contact = (number: number) => ({ id: tinyId(number) });

describe("patience", () => {
  it("has no end before anybody has answered", () => {
    const patience = new Patience();
    patience.asked(contact(1), 0);
    expect(patience.due).toBeUndefined();
    expect(patience.late(10_000)).toEqual([]);
    patience.asked(contact(2), 0);
    patience.ended(contact(2), 300, false);
    expect(patience.due).toBeUndefined();
  });

  it("is three times as long as the slowest answer, and half a second at least", () => {
    const patience = new Patience();
    for (const number of [1, 2, 3]) patience.asked(contact(number), 100);
    patience.ended(contact(1), 110, true);
    expect(patience.due).toBe(600);
    patience.ended(contact(2), 500, true);
    expect(patience.due).toBe(1_300);
    expect(patience.late(1_299)).toEqual([]);
    expect(patience.late(1_300)).toEqual([contact(3)]);
    expect(patience.late(1_300)).toEqual([]);
    expect(patience.due).toBeUndefined();
  });

  it("counts from each question, and an answer that came late for nothing", () => {
    const patience = new Patience();
    patience.asked(contact(1), 0);
    patience.asked(contact(2), 0);
    patience.ended(contact(1), 10, true);
    patience.asked(contact(3), 200);
    expect(patience.late(500)).toEqual([contact(2)]);
    patience.ended(contact(2), 10_000, true);
    expect(patience.due).toBe(700);
  });
});
