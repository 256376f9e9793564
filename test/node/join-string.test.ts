import { describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import { JOIN_ADDRESSES_MAX, readJoinString, writeJoinString } from "../../src/node/join-string.ts";
import fc from "../base/property.ts";

const ID = "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664";
const REALM = "com.example.shop";
const WHERE = ["192.0.2.7:9443", "[2001:db8::7]:9443", "mesh.example.com:9443"];
const text = writeJoinString(REALM, ID, WHERE);

function refusal(said: string): string {
  try {
    readJoinString(said);
  } catch (cause) {
    if (cause instanceof MeshError && cause.code === "bad_config") return cause.message;
    throw cause;
  }
  throw new Error("it was taken");
}

describe("a join string", () => {
  it("is one word with realm, id, addresses and check digits", () => {
    expect(text).toBe(
      `macula-join-1/${REALM}/${ID}@${WHERE.join(",")}/${text.slice(text.lastIndexOf("/") + 1)}`,
    );
    expect(text).toMatch(/\/[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){2}$/);
  });

  it("is read as realm and bootstrap list, for open and closed realms", () => {
    const bootstrap = WHERE.map((address) => `${ID}@${address}`);
    expect(readJoinString(`\n ${text} `)).toEqual({ realm: REALM, bootstrap });
    const closed = `${REALM}~${ID}`;
    expect(readJoinString(writeJoinString(closed, ID, WHERE)).realm).toBe(closed);
  });

  it("names a few addresses at most", () => {
    const many = Array.from({ length: 9 }, (_, at) => `192.0.2.${at}:1`);
    const { bootstrap } = readJoinString(writeJoinString(REALM, ID, many));
    expect(bootstrap).toHaveLength(JOIN_ADDRESSES_MAX);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ["realm", (it) => it.replace("shop", "shap"), /its realm can't be right/],
    ["node id", (it) => it.replace("79b5", "79d5"), /its node id can't be right/],
    ["addresses", (it) => it.replace("192.0.2.7", "192.0.2.1"), /its addresses can't be right/],
    [
      "two parts",
      (it) => it.replace("shop", "shap").replace("79b5", "79d5"),
      /its realm and its node id can't be right/,
    ],
    [
      "all check digits",
      (it) => it.replace(/[^/]*$/, "0000-0000-0000"),
      /its check digits at the end are wrong/,
    ],
    ["missing check digits", (it) => it.slice(0, -5), /check digits at the end are cut short/],
    ["a part less", (it) => it.slice(0, it.lastIndexOf("/")), /a part of it is missing/],
    ["a part more", (it) => `${it}/x`, /one too many/],
    ["another version", (it) => it.replace("join-1", "join-2"), /of version 2; upgrade/],
    ["something else", () => "hello", /does not begin with macula-join-1\//],
  ])("says what is wrong with it: %s", (_, change, said) => {
    expect(refusal(change(text))).toMatch(said);
  });

  it("is refused with any one character changed, left out or added", () => {
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.constantFrom(..."0123456789abcdef.-~/@,:xyz"),
        fc.constantFrom(0, 1),
        (at, character, kept) => {
          const changed = text.slice(0, at) + character + text.slice(at + 1 - kept);
          if (changed === text) return;
          expect(refusal(changed)).toMatch(/join string can't be used/);
          expect(refusal(text.slice(0, at) + text.slice(at + 1))).toMatch(/can't be used/);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("is refused where its parts are right and mean nothing", () => {
    expect(refusal(writeJoinString("no realm", ID, WHERE))).toMatch(/not a realm/);
    expect(refusal(writeJoinString(REALM, "abc", WHERE))).toMatch(/not a node id/);
    expect(refusal(writeJoinString(REALM, ID, ["192.0.2.7:0"]))).toMatch(/port 0/);
    expect(refusal(`macula-join-1/${"x".repeat(5_000)}/a@b/c`)).toMatch(/too long/);
  });
});
