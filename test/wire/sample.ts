import type { Bytes } from "../../src/base/bytes.ts";
import { type NodeId, toNodeId } from "../../src/base/id.ts";
import type { FrameWriter } from "../../src/wire/writer.ts";

/** One message of one type, with what its reader must make of it. */
export interface Sample {
  readonly name: string;
  readonly meaning: string;
  readonly type: number;
  /** What `read` gives back. */
  readonly message: unknown;
  readonly write: (writer: FrameWriter) => unknown;
  readonly read: (bytes: Bytes, start: number, end: number) => unknown;
}

/** Bytes `first`, `first + 1`, … : every field of a sample can be told from every other. */
export function counted(length: number, first: number): Bytes {
  return Uint8Array.from({ length }, (_, at) => first + at);
}

export const SOURCE: NodeId = toNodeId(counted(32, 0x20));
export const TARGET: NodeId = toNodeId(counted(32, 0x60));
