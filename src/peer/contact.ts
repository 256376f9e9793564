import { type Address, readAddress } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import { equalBytes, utf8 } from "../base/bytes.ts";
import { ID_BYTES, idText, type Key, type NodeId, toNodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Signer, Verify } from "../identity/keys.ts";
import {
  badStatement,
  checkStatement,
  readBody,
  STATEMENT_LIFE_MAX,
  sealStatement,
  statementBodyEnd,
} from "../identity/signed.ts";
import { RECORD_BYTES_MAX } from "../wire/hello.ts";
import { ANCHORS_MAX } from "../wire/limits.ts";
import { FieldReader } from "../wire/reader.ts";
import { FrameWriter } from "../wire/writer.ts";

/** Addresses in one contact at most. */
export const ADDRESSES_MAX = 8;

const FORMAT = 1;
const DOMAIN = utf8("macula contact 1\0");
const ADDRESS_BYTES_MAX = 64;
const ROLE_TRANSIT = 1;
const ROLE_SERVES = 2;

/** What a node says of itself, signed by it. */
export interface Contact {
  readonly id: NodeId;
  /** Where it can be dialled; empty for a node that can only dial. */
  readonly addresses: readonly Address[];
  /** Core nodes it keeps links to. */
  readonly anchors: readonly NodeId[];
  /** It passes on the frames of others. */
  readonly transit: boolean;
  /** It holds records and answers lookups. */
  readonly serves: boolean;
  /** Unix milliseconds of signing: of two contacts of one node the later counts. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly expires: number;
  /** The signed form, as it travels. */
  readonly bytes: Bytes;
}

export type ContactClaim = Omit<Contact, "id" | "bytes" | "seq" | "expires">;

/** Signs a contact that is good for an hour from `now` (Unix milliseconds). */
export function signContact(signer: Signer, realm: Key, claim: ContactClaim, now: Millis): Contact {
  const seq = Math.floor(now);
  const contact = { ...claim, id: signer.id, seq, expires: seq + STATEMENT_LIFE_MAX };
  return { ...contact, bytes: sealStatement(signer, DOMAIN, bodyOf(contact, realm)) };
}

function bodyOf(contact: Omit<Contact, "bytes">, realm: Key): Bytes {
  const writer = new FrameWriter();
  writer.beginBare();
  writer.array(8);
  writer.uint(FORMAT);
  writer.bin(realm);
  writer.bin(contact.id);
  writer.uint((contact.transit ? ROLE_TRANSIT : 0) | (contact.serves ? ROLE_SERVES : 0));
  writer.array(contact.addresses.length);
  for (const address of contact.addresses) writer.str(address);
  writer.array(contact.anchors.length);
  for (const anchor of contact.anchors) writer.bin(anchor);
  writer.uint(contact.seq);
  writer.uint(contact.expires);
  return writer.copy();
}

/**
 * Reads and verifies a signed contact. `now` is Unix time; ten minutes of clock skew are forgiven.
 *
 * @throws {MeshError} `bad_record` where shape, realm, dates or signature are wrong.
 */
export function readContact(bytes: Bytes, realm: Key, now: Millis, verify: Verify): Contact {
  const bodyEnd = statementBodyEnd(bytes, RECORD_BYTES_MAX);
  const contact = readBody(() => fields(bytes, bodyEnd, realm));
  const { id: owner, expires } = contact;
  checkStatement(bytes, DOMAIN, { owner, expires }, now, verify);
  return contact;
}

/** Where the owner's id stands: behind the array, the format, and the realm. */
const OWNER_AT: number = 2 + (2 + ID_BYTES) + 2;

/** Whose contact this claims to be, unverified; `undefined` where it is too short to be one. */
export function contactOwner(bytes: Bytes): Bytes | undefined {
  const end = OWNER_AT + ID_BYTES;
  return bytes.length < end ? undefined : bytes.subarray(OWNER_AT, end);
}

function fields(bytes: Bytes, bodyEnd: number, realm: Key): Contact {
  const reader = new FieldReader(bytes, 0, bodyEnd);
  reader.array(8);
  if (reader.uint() !== FORMAT) throw badStatement("its format is unknown");
  if (!equalBytes(reader.fixed(ID_BYTES), realm)) throw badStatement("it belongs to another realm");
  const id = toNodeId(reader.fixed(ID_BYTES));
  const roles = reader.uint(ROLE_TRANSIT | ROLE_SERVES);
  const addresses = Array.from({ length: reader.array(0, ADDRESSES_MAX) }, () =>
    dialable(reader.str(ADDRESS_BYTES_MAX)),
  );
  const anchors = Array.from({ length: reader.array(0, ANCHORS_MAX) }, () =>
    toNodeId(reader.fixed(ID_BYTES)),
  );
  const seq = reader.uint();
  const expires = reader.uint();
  reader.done();
  return {
    id,
    addresses,
    anchors,
    transit: (roles & ROLE_TRANSIT) !== 0,
    serves: (roles & ROLE_SERVES) !== 0,
    seq,
    expires,
    bytes: bytes.slice(),
  };
}

function dialable(text: string): Address {
  const address = readAddress(text);
  if (address === undefined) throw badStatement("it holds a malformed address");
  return address;
}

/** `<id>@host:port` for each address: what others can put into their bootstrap list. */
export function dialStrings(contact: Contact): string[] {
  return contact.addresses.map((address) => `${idText(contact.id)}@${address}`);
}
