import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, utf8 } from "../../src/base/bytes.ts";
import {
  PROCEDURE_NAME_BYTES_MAX,
  procedureKey,
  REALM_NAME_MAX,
  realmId,
  sha256,
} from "../../src/identity/realm.ts";
import { failure } from "../base/failure.ts";
import { binary, reference } from "../base/reference.ts";

describe("a realm id", () => {
  // The original makes an id of the empty name too, which its own check then refuses. Here nothing does.
  it("is the original's for every name that may be used", () => {
    for (const { input, output } of reference("realm:id/1")) {
      const name = input[0] as string;
      if (name === "") expect(failure(() => realmId(name))).toBe("bad_config");
      else expect(realmId(name)).toEqual(binary(output));
    }
  });

  it("is refused exactly where the original's check of the name fails", () => {
    for (const { input, output } of reference("realm:validate/1")) {
      const name = input[0] as string;
      expect(failure(() => realmId(name))).toBe(output === "ok" ? undefined : "bad_config");
    }
  });

  it("tells upper case from lower", () => {
    expect(realmId("org.x")).not.toEqual(realmId("ORG.x"));
  });

  it.each([
    "a..b",
    ".",
    "a b",
    "a.b ",
    "a\n",
    "caf\u00e9",
    "a.\u{1f600}",
    "a/b",
    "a:b",
    "a.*",
    "\0",
  ])("is not made of %j", (name) => {
    expect(failure(() => realmId(name))).toBe("bad_config");
  });

  it(`is made of names of up to ${REALM_NAME_MAX} characters`, () => {
    expect(realmId("a".repeat(REALM_NAME_MAX))).toHaveLength(32);
    expect(failure(() => realmId("a".repeat(REALM_NAME_MAX + 1)))).toBe("bad_config");
  });

  it("refuses a hostile name of a megabyte at once", () => {
    expect(failure(() => realmId(`${"a.".repeat(500_000)}!`))).toBe("bad_config");
  });
});

describe("the key of a procedure", () => {
  const shop = realmId("com.example.shop");

  it("is SHA-256 of realm, purpose and name", () => {
    const whole = concat(shop, utf8("procedure\0calculator.add"));
    const expected = new Uint8Array(createHash("sha256").update(whole).digest());
    expect(procedureKey(shop, "calculator.add")).toEqual(expected);
  });

  it("differs by realm and by name", () => {
    const keys = [
      procedureKey(shop, "a"),
      procedureKey(shop, "b"),
      procedureKey(realmId("com.example.bank"), "a"),
    ].map(String);
    expect(new Set(keys).size).toBe(3);
  });

  it("is made of a name that fits a frame", () => {
    expect(PROCEDURE_NAME_BYTES_MAX).toBe(255);
  });
});

describe("sha256", () => {
  it("hashes its parts one behind the other", () => {
    expect(sha256(utf8("ab"), utf8("c"))).toEqual(sha256(utf8("abc")));
    expect(sha256()).toEqual(
      binary(reference("realm:id/1").find((it) => it.input[0] === "")?.output),
    );
  });
});
