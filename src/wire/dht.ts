import type { Bytes } from "../base/bytes.ts";
import { codeFromWire, ERROR_CODES, type ErrorCode } from "../base/errors.ts";
import { ID_BYTES, type Key } from "../base/id.ts";
import { TYPE } from "./frame.ts";
import { RECORD_BYTES_MAX } from "./hello.ts";
import { FieldReader } from "./reader.ts";
import type { FrameWriter } from "./writer.ts";

/** Contacts in one answer at most: the k of Kademlia. */
export const CONTACTS_MAX = 20;

/** Records in one answer at most: 24 KiB of them fit a control frame beside 20 contacts. */
export const RECORDS_MAX = 24;

/** What one node asks another about the DHT. */
export type DhtRequest =
  | { readonly kind: "find_node"; readonly target: Key }
  /** Records at `key`, and contacts near another point: the key itself, or one in the region around it. */
  | { readonly kind: "find_value"; readonly key: Key; readonly near: Key }
  | { readonly kind: "store"; readonly record: Bytes };

/** The answers. Contacts and records are signed; whoever reads them verifies. */
export type DhtAnswer =
  | { readonly kind: "find_node_reply"; readonly contacts: readonly Bytes[] }
  | {
      readonly kind: "find_value_reply";
      readonly records: readonly Bytes[];
      readonly contacts: readonly Bytes[];
    }
  /** `code` says why the record was not stored; `undefined` where it was. */
  | { readonly kind: "store_ack"; readonly code: ErrorCode | undefined };

const REQUEST_TYPE = {
  find_node: TYPE.findNode,
  find_value: TYPE.findValue,
  store: TYPE.store,
} as const;

const ANSWER_TYPE = {
  find_node_reply: TYPE.findNodeReply,
  find_value_reply: TYPE.findValueReply,
  store_ack: TYPE.storeAck,
} as const;

/** True for the types that `readDhtRequest` reads. */
export function isDhtRequest(type: number): boolean {
  return type === TYPE.findNode || type === TYPE.findValue || type === TYPE.store;
}

/** True for the types that `readDhtAnswer` reads. */
export function isDhtAnswer(type: number): boolean {
  return type === TYPE.findNodeReply || type === TYPE.findValueReply || type === TYPE.storeAck;
}

/** Writes the payload and returns its type id. `number` comes back in the answer. */
export function writeDhtRequest(writer: FrameWriter, number: number, request: DhtRequest): number {
  writer.array(request.kind === "find_value" ? 3 : 2);
  writer.uint(number);
  if (request.kind === "find_node") writer.bin(request.target);
  else if (request.kind === "store") writer.bin(request.record);
  else {
    writer.bin(request.key);
    writer.bin(request.near);
  }
  return REQUEST_TYPE[request.kind];
}

/** Throws `bad_frame`. */
export function readDhtRequest(
  type: number,
  bytes: Bytes,
  start: number,
  end: number,
): { readonly number: number; readonly request: DhtRequest } {
  const reader = new FieldReader(bytes, start, end);
  reader.array(type === TYPE.findValue ? 3 : 2);
  const number = reader.uint();
  const request = requestOf(type, reader);
  reader.done();
  return { number, request };
}

function requestOf(type: number, reader: FieldReader): DhtRequest {
  if (type === TYPE.store) return { kind: "store", record: reader.bin(RECORD_BYTES_MAX).slice() };
  const key = reader.fixed(ID_BYTES);
  if (type === TYPE.findNode) return { kind: "find_node", target: key };
  return { kind: "find_value", key, near: reader.fixed(ID_BYTES) };
}

/** Writes the payload and returns its type id. */
export function writeDhtAnswer(writer: FrameWriter, number: number, answer: DhtAnswer): number {
  writer.array(answer.kind === "find_value_reply" ? 3 : 2);
  writer.uint(number);
  if (answer.kind === "store_ack") writer.uint(answer.code ? ERROR_CODES[answer.code].wire : 0);
  if (answer.kind === "find_value_reply") writeList(writer, answer.records);
  if (answer.kind !== "store_ack") writeList(writer, answer.contacts);
  return ANSWER_TYPE[answer.kind];
}

/** Throws `bad_frame`. */
export function readDhtAnswer(
  type: number,
  bytes: Bytes,
  start: number,
  end: number,
): { readonly number: number; readonly answer: DhtAnswer } {
  // One copy of all: what is in the lists outlives the frame.
  const copy = bytes.slice(start, end);
  const reader = new FieldReader(copy, 0, copy.length);
  reader.array(type === TYPE.findValueReply ? 3 : 2);
  const number = reader.uint();
  const answer = answerOf(type, reader);
  reader.done();
  return { number, answer };
}

function answerOf(type: number, reader: FieldReader): DhtAnswer {
  if (type === TYPE.storeAck) {
    const wire = reader.uint(255);
    return { kind: "store_ack", code: wire === 0 ? undefined : codeFromWire(wire) };
  }
  if (type === TYPE.findNodeReply) {
    return { kind: "find_node_reply", contacts: readList(reader, CONTACTS_MAX) };
  }
  const records = readList(reader, RECORDS_MAX);
  return { kind: "find_value_reply", records, contacts: readList(reader, CONTACTS_MAX) };
}

function writeList(writer: FrameWriter, items: readonly Bytes[]): void {
  writer.array(items.length);
  for (const item of items) writer.bin(item);
}

function readList(reader: FieldReader, max: number): Bytes[] {
  const count = reader.array(0, max);
  return Array.from({ length: count }, () => reader.bin(RECORD_BYTES_MAX));
}
