import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../../src/identity/keys.ts";
import { closedRealm, closedRealmText, parseRealm, realmId } from "../../src/identity/realm.ts";
import { failure } from "../base/failure.ts";

const NAME = "com.example.shop";
const [key, other] = [1, 2].map((byte) => signerFromSeed(new Uint8Array(32).fill(byte)).id);

describe("a closed realm", () => {
  it("is written as its name and its public key", () => {
    const text = closedRealmText(NAME, key as never);
    expect(parseRealm(text)).toEqual(closedRealm(NAME, key as never));
    expect(parseRealm(text).authority).toEqual(key);
  });

  it("is another one with another key, another name, or none", () => {
    const ids = [
      closedRealm(NAME, key as never).id,
      closedRealm(NAME, other as never).id,
      closedRealm("com.example.bank", key as never).id,
      realmId(NAME),
    ];
    expect(new Set(ids.map(String)).size).toBe(4);
    expect(parseRealm(NAME)).toEqual({ id: realmId(NAME), authority: undefined });
  });

  it.each([
    `${NAME}~`,
    `${NAME}~12`,
    `~${"0".repeat(64)}`,
    `a..b~${"0".repeat(64)}`,
    `${NAME}~${"g".repeat(64)}`,
  ])("is refused as %s", (text) => {
    expect(failure(() => parseRealm(text))).toBe("bad_config");
  });
});
