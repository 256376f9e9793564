import { type Address, readAddress } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import { equalBytes, utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { ID_BYTES, idText, type Key, type NodeId, shortId, toNodeId } from "../base/id.ts";
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
import { NO_TOKEN, RECORD_BYTES_MAX, TOKEN_BYTES_MAX } from "../wire/hello.ts";
import { ANCHORS_MAX } from "../wire/limits.ts";
import { FieldReader } from "../wire/reader.ts";
import { FrameWriter } from "../wire/writer.ts";
import type { Grant, Members } from "./members.ts";
import { ROLE_SERVES, ROLE_TRANSIT, ROLES_ALL } from "./roles.ts";
import type { Token } from "./token.ts";

/** Addresses in one contact at most. */
export const ADDRESSES_MAX = 8;

/** Fields of a contact in an open realm; in a closed one, which is the next format, there is one more. */
const FIELDS = 8;
const FORMAT = 1;
const DOMAIN = utf8("macula contact 1\0");
const ADDRESS_BYTES_MAX = 64;

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
  /** When its token expires, in Unix milliseconds; infinite in an open realm. */
  readonly memberUntil: number;
  /** The signed form, as it travels. */
  readonly bytes: Bytes;
}

export type ContactClaim = Omit<Contact, "id" | "bytes" | "seq" | "expires" | "memberUntil">;

/** Signs a contact that is good for an hour from `now` (Unix milliseconds), and no longer than the signer's token. */
export function signContact(
  signer: Signer,
  realm: Key,
  claim: ContactClaim,
  now: Millis,
  token?: Token,
): Contact {
  const seq = Math.floor(now);
  const memberUntil = token?.expires ?? Number.POSITIVE_INFINITY;
  const expires = Math.min(seq + STATEMENT_LIFE_MAX, memberUntil);
  const contact = { ...claim, id: signer.id, seq, expires, memberUntil };
  return { ...contact, bytes: sealStatement(signer, DOMAIN, bodyOf(contact, realm, token)) };
}

function bodyOf(contact: Omit<Contact, "bytes">, realm: Key, token: Token | undefined): Bytes {
  const more = token === undefined ? 0 : 1;
  const writer = new FrameWriter();
  writer.beginBare();
  writer.array(FIELDS + more);
  writer.uint(FORMAT + more);
  writer.bin(realm);
  writer.bin(contact.id);
  writer.uint(rolesOf(contact));
  writer.array(contact.addresses.length);
  for (const address of contact.addresses) writer.str(address);
  writer.array(contact.anchors.length);
  for (const anchor of contact.anchors) writer.bin(anchor);
  writer.uint(contact.seq);
  writer.uint(contact.expires);
  if (token !== undefined) writer.bin(token.bytes);
  return writer.copy();
}

/**
 * Reads and verifies a signed contact, and that its owner is a member. `now` is Unix time; ten minutes of clock skew
 * are forgiven.
 *
 * @throws {MeshError} `bad_record` where shape, realm, dates or signature are wrong; `token_role` where its token allows
 *   less than it claims; what `Members.admit` throws.
 */
export function readContact(bytes: Bytes, members: Members, now: Millis, verify: Verify): Contact {
  const bodyEnd = statementBodyEnd(bytes, RECORD_BYTES_MAX);
  const { token, ...contact } = readBody(() => fields(bytes, bodyEnd, members.realm));
  const { id: owner, expires } = contact;
  const grant = members.admit(token, owner, now);
  checkGrant(contact, grant);
  checkStatement(bytes, DOMAIN, { owner, expires }, now, verify);
  return { ...contact, memberUntil: grant.expires };
}

function checkGrant(contact: Omit<Contact, "memberUntil">, grant: Grant): void {
  if ((rolesOf(contact) & ~grant.roles) !== 0) {
    throw new MeshError(
      "token_role",
      `node ${shortId(contact.id)} claims a role that its membership token does not allow; have one issued with that role, or run the node in another mode`,
    );
  }
  if (contact.expires > grant.expires) throw badStatement("it outlives its owner's token");
}

function rolesOf({ transit, serves }: Pick<Contact, "transit" | "serves">): number {
  return (transit ? ROLE_TRANSIT : 0) | (serves ? ROLE_SERVES : 0);
}

/** Where the owner's id stands: behind the array, the format, and the realm. */
const OWNER_AT: number = 2 + (2 + ID_BYTES) + 2;

/** Whose contact this claims to be, unverified; `undefined` where it is too short to be one. */
export function contactOwner(bytes: Bytes): Bytes | undefined {
  const end = OWNER_AT + ID_BYTES;
  return bytes.length < end ? undefined : bytes.subarray(OWNER_AT, end);
}

function fields(
  bytes: Bytes,
  bodyEnd: number,
  realm: Key,
): Omit<Contact, "memberUntil"> & { readonly token: Bytes } {
  const reader = new FieldReader(bytes, 0, bodyEnd);
  const more = reader.array(FIELDS, FIELDS + 1) - FIELDS;
  if (reader.uint() !== FORMAT + more) throw badStatement("its format is unknown");
  if (!equalBytes(reader.fixed(ID_BYTES), realm)) throw badStatement("it belongs to another realm");
  const id = toNodeId(reader.fixed(ID_BYTES));
  const roles = reader.uint(ROLES_ALL);
  const addresses = Array.from({ length: reader.array(0, ADDRESSES_MAX) }, () =>
    dialable(reader.str(ADDRESS_BYTES_MAX)),
  );
  const anchors = Array.from({ length: reader.array(0, ANCHORS_MAX) }, () =>
    toNodeId(reader.fixed(ID_BYTES)),
  );
  const seq = reader.uint();
  const expires = reader.uint();
  const token = more === 0 ? NO_TOKEN : reader.bin(TOKEN_BYTES_MAX);
  if (more !== 0 && token.length === 0) throw badStatement("its token is empty");
  reader.done();
  return {
    id,
    addresses,
    anchors,
    transit: (roles & ROLE_TRANSIT) !== 0,
    serves: (roles & ROLE_SERVES) !== 0,
    seq,
    expires,
    token,
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
