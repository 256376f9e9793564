import { expect, it } from "vitest";
import { equalBytes } from "../../src/base/bytes.ts";
import { REPLIES_BYTES_MAX, REPLY_KEPT_MAX, ReplyCache } from "../../src/rpc/reply-cache.ts";
import { writeUint32 } from "../../src/wire/frame.ts";
import { tinyId } from "../base/tiny.ts";

const CALLER = tinyId(1);

function callId(number: number): Uint8Array {
  const id = new Uint8Array(16).fill(9);
  writeUint32(id, 12, number);
  return id;
}

function keep(cache: ReplyCache, number: number, length: number): void {
  cache.keep(CALLER, callId(number), new Uint8Array(length + 3).fill(number % 256), 3, length + 3);
}

const reply = (length: number, number: number) => new Uint8Array(length).fill(number % 256);

it("gives a reply to its caller, for its call, and to nobody else", () => {
  const cache = new ReplyCache();
  expect(cache.get(CALLER, callId(1))).toBeUndefined();
  keep(cache, 1, 50);
  keep(cache, 2, 0);
  expect(cache.get(CALLER, callId(1))).toEqual(reply(50, 1));
  expect(cache.get(CALLER, callId(2))).toEqual(new Uint8Array(0));
  expect(cache.get(tinyId(2), callId(1))).toBeUndefined();
  expect(cache.get(CALLER, callId(3))).toBeUndefined();
});

it("keeps the latest ones within its bound, and never gives another for one that is gone", () => {
  const cache = new ReplyCache();
  for (let number = 0; number < 10_000; number++) keep(cache, number, 700 + (number % 301));
  expect(cache.memory).toBe(REPLIES_BYTES_MAX);
  let kept = 0;
  for (let number = 0; number < 10_000; number++) {
    const found = cache.get(CALLER, callId(number));
    if (found === undefined) continue;
    kept += 1;
    expect(equalBytes(found, reply(700 + (number % 301), number))).toBe(true);
  }
  expect(kept).toBeGreaterThan(3_000);
  expect(cache.get(CALLER, callId(9_999))).toBeDefined();
  expect(cache.get(CALLER, callId(0))).toBeUndefined();
});

it("finds those from before it grew", () => {
  const cache = new ReplyCache();
  for (let number = 0; number < 5_000; number++) keep(cache, number, number % 50);
  let kept = 0;
  for (let number = 0; number < 5_000; number++) {
    const found = cache.get(CALLER, callId(number));
    if (found === undefined) continue;
    kept += 1;
    expect(equalBytes(found, reply(number % 50, number))).toBe(true);
  }
  expect([kept, cache.memory]).toEqual([4_096, 512 << 10]);
});

it("does not keep a very long one", () => {
  const cache = new ReplyCache();
  keep(cache, 1, REPLY_KEPT_MAX);
  keep(cache, 2, REPLY_KEPT_MAX + 1);
  expect(cache.get(CALLER, callId(1))).toHaveLength(REPLY_KEPT_MAX);
  expect(cache.get(CALLER, callId(2))).toBeUndefined();
});
