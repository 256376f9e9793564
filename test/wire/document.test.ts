import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { ERROR_CODES, type ErrorCode } from "../../src/base/errors.ts";
import { CERTIFICATE_BYTES, createIdentity } from "../../src/identity/certificate.ts";
import { realmId, sha256 } from "../../src/identity/realm.ts";
import { readHeader, TYPE, writeHeader } from "../../src/wire/frame.ts";
import { CONTROL_PAYLOAD_MAX, DATA_PAYLOAD_MAX } from "../../src/wire/limits.ts";
import { failure } from "../base/failure.ts";

const text = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");

/** The cells of every table row that begins with a hexadecimal number. */
const rows = [...text.matchAll(/^\| `(0x[0-9a-f]{2})` \| (.*) \|$/gm)].map(([, number, rest]) => [
  Number(number),
  ...(rest as string).split(" | ").map((cell) => cell.replace(/`/g, "")),
]);

describe("the protocol document", () => {
  it("names every error code with its number and whether to try again", () => {
    const written = rows.filter((row) => row.length === 5).map((row) => row.slice(0, 3));
    const codes = Object.keys(ERROR_CODES) as ErrorCode[];
    const expected = codes.map((code) => {
      const { wire, retry } = ERROR_CODES[code];
      return [wire, code, retry ? "yes" : "no"];
    });
    expect(written).toEqual(expected);
  });

  it("names every message type with its limit", () => {
    const camel = (name: string) =>
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const written = rows.filter((row) => row.length === 4);
    const types = written.map(([number, name]) => [camel(name as string), number]);
    expect(Object.fromEntries(types)).toEqual(TYPE);
    for (const [number, , stream, limit] of written) {
      const max = stream === "data" ? DATA_PAYLOAD_MAX : CONTROL_PAYLOAD_MAX;
      expect(limit).toBe(stream === "data" ? "16 MiB + 4,096" : "64 KiB");
      const header = new Uint8Array(8);
      writeHeader(header, 0, number as number, max);
      expect(readHeader(header, 0)).toBe(max);
      writeHeader(header, 0, number as number, max + 1);
      expect(failure(() => readHeader(header, 0))).toBe("too_large");
    }
  });

  it("has the offsets of the certificate right", () => {
    const { id, certificate } = createIdentity(sha256(utf8("seed")));
    expect(CERTIFICATE_BYTES).toBe(328);
    expect(toHex(certificate, 0, 4)).toBe("30820144");
    expect(certificate.slice(222, 254)).toEqual(id);
    expect(toHex(certificate, 254, 264)).toBe("300506032b6570034100");
  });

  it("gives a realm id as it is made", () => {
    const shown = /`com\.example\.realm` → `([0-9a-f]{64})`/.exec(text)?.[1] as string;
    expect(fromHex(shown)).toEqual(realmId("com.example.realm"));
  });
});
