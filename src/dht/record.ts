import type { Bytes } from "../base/bytes.ts";
import { equalBytes, utf8 } from "../base/bytes.ts";
import { ID_BYTES, type Key, type NodeId, toNodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Signer, Verify } from "../identity/keys.ts";
import {
  badStatement,
  checkStatement,
  readBody,
  sealStatement,
  statementBodyEnd,
} from "../identity/signed.ts";
import type { Members } from "../peer/members.ts";
import type { Token } from "../peer/token.ts";
import { BOX_KEY_BYTES } from "../wire/box-key.ts";
import { NO_TOKEN, RECORD_BYTES_MAX, TOKEN_BYTES_MAX } from "../wire/hello.ts";
import { ANCHORS_MAX } from "../wire/limits.ts";
import { FieldReader } from "../wire/reader.ts";
import { FrameWriter } from "../wire/writer.ts";

/** Fields of a record in an open realm; in a closed one, which is the next format, there is one more. */
const FIELDS = 9;
const FORMAT = 1;
const DOMAIN = utf8("macula record 1\0");

/** One node's word that it provides what stands at a key; signed by it. */
export interface ProviderRecord {
  readonly key: Key;
  readonly owner: NodeId;
  /** Of two records of one owner at one key the higher counts. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly expires: number;
  /** The owner provides it no more. Kept until `expires`, so that no older record comes back. */
  readonly withdrawn: boolean;
  /** Core nodes the owner keeps links to. */
  readonly anchors: readonly NodeId[];
  /** What calls to the owner are sealed to. */
  readonly boxKey: Bytes;
  /** The signed form, as it travels and is kept. */
  readonly bytes: Bytes;
}

export type RecordClaim = Pick<
  ProviderRecord,
  "key" | "seq" | "expires" | "withdrawn" | "anchors" | "boxKey"
>;

/** Signs a record that is good until the claim says, and no longer than the signer's token. */
export function signRecord(
  signer: Signer,
  realm: Key,
  claimed: RecordClaim,
  token?: Token,
): ProviderRecord {
  const memberUntil = token?.expires ?? Number.POSITIVE_INFINITY;
  const claim = { ...claimed, expires: Math.min(claimed.expires, memberUntil) };
  const more = token === undefined ? 0 : 1;
  const writer = new FrameWriter();
  writer.beginBare();
  writer.array(FIELDS + more);
  writer.uint(FORMAT + more);
  writer.bin(realm);
  writer.bin(claim.key);
  writer.bin(signer.id);
  writer.uint(claim.seq);
  writer.uint(claim.expires);
  writer.bool(claim.withdrawn);
  writer.array(claim.anchors.length);
  for (const anchor of claim.anchors) writer.bin(anchor);
  writer.bin(claim.boxKey);
  if (token !== undefined) writer.bin(token.bytes);
  const body = writer.copy();
  const bytes = sealStatement(signer, DOMAIN, body);
  return { ...claim, owner: signer.id, bytes };
}

/**
 * Reads and verifies a record, and that its owner is a member. `now` is Unix time; ten minutes of clock skew are
 * forgiven.
 *
 * @throws {MeshError} `bad_record` where shape, realm, dates or signature are wrong; what `Members.admit` throws.
 */
export function readRecord(
  bytes: Bytes,
  members: Members,
  now: Millis,
  verify: Verify,
): ProviderRecord {
  const bodyEnd = statementBodyEnd(bytes, RECORD_BYTES_MAX);
  const { token, ...record } = readBody(() => fields(bytes, bodyEnd, members.realm));
  const grant = members.admit(token, record.owner, now);
  if (record.expires > grant.expires) throw badStatement("it outlives its owner's token");
  checkStatement(bytes, DOMAIN, record, now, verify);
  return record;
}

/**
 * Whose record at which key this claims to be, unverified.
 *
 * @throws {MeshError} `bad_record` where shape or realm are wrong.
 */
export function recordClaim(bytes: Bytes, realm: Key): Pick<ProviderRecord, "key" | "owner"> {
  const bodyEnd = statementBodyEnd(bytes, RECORD_BYTES_MAX);
  return readBody(() => fields(bytes, bodyEnd, realm));
}

function fields(
  bytes: Bytes,
  bodyEnd: number,
  realm: Key,
): ProviderRecord & { readonly token: Bytes } {
  const reader = new FieldReader(bytes, 0, bodyEnd);
  const more = reader.array(FIELDS, FIELDS + 1) - FIELDS;
  if (reader.uint() !== FORMAT + more) throw badStatement("its format is unknown");
  if (!equalBytes(reader.fixed(ID_BYTES), realm)) throw badStatement("it belongs to another realm");
  const key = reader.fixed(ID_BYTES);
  const owner = toNodeId(reader.fixed(ID_BYTES));
  const seq = reader.uint();
  const expires = reader.uint();
  const withdrawn = reader.bool();
  const anchors = Array.from({ length: reader.array(0, ANCHORS_MAX) }, () =>
    toNodeId(reader.fixed(ID_BYTES)),
  );
  const boxKey = reader.fixed(BOX_KEY_BYTES);
  const token = more === 0 ? NO_TOKEN : reader.bin(TOKEN_BYTES_MAX);
  if (more !== 0 && token.length === 0) throw badStatement("its token is empty");
  reader.done();
  return { key, owner, seq, expires, withdrawn, anchors, boxKey, token, bytes: bytes.slice() };
}
