import { describe, expect, it } from "vitest";
import { concat, utf8 } from "../../src/base/bytes.ts";
import { readRecord, signRecord } from "../../src/dht/record.ts";
import { verify } from "../../src/identity/keys.ts";
import { procedureKey, realmId } from "../../src/identity/realm.ts";
import { STATEMENT_LIFE_MAX } from "../../src/identity/signed.ts";
import { failure } from "../base/failure.ts";
import { NOW, openMembers, REALM, signerOf } from "../peer/nodes.ts";

const SKEW = 600_000;
const signer = signerOf(1);
const claim = {
  key: procedureKey(REALM, "calculator.add"),
  seq: NOW,
  expires: NOW + 300_000,
  withdrawn: false,
  anchors: [signerOf(90).id, signerOf(91).id],
  boxKey: new Uint8Array(32).fill(7),
};
const record = signRecord(signer, REALM, claim);

const read = (bytes: Uint8Array, now = NOW, realm = REALM) =>
  readRecord(bytes, openMembers(realm), now, verify);
const refusal = (bytes: Uint8Array, now = NOW, realm = REALM) =>
  failure(() => read(bytes, now, realm));

/** What a record of another shape is refused with. */
const MALFORMED = ["bad_record", "bad_frame"];

describe("a record", () => {
  it("is read as it was signed", () => {
    expect(read(record.bytes)).toEqual(record);
    expect(record).toMatchObject({ ...claim, owner: signer.id });
  });

  it("says that a provider has withdrawn", () => {
    const gone = signRecord(signer, REALM, { ...claim, withdrawn: true, anchors: [] });
    expect(read(gone.bytes)).toMatchObject({ withdrawn: true, anchors: [] });
  });

  it("holds nothing of the buffer it came in", () => {
    const buffer = record.bytes.slice();
    const mine = read(buffer);
    buffer.fill(0);
    expect(mine).toEqual(record);
  });
});

describe("a record is refused", () => {
  it("with any byte changed, and wherever it is cut", () => {
    for (let at = 0; at < record.bytes.length; at++) {
      const changed = record.bytes.slice();
      changed[at] = (changed[at] as number) ^ 0x01;
      expect(MALFORMED, `byte ${at}`).toContain(refusal(changed));
      expect(MALFORMED, `cut at ${at}`).toContain(refusal(record.bytes.subarray(0, at)));
    }
  });

  it("in another realm", () => {
    expect(refusal(record.bytes, NOW, realmId("org.other"))).toBe("bad_record");
  });

  it("when it has expired, ten minutes of clock skew forgiven", () => {
    expect(refusal(record.bytes, claim.expires + SKEW)).toBeUndefined();
    expect(refusal(record.bytes, claim.expires + SKEW + 1)).toBe("bad_record");
  });

  it("when it expires too far ahead", () => {
    const at = (expires: number) => refusal(signRecord(signer, REALM, { ...claim, expires }).bytes);
    expect(at(NOW + STATEMENT_LIFE_MAX + SKEW)).toBeUndefined();
    expect(at(NOW + STATEMENT_LIFE_MAX + SKEW + 1)).toBe("bad_record");
  });

  it("when it is signed by another, or for another purpose", () => {
    const body = record.bytes.slice(0, -64);
    const by = (signature: Uint8Array) => refusal(concat(body, signature));
    expect(by(signerOf(2).sign(concat(utf8("macula record 1\0"), body)))).toBe("bad_record");
    expect(by(signer.sign(concat(utf8("macula contact 1\0"), body)))).toBe("bad_record");
    expect(by(signer.sign(concat(utf8("macula record 1\0"), body)))).toBeUndefined();
  });

  it("with more than four anchors, or beyond 1,024 bytes", () => {
    const anchors = Array.from({ length: 5 }, () => signer.id);
    expect(MALFORMED).toContain(refusal(signRecord(signer, REALM, { ...claim, anchors }).bytes));
    expect(refusal(new Uint8Array(1_025))).toBe("bad_record");
  });
});
