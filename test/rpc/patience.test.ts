import { expect, it } from "vitest";
import { Patience } from "../../src/rpc/patience.ts";
import { tinyId } from "../base/tiny.ts";

const destination = tinyId(1);

it("is 500 ms at first, then four times what replies take, and 250 ms at least", () => {
  const patience = new Patience();
  expect(patience.for(destination)).toBe(500);
  patience.learn({ destination, askedAt: 0, repetitions: 0 }, 500);
  expect(patience.for(destination)).toBe(2_000);
  for (let at = 0; at < 80; at++) {
    patience.learn({ destination, askedAt: 0, repetitions: 0 }, 1);
  }
  expect(patience.for(destination)).toBe(250);
  expect(patience.for(tinyId(2))).toBe(500);
});

it("learns nothing from a call that was repeated", () => {
  const patience = new Patience();
  patience.learn({ destination, askedAt: 0, repetitions: 1 }, 5_000);
  expect(patience.for(destination)).toBe(500);
});
