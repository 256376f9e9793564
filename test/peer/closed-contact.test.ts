import { describe, expect, it } from "vitest";
import { verify } from "../../src/identity/keys.ts";
import { type ContactClaim, readContact, signContact } from "../../src/peer/contact.ts";
import { ContactBook } from "../../src/peer/contact-book.ts";
import { judgeHello } from "../../src/peer/handshake.ts";
import { ROLE_SERVES, ROLE_TRANSIT } from "../../src/peer/roles.ts";
import type { Token } from "../../src/peer/token.ts";
import { failure } from "../base/failure.ts";
import { CLUB, clubMembers, HOUR, PRETENDER, tokenOf } from "./closed.ts";
import { CLAIM, NOW, openMembers, signerOf } from "./nodes.ts";

const node = signerOf(1);
const SERVER: ContactClaim = { ...CLAIM, transit: true, serves: true };

const made = (token?: Token, claim = SERVER) => signContact(node, CLUB.id, claim, NOW, token);
const refusal = (bytes: Uint8Array, now = NOW) =>
  failure(() => readContact(bytes, clubMembers().members, now, verify));

describe("a contact in a closed realm", () => {
  it("is read with how long its node is a member", () => {
    const contact = made(tokenOf(node));
    const read = readContact(contact.bytes, clubMembers().members, NOW, verify);
    expect(read).toEqual(contact);
    expect(read.memberUntil).toBe(NOW + 24 * HOUR);
  });

  it("has room for all that a contact may hold", () => {
    const addresses = Array.from({ length: 8 }, () => `[${"2001:db8:".repeat(4)}:1]:65535`);
    const anchors = [1, 2, 3, 4].map((number) => signerOf(number).id);
    const contact = made(tokenOf(node), { ...SERVER, anchors, addresses: addresses as never });
    expect(contact.bytes.length).toBeLessThanOrEqual(1_024);
  });

  it("is refused without a token, with a forged one and with that of another node", () => {
    expect(refusal(made().bytes)).toBe("token_missing");
    expect(refusal(made(tokenOf(node, {}, PRETENDER)).bytes)).toBe("bad_token");
    expect(refusal(made(tokenOf(signerOf(2))).bytes)).toBe("token_wrong_node");
  });

  it("claims no more than its token allows", () => {
    const edge = { ...CLAIM, transit: false, serves: false };
    const server = { ...CLAIM, transit: false, serves: true };
    const by = (roles: number, claim: ContactClaim) =>
      refusal(made(tokenOf(node, { roles }), claim).bytes);
    expect(by(0, edge)).toBeUndefined();
    expect(by(0, server)).toBe("token_role");
    expect(by(ROLE_SERVES, server)).toBeUndefined();
    expect(by(ROLE_SERVES, SERVER)).toBe("token_role");
    expect(by(ROLE_TRANSIT, SERVER)).toBe("token_role");
  });

  it("ends with its token", () => {
    const short = tokenOf(node, { expires: NOW + 60_000 });
    expect(made(short).expires).toBe(NOW + 60_000);
    expect(refusal(made(short).bytes, NOW + 660_001)).toBe("token_expired");
    const lying = signContact(node, CLUB.id, SERVER, NOW, { ...short, expires: NOW + HOUR });
    expect(refusal(lying.bytes)).toBe("bad_record");
  });

  it("is none in an open realm", () => {
    const contact = signContact(node, CLUB.id, SERVER, NOW, tokenOf(node));
    const read = () => readContact(contact.bytes, openMembers(CLUB.id), NOW, verify);
    expect(failure(read)).toBe("bad_token");
  });

  it("costs one signature more, once for each token", () => {
    const { members, checked } = clubMembers();
    const book = new ContactBook(members, verify, { count: () => {} });
    const token = tokenOf(node);
    for (const later of [0, 1, 2]) {
      book.read(signContact(node, CLUB.id, SERVER, NOW + later, token).bytes, NOW);
    }
    expect(checked()).toBe(1);
  });
});

describe("a hello in a closed realm", () => {
  const token = tokenOf(node);
  const hello = {
    versions: [2],
    realm: CLUB.id,
    instance: new Uint8Array(8),
    observed: "192.0.2.7:9443",
    contact: made(token).bytes,
    token: token.bytes,
  };
  const judge = (changed: Partial<typeof hello>) => {
    const expectation = { peer: node.id, members: clubMembers().members, now: NOW, verify };
    const judged = judgeHello({ ...hello, ...changed }, expectation);
    return judged.kind === "refuse" ? judged.code : "accept";
  };

  it("is accepted with a token of the peer, shown twice", () => {
    expect(judge({})).toBe("accept");
    expect(judge({ token: new Uint8Array(0) })).toBe("token_missing");
    expect(judge({ contact: made().bytes })).toBe("token_missing");
  });

  it.each([
    ["forged", tokenOf(node, {}, PRETENDER), "bad_token"],
    ["another node's", tokenOf(signerOf(2)), "token_wrong_node"],
    ["another realm's", tokenOf(node, { realm: new Uint8Array(32) }), "token_wrong_realm"],
    ["over", tokenOf(node, { expires: NOW - HOUR }), "token_expired"],
    ["yet to come", tokenOf(node, { notBefore: NOW + HOUR }), "token_not_yet"],
  ])("is refused with a token that is %s", (_, { bytes }, code) => {
    expect(judge({ token: bytes })).toBe(code);
  });
});
