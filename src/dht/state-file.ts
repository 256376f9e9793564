import type { Bytes } from "../base/bytes.ts";
import { concat, equalBytes } from "../base/bytes.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import { ID_BYTES, type Key } from "../base/id.ts";
import { sha256 } from "../identity/realm.ts";
import { FieldReader } from "../wire/reader.ts";
import { FrameWriter } from "../wire/writer.ts";

const FORMAT = 1;
const CHECKSUM_BYTES = 32;

/** What of a node is kept on disk. */
export type StateKind = "peers" | "records";

/** Items in one state file, and bytes of one item, at most. */
export const ITEMS_MAX = 65_536;
export const ITEM_BYTES_MAX = 2_048;

/** Items of one realm and kind as they are kept: format, kind, realm, items, and SHA-256 of all that. */
export function writeState(kind: StateKind, realm: Key, items: readonly Bytes[]): Bytes {
  const writer = new FrameWriter();
  writer.beginBare();
  writer.array(4);
  writer.uint(FORMAT);
  writer.str(kind);
  writer.bin(realm);
  writer.array(items.length);
  for (const item of items) writer.bin(item);
  const body = writer.copy();
  return concat(body, sha256(body));
}

/**
 * The items in a state file.
 *
 * @throws {MeshError} `bad_state` where it is damaged, or of another kind, realm or format.
 */
export function readState(kind: StateKind, realm: Key, bytes: Bytes): Bytes[] {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end <= 0 || !equalBytes(sha256(bytes.subarray(0, end)), bytes.subarray(end))) {
    throw new MeshError("bad_state", "its checksum is wrong: it is damaged");
  }
  try {
    const reader = new FieldReader(bytes, 0, end);
    reader.array(4);
    const isKnown = reader.uint() === FORMAT && reader.str(16) === kind;
    if (!isKnown || !equalBytes(reader.fixed(ID_BYTES), realm)) {
      throw new MeshError("bad_state", "it is of another kind, realm or format");
    }
    const count = reader.array(0, ITEMS_MAX);
    const items = Array.from({ length: count }, () => reader.bin(ITEM_BYTES_MAX));
    reader.done();
    return items;
  } catch (cause) {
    throw new MeshError("bad_state", toMeshError(cause).message, { cause });
  }
}
