import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { NONCE_BYTES, sealInPlace, TAG_BYTES } from "../../src/seal/aead.ts";
import { COUNTER_BYTES, Session } from "../../src/seal/session.ts";
import { tinyId } from "../base/tiny.ts";
import { counted } from "../wire/sample.ts";

const KEY = counted(32, 1);

function session(): Session {
  return new Session(tinyId(7), { id: 1, sends: counted(32, 99), receives: KEY }, undefined, 0);
}

/** The first text of a peer that has the key and pads as it likes: counter, times, text, tag. */
function sealed(text: readonly number[]): Bytes {
  const bytes = new Uint8Array(COUNTER_BYTES + text.length + TAG_BYTES);
  bytes.set(text, COUNTER_BYTES);
  const nonce = new Uint8Array(NONCE_BYTES);
  sealInPlace(KEY, nonce, bytes, 0, COUNTER_BYTES, COUNTER_BYTES + text.length);
  return bytes;
}

function isOpened(text: readonly number[]): boolean {
  const bytes = sealed(text);
  return session().open(bytes, 0, COUNTER_BYTES, bytes.length, 0);
}

describe("a text of a peer that has the key", () => {
  const times = [0, 0, 0xff, 0xff];

  it.each<[string, boolean, readonly number[]]>([
    ["with a text and its end", true, [...times, 5, 6, 0x80, 0, 0]],
    ["with nothing but its end", true, [...times, 0x80]],
    ["without an end", false, [...times, 5, 6, 7, 0, 0]],
    ["of zeros behind the times", false, [...times, 0, 0, 0]],
    ["of zeros alone", false, [0, 0, 0, 0, 0, 0]],
    ["that ends within the times", false, [0, 0, 0x80, 0]],
    ["that is empty", false, []],
  ])("%s is taken: %s", (_, isTaken, text) => {
    expect(isOpened(text)).toBe(isTaken);
  });
});
