import { expect, it } from "vitest";
import { SEARCHED_MAX, SearchMemory } from "../../src/routing/search-memory.ts";
import { RouteView } from "../../src/wire/route-frame.ts";
import { routeFrame } from "../peer/raw-peer.ts";

function message(number: number): RouteView {
  const messageId = new Uint8Array(16);
  new DataView(messageId.buffer).setUint32(12, number);
  const frame = routeFrame({ messageId });
  const view = new RouteView();
  view.read(frame, 0, frame.length);
  return view;
}

it("knows the links that were tried for each message, each once", () => {
  const memory = new SearchMemory();
  for (const label of [5, 7, 5]) memory.mark(message(1), label, 0);
  memory.mark(message(2), 9, 0);
  expect(memory.tried(message(1), 1)).toEqual([5, 7]);
  expect(memory.tried(message(2), 1)).toEqual([9]);
  expect(memory.tried(message(3), 1)).toEqual([]);
});

it("forgets a message half a minute after it was last there", () => {
  const memory = new SearchMemory();
  memory.mark(message(1), 5, 0);
  memory.mark(message(1), 6, 20_000);
  expect(memory.tried(message(1), 49_999)).toEqual([5, 6]);
  expect(memory.tried(message(1), 50_000)).toEqual([]);
  memory.mark(message(1), 7, 60_000);
  expect(memory.tried(message(1), 60_001)).toEqual([7]);
});

it("knows whether a message was here before over as few forwarders", () => {
  const memory = new SearchMemory();
  const after = (hops: number): RouteView => {
    const view = message(1);
    for (let hop = 0; hop < hops; hop++) view.passOn(9);
    return view;
  };
  expect([2, 2, 3, 1, 1].map((hops) => memory.meet(after(hops), 0))).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
  expect(memory.meet(message(2), 0)).toBe(false);
  expect(memory.meet(after(1), 30_000)).toBe(false);
});

it("is bounded", () => {
  const memory = new SearchMemory();
  for (let number = 0; number < SEARCHED_MAX + 10; number++) memory.mark(message(number), 1, 0);
  expect(memory.size).toBe(SEARCHED_MAX);
});
