import { describe, expect, it } from "vitest";
import { TurnList } from "../../src/transport/turn-list.ts";

describe("what is to be done in a turn", () => {
  it("is handed out once, in its order, with what is added meanwhile", () => {
    const list = new TurnList<number>();
    const done: number[] = [];
    list.add(1);
    list.add(2);
    list.drain((item) => {
      done.push(item);
      if (item === 2) list.add(3);
    });
    expect([done, list.size]).toEqual([[1, 2, 3], 0]);
    list.add(4);
    list.drain((item) => done.push(item));
    expect(done).toEqual([1, 2, 3, 4]);
  });

  it("can be dropped, also while it is handed out", () => {
    const list = new TurnList<number>();
    const done: number[] = [];
    for (const item of [1, 2, 3]) list.add(item);
    list.drain((item) => {
      done.push(item);
      list.clear();
    });
    list.add(4);
    list.clear();
    list.drain((item) => done.push(item));
    expect([done, list.size]).toEqual([[1], 0]);
  });
});
