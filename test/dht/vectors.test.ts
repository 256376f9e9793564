import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import { concat, fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { readRecord, signRecord } from "../../src/dht/record.ts";
import { createIdentity, readCertificate } from "../../src/identity/certificate.ts";
import { signerFromSeed, verify } from "../../src/identity/keys.ts";
import {
  closedRealm,
  closedRealmText,
  parseRealm,
  procedureKey,
  realmId,
} from "../../src/identity/realm.ts";
import { readSigned, signObservation } from "../../src/nat/observation.ts";
import { readContact, signContact } from "../../src/peer/contact.ts";
import { Members } from "../../src/peer/members.ts";
import { ROLES_ALL } from "../../src/peer/roles.ts";
import { parseToken, signToken, tokenText } from "../../src/peer/token.ts";
import { openMembers } from "../peer/nodes.ts";

/** What a node with this seed, realm and clock says of itself, as hexadecimal. */
interface Signed {
  readonly about: string;
  readonly seed: string;
  readonly realm: string;
  readonly now: number;
  readonly id: string;
  readonly realmId: string;
  readonly procedureKey: string;
  readonly certificate: string;
  readonly contact: string;
  readonly record: string;
  readonly routeReplySignature: string;
  readonly observation: string;
  /** The same node in a closed realm, whose authority has this seed. */
  readonly closed: {
    readonly authoritySeed: string;
    readonly realm: string;
    readonly realmId: string;
    readonly token: string;
    readonly tokenText: string;
    readonly contact: string;
    readonly record: string;
  };
}

const file = new URL("../vectors/signed.json", import.meta.url);

const SEED = Uint8Array.from({ length: 32 }, (_, at) => at + 1);
const REALM_NAME = "com.example.shop";
const NOW = 1_767_225_600_000;
const realm = realmId(REALM_NAME);
const signer = signerFromSeed(SEED);
const anchor = signerFromSeed(new Uint8Array(32).fill(9)).id;
const key = procedureKey(realm, "calculator.add");

const claim = {
  addresses: ["192.0.2.7:9443" as Address, "[2001:db8::7]:9443" as Address],
  anchors: [anchor],
  transit: true,
  serves: true,
};
const recordClaim = {
  key,
  seq: NOW,
  expires: NOW + 300_000,
  withdrawn: false,
  anchors: [anchor],
  boxKey: Uint8Array.from({ length: 32 }, (_, at) => 64 + at),
};

/** The text that a route reply signs for request id 01 02 … 10, asked by the anchor. */
const requestId = Uint8Array.from({ length: 16 }, (_, at) => at + 1);
const routeText = concat(utf8("macula route 1\0"), realm, requestId, anchor, signer.id);

const SEEN_AT = "192.0.2.9:9443" as Address;

const AUTHORITY_SEED = new Uint8Array(32).fill(7);
const authority = signerFromSeed(AUTHORITY_SEED);
const club = closedRealm(REALM_NAME, authority.id);
const token = signToken(authority, {
  realm: club.id,
  node: signer.id,
  roles: ROLES_ALL,
  notBefore: NOW - 60_000,
  expires: NOW + 30 * 86_400_000,
});

function madeClosed(): Signed["closed"] {
  const inClub = { ...recordClaim, key: procedureKey(club.id, "calculator.add") };
  return {
    authoritySeed: toHex(AUTHORITY_SEED),
    realm: closedRealmText(REALM_NAME, authority.id),
    realmId: toHex(club.id),
    token: toHex(token.bytes),
    tokenText: tokenText(token),
    contact: toHex(signContact(signer, club.id, claim, NOW, token).bytes),
    record: toHex(signRecord(signer, club.id, inClub, token).bytes),
  };
}

function made(): Signed {
  return {
    about:
      "What the node with this Ed25519 seed says of itself, in this realm at this moment (Unix ms): see docs/protocol.md, sections 1, 9, 10 and 15. The observation is of the anchor at 192.0.2.9:9443. The route reply answers request id 01 02 … 10 of the node whose id is the anchor's.",
    seed: toHex(SEED),
    realm: REALM_NAME,
    now: NOW,
    id: toHex(signer.id),
    realmId: toHex(realm),
    procedureKey: toHex(key),
    certificate: toHex(createIdentity(SEED).certificate),
    contact: toHex(signContact(signer, realm, claim, NOW).bytes),
    record: toHex(signRecord(signer, realm, recordClaim).bytes),
    routeReplySignature: toHex(signer.sign(routeText)),
    observation: toHex(signObservation(signer, realm, anchor, SEEN_AT, NOW)),
    closed: madeClosed(),
  };
}

// As for the frame vectors: the file is the reference, and is written anew only on purpose.
if (process.env.MACULA_WRITE_VECTORS === "1") {
  writeFileSync(file, `${JSON.stringify(made(), undefined, 2)}\n`);
}

const signed = JSON.parse(readFileSync(file, "utf8")) as Signed;
const bytes = (name: Exclude<keyof Signed, "closed">) =>
  fromHex(signed[name] as string) as Uint8Array;

describe("the vectors of signed statements", () => {
  it("are what is made today: Ed25519 signs the same way each time", () => {
    expect(made()).toEqual(signed);
  });

  it("are read", () => {
    expect(readCertificate(bytes("certificate"))).toEqual(signer.id);
    const contact = readContact(bytes("contact"), openMembers(realm), signed.now, verify);
    expect(contact).toMatchObject({ ...claim, id: signer.id, seq: NOW });
    const record = readRecord(bytes("record"), openMembers(realm), signed.now, verify);
    expect(record).toMatchObject({ ...recordClaim, owner: signer.id });
    expect(verify(signer.id, routeText, bytes("routeReplySignature"))).toBe(true);
    const seen = readSigned(bytes("observation"), realm, signed.now, verify);
    expect(seen).toMatchObject({ observer: signer.id, subject: anchor, address: SEEN_AT });
  });

  it("are read in a closed realm", () => {
    const { closed } = signed;
    const realmOf = parseRealm(closed.realm);
    expect(toHex(realmOf.id)).toBe(closed.realmId);
    expect(parseToken(closed.tokenText).bytes).toEqual(fromHex(closed.token));
    const members = new Members(realmOf, verify, { count: () => {} });
    const contact = readContact(fromHex(closed.contact) as Uint8Array, members, NOW, verify);
    expect(contact).toMatchObject({ ...claim, id: signer.id, memberUntil: token.expires });
    const record = readRecord(fromHex(closed.record) as Uint8Array, members, NOW, verify);
    expect(record).toMatchObject({ owner: signer.id, seq: NOW });
  });
});
