import type { Bytes } from "../base/bytes.ts";
import { ID_BYTES, type Key } from "../base/id.ts";
import { FieldReader } from "./reader.ts";
import type { FrameWriter } from "./writer.ts";

/** Bytes that tell two lives of one node apart. */
export const INSTANCE_BYTES = 8;

/** Bytes of a signed contact or record at most. */
export const RECORD_BYTES_MAX = 1_024;

/** Bytes of a membership token at most. */
export const TOKEN_BYTES_MAX = 512;

/** What stands for a token in an open realm. */
export const NO_TOKEN: Bytes = new Uint8Array(0);

const VERSIONS_MAX = 8;
const ADDRESS_BYTES_MAX = 64;

/** What both sides tell each other first: the fields of `connect` and `connect_ack` alike. */
export interface Hello {
  /** Wire versions the sender speaks; in the answer the one that was chosen. */
  readonly versions: readonly number[];
  readonly realm: Key;
  /** Drawn anew at each start, so that a restarted node is told from a second link. */
  readonly instance: Bytes;
  /** The address the sender sees the receiver at. */
  readonly observed: string;
  /** The sender's signed contact. */
  readonly contact: Bytes;
  /** Membership token of a closed realm; empty in an open one. */
  readonly token: Bytes;
}

/** Writes the payload of `connect` or `connect_ack`. */
export function writeHello(writer: FrameWriter, hello: Hello): void {
  writer.array(6);
  writer.array(hello.versions.length);
  for (const version of hello.versions) writer.uint(version);
  writer.bin(hello.realm);
  writer.bin(hello.instance);
  writer.str(hello.observed);
  writer.bin(hello.contact);
  writer.bin(hello.token);
}

/** Reads the payload of `connect` or `connect_ack`. Throws `bad_frame`. */
export function readHello(bytes: Bytes, start: number, end: number): Hello {
  const reader = new FieldReader(bytes, start, end);
  reader.array(6);
  const versions = Array.from({ length: reader.array(1, VERSIONS_MAX) }, () => reader.uint(255));
  const hello: Hello = {
    versions,
    realm: reader.fixed(ID_BYTES),
    instance: reader.fixed(INSTANCE_BYTES),
    observed: reader.str(ADDRESS_BYTES_MAX),
    contact: reader.bin(RECORD_BYTES_MAX).slice(),
    token: reader.bin(TOKEN_BYTES_MAX).slice(),
  };
  reader.done();
  return hello;
}
