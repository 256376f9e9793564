import { describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import { concat, toHex, utf8 } from "../../src/base/bytes.ts";
import { toNodeId } from "../../src/base/id.ts";
import { verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { dialStrings, readContact, signContact } from "../../src/peer/contact.ts";
import { failure } from "../base/failure.ts";
import { CLAIM, NOW, openMembers, REALM, signerOf } from "./nodes.ts";

const HOUR = 3_600_000;
const SKEW = 600_000;
const signer = signerOf(1);
const contact = signContact(signer, REALM, CLAIM, NOW);

const read = (bytes: Uint8Array, now = NOW, realm = REALM) =>
  readContact(bytes, openMembers(realm), now, verify);
const refusal = (bytes: Uint8Array, now = NOW, realm = REALM) =>
  failure(() => read(bytes, now, realm));

/** The body of `contact` with bytes replaced, under a fresh signature. */
function resigned(change: (body: Uint8Array) => Uint8Array): Uint8Array {
  const body = change(contact.bytes.slice(0, -64));
  return concat(body, signer.sign(concat(utf8("macula contact 1\0"), body)));
}

describe("a contact", () => {
  it("is read as it was signed", () => {
    expect(read(contact.bytes)).toEqual(contact);
    expect(contact).toMatchObject({ ...CLAIM, id: signer.id, seq: NOW, expires: NOW + HOUR });
  });

  it("may say nothing but who it is", () => {
    const claim = { addresses: [], anchors: [], transit: false, serves: true };
    const bare = signContact(signer, REALM, claim, NOW + 0.7);
    expect(read(bare.bytes)).toEqual(bare);
    expect(bare.seq).toBe(NOW);
  });

  it("holds nothing of the buffer it came in", () => {
    const buffer = contact.bytes.slice();
    const mine = read(buffer);
    buffer.fill(0);
    expect(mine).toEqual(contact);
  });

  it("takes eight addresses and four anchors, and fits its bound with them", () => {
    const claim = {
      ...CLAIM,
      addresses: Array.from(
        { length: 8 },
        (_, at) => `[2001:db8:1111:2222:3333:4444:5555:${at}]:65535` as Address,
      ),
      anchors: Array.from({ length: 4 }, () => signer.id),
    };
    expect(read(signContact(signer, REALM, claim, NOW).bytes)).toMatchObject(claim);
  });

  it("shows how to dial it", () => {
    const id = toHex(signer.id);
    expect(dialStrings(contact)).toEqual([`${id}@192.0.2.7:9443`, `${id}@[2001:db8::7]:9443`]);
  });
});

describe("a contact is bad_record", () => {
  it("wherever it is cut, and empty", () => {
    for (let end = 0; end < contact.bytes.length; end++) {
      expect(refusal(contact.bytes.subarray(0, end)), `cut at ${end}`).toBe("bad_record");
    }
  });

  it("with any byte changed", () => {
    for (let at = 0; at < contact.bytes.length; at++) {
      const changed = contact.bytes.slice();
      changed[at] = (changed[at] as number) ^ 0x01;
      expect(refusal(changed), `byte ${at}`).toBe("bad_record");
    }
  });

  it("in another realm", () => {
    expect(refusal(contact.bytes, NOW, realmId("com.example.other"))).toBe("bad_record");
  });

  it("when it has expired, ten minutes of clock skew forgiven", () => {
    expect(refusal(contact.bytes, NOW + HOUR + SKEW)).toBeUndefined();
    expect(refusal(contact.bytes, NOW + HOUR + SKEW + 1)).toBe("bad_record");
  });

  it("when it comes from too far ahead", () => {
    expect(refusal(contact.bytes, NOW - SKEW)).toBeUndefined();
    expect(refusal(contact.bytes, NOW - SKEW - 1)).toBe("bad_record");
  });

  it("when another has signed it, or the same node something else", () => {
    const body = contact.bytes.slice(0, -64);
    const by = (bytes: Uint8Array) => refusal(concat(body, bytes));
    expect(by(signerOf(2).sign(concat(utf8("macula contact 1\0"), body)))).toBe("bad_record");
    expect(by(signer.sign(body))).toBe("bad_record");
    expect(by(signer.sign(concat(utf8("macula record 1\0"), body)))).toBe("bad_record");
    expect(by(signer.sign(concat(utf8("macula contact 1\0"), body)))).toBeUndefined();
  });

  it.each([
    ["another format", (it: Uint8Array) => it.fill(2, 1, 2)],
    ["an unknown role", (it: Uint8Array) => it.fill(4, 70, 71)],
    ["a byte behind its fields", (it: Uint8Array) => concat(it, Uint8Array.of(0))],
    ["a field too few", (it: Uint8Array) => it.fill(0x97, 0, 1)],
  ])("with %s, correctly signed", (_, change) => {
    expect(refusal(resigned((body) => body))).toBeUndefined();
    expect(refusal(resigned(change))).toBe("bad_record");
  });

  it.each([
    "",
    "192.0.2.7",
    "192.0.2.7:0",
    "192.0.2.7:99999",
    "[192.0.2.7]:1",
    "192.0.2.7:01",
    "x".repeat(65),
  ])("with the address %j", (address) => {
    const odd = signContact(signer, REALM, { ...CLAIM, addresses: [address as Address] }, NOW);
    expect(refusal(odd.bytes)).toBe("bad_record");
  });

  it("with more than eight addresses or four anchors, or beyond 1,024 bytes", () => {
    const one = "192.0.2.7:9443" as Address;
    const nine = { ...CLAIM, addresses: Array.from({ length: 9 }, () => one) };
    const five = { ...CLAIM, anchors: Array.from({ length: 5 }, () => toNodeId(signer.id)) };
    expect(refusal(signContact(signer, REALM, nine, NOW).bytes)).toBe("bad_record");
    expect(refusal(signContact(signer, REALM, five, NOW).bytes)).toBe("bad_record");
    expect(refusal(new Uint8Array(1_025))).toBe("bad_record");
  });
});
