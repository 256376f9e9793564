import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import { concat, fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { readRecord, signRecord } from "../../src/dht/record.ts";
import { createIdentity, readCertificate } from "../../src/identity/certificate.ts";
import { signerFromSeed, verify } from "../../src/identity/keys.ts";
import { procedureKey, realmId } from "../../src/identity/realm.ts";
import { readSigned, signObservation } from "../../src/nat/observation.ts";
import { readContact, signContact } from "../../src/peer/contact.ts";
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
  };
}

// As for the frame vectors: the file is the reference, and is written anew only on purpose.
if (process.env.MACULA_WRITE_VECTORS === "1") {
  writeFileSync(file, `${JSON.stringify(made(), undefined, 2)}\n`);
}

const signed = JSON.parse(readFileSync(file, "utf8")) as Signed;
const bytes = (name: keyof Signed) => fromHex(signed[name] as string) as Uint8Array;

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
});
