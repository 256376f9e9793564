import { type Address, readAddress } from "../base/address.ts";
import { type Bytes, equalBytes, utf8 } from "../base/bytes.ts";
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
import { OBSERVATION_BYTES_MAX } from "../wire/punch.ts";
import { FieldReader } from "../wire/reader.ts";
import { FrameWriter } from "../wire/writer.ts";

/** How long an observation is good. A NAT may give another port after as much silence (RFC 4787, REQ-5). */
export const OBSERVATION_LIFE: Millis = 120_000;

const FORMAT = 1;
const DOMAIN = utf8("macula seen 1\0");
const ADDRESS_BYTES_MAX = 64;

/** What one node says of where it sees another: over a link of theirs, whose address the peer has proved to receive at. */
export interface Observation {
  readonly observer: NodeId;
  readonly subject: NodeId;
  readonly address: Address;
  /** Unix milliseconds. */
  readonly expires: number;
}

/** Signs that the signer sees `subject` at `address` at `now`, which is Unix time. */
export function signObservation(
  signer: Signer,
  realm: Key,
  subject: NodeId,
  address: Address,
  now: Millis,
): Bytes {
  const writer = new FrameWriter();
  writer.beginBare();
  writer.array(6);
  writer.uint(FORMAT);
  writer.bin(realm);
  writer.bin(signer.id);
  writer.bin(subject);
  writer.str(address);
  writer.uint(Math.floor(now) + OBSERVATION_LIFE);
  return sealStatement(signer, DOMAIN, writer.copy());
}

/**
 * Reads and verifies an observation. `now` is Unix time; ten minutes of clock skew are forgiven.
 *
 * @throws {MeshError} `bad_record` where shape, realm, dates or signature are wrong.
 */
export function readSigned(bytes: Bytes, realm: Key, now: Millis, verify: Verify): Observation {
  const bodyEnd = statementBodyEnd(bytes, OBSERVATION_BYTES_MAX);
  const observation = readBody(() => fields(new FieldReader(bytes, 0, bodyEnd), realm));
  const { observer: owner, expires } = observation;
  checkStatement(bytes, DOMAIN, { owner, expires }, now, verify);
  return observation;
}

function fields(reader: FieldReader, realm: Key): Observation {
  reader.array(6);
  if (reader.uint() !== FORMAT) throw badStatement("its format is unknown");
  if (!equalBytes(reader.fixed(ID_BYTES), realm)) throw badStatement("it belongs to another realm");
  const observer = toNodeId(reader.fixed(ID_BYTES));
  const subject = toNodeId(reader.fixed(ID_BYTES));
  const address = readAddress(reader.str(ADDRESS_BYTES_MAX));
  if (address === undefined) throw badStatement("it holds a malformed address");
  const expires = reader.uint();
  reader.done();
  return { observer, subject, address, expires };
}
