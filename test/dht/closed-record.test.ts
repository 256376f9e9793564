import { describe, expect, it } from "vitest";
import { readRecord, signRecord } from "../../src/dht/record.ts";
import { verify } from "../../src/identity/keys.ts";
import { procedureKey } from "../../src/identity/realm.ts";
import type { Token } from "../../src/peer/token.ts";
import { failure } from "../base/failure.ts";
import { CLUB, clubMembers, HOUR, PRETENDER, tokenOf } from "../peer/closed.ts";
import { NOW, openMembers, signerOf } from "../peer/nodes.ts";

const owner = signerOf(1);
const claim = {
  key: procedureKey(CLUB.id, "calculator.add"),
  seq: NOW,
  expires: NOW + 300_000,
  withdrawn: false,
  anchors: [1, 2, 3, 4].map((number) => signerOf(number).id),
  boxKey: new Uint8Array(32).fill(7),
};

const made = (token?: Token, changed = {}) =>
  signRecord(owner, CLUB.id, { ...claim, ...changed }, token);
const refusal = (bytes: Uint8Array, now = NOW) =>
  failure(() => readRecord(bytes, clubMembers().members, now, verify));

describe("a record in a closed realm", () => {
  it("is read as it was made, and is small", () => {
    const record = made(tokenOf(owner));
    expect(readRecord(record.bytes, clubMembers().members, NOW, verify)).toEqual(record);
    expect(record.bytes.length).toBeLessThan(600);
  });

  it("is refused without a token, with a forged one, a swapped one and one that is over", () => {
    expect(refusal(made().bytes)).toBe("token_missing");
    expect(refusal(made(tokenOf(owner, {}, PRETENDER)).bytes)).toBe("bad_token");
    expect(refusal(made(tokenOf(signerOf(2))).bytes)).toBe("token_wrong_node");
    const over = tokenOf(owner, { expires: NOW - HOUR });
    expect(refusal(made(over).bytes)).toBe("token_expired");
  });

  it("ends with its owner's token", () => {
    const short = tokenOf(owner, { expires: NOW + 60_000 });
    expect(made(short).expires).toBe(NOW + 60_000);
    expect(refusal(made({ ...short, expires: NOW + HOUR }).bytes)).toBe("bad_record");
  });

  it("is refused with any bit of it turned", () => {
    const { bytes } = made(tokenOf(owner));
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(refusal(changed)).toMatch(/^(bad_record|bad_token|token_\w+)$/);
    }
  });

  it("has its owner's token verified once, however many there are", () => {
    const { members, checked } = clubMembers();
    const token = tokenOf(owner);
    for (let at = 0; at < 5; at++) {
      readRecord(made(token, { key: procedureKey(CLUB.id, `p${at}`) }).bytes, members, NOW, verify);
    }
    expect(checked()).toBe(1);
  });

  it("is none in an open realm", () => {
    const { bytes } = made(tokenOf(owner));
    expect(failure(() => readRecord(bytes, openMembers(CLUB.id), NOW, verify))).toBe("bad_token");
  });
});
