import { describe, expect, it } from "vitest";
import { each } from "../../src/base/each.ts";

describe("work on each of many", () => {
  it("is done once for each, so many at a time", async () => {
    const done: number[] = [];
    let under = 0;
    let most = 0;
    await each([1, 2, 3, 4, 5], 2, async (item) => {
      under += 1;
      most = Math.max(most, under);
      await Promise.resolve();
      under -= 1;
      done.push(item);
    });
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
    await each([], 3, () => Promise.reject(new Error("none")));
  });

  it("ends with the first failure", async () => {
    const begun: number[] = [];
    const work = each([1, 2, 3, 4], 1, (item) => {
      begun.push(item);
      return item === 2 ? Promise.reject(new Error("two")) : Promise.resolve();
    });
    await expect(work).rejects.toThrow("two");
    expect(begun).toEqual([1, 2]);
  });
});
