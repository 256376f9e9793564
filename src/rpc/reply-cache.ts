import type { Bytes } from "../base/bytes.ts";
import { matchesAt } from "../base/bytes.ts";
import type { NodeId } from "../base/id.ts";
import { ID_BYTES } from "../base/id.ts";
import { CALL_ID_BYTES } from "../wire/call.ts";
import { readUint16, readUint32, writeUint32 } from "../wire/frame.ts";

/** Bytes of replies that are kept; the oldest ones go. */
export const REPLIES_BYTES_MAX: number = 4 << 20;

/** A longer reply is not kept: whoever has lost it is not answered again. */
export const REPLY_KEPT_MAX: number = 1 << 20;

const FIRST_BYTES: number = 16 << 10;

/** Bytes of the ring for each place of the index; a reply takes the place of an older one that falls on the same. */
const PLACE_BYTES = 128;

/** In front of each reply: its length, who called, the call's id. */
const HEAD_BYTES: number = 4 + ID_BYTES + CALL_ID_BYTES;

/**
 * The latest replies of this node, for callers to whom they did not get. A ring of bytes and an index of offsets: keeping a
 * reply makes no garbage.
 */
export class ReplyCache {
  #ring: Bytes = new Uint8Array(0);
  /** Where in the ring each place's reply begins, and 1 more; 0 where there is none. */
  #places: Uint32Array = new Uint32Array(0);
  /** Where the next reply goes. */
  #at = 0;

  /** Bytes in use. */
  get memory(): number {
    return this.#ring.length;
  }

  keep(caller: NodeId, callId: Bytes, reply: Bytes, start: number, end: number): void {
    const length = end - start;
    if (length > REPLY_KEPT_MAX) return;
    const at = this.#room(HEAD_BYTES + length);
    writeUint32(this.#ring, at, length);
    this.#ring.set(caller, at + 4);
    this.#ring.set(callId, at + 4 + ID_BYTES);
    this.#ring.set(reply.subarray(start, end), at + HEAD_BYTES);
    this.#places[this.#placeOf(callId, 0)] = at + 1;
    this.#at = at + HEAD_BYTES + length;
  }

  /** The payload of the reply to that call, good until the next `keep`; `undefined` where it is not kept any more. */
  get(caller: NodeId, callId: Bytes): Bytes | undefined {
    const at = (this.#places[this.#placeOf(callId, 0)] ?? 0) - 1;
    // Another reply may lie there by now.
    if (at < 0 || !matchesAt(this.#ring, at + 4, caller)) return undefined;
    if (!matchesAt(this.#ring, at + 4 + ID_BYTES, callId)) return undefined;
    const from = at + HEAD_BYTES;
    return this.#ring.subarray(from, from + readUint32(this.#ring, at));
  }

  /** Where so many bytes lie in one piece; the ring grows to its limit before it goes round. */
  #room(needed: number): number {
    if (this.#at + needed <= this.#ring.length) return this.#at;
    if (this.#ring.length === REPLIES_BYTES_MAX) return 0;
    let size = Math.max(FIRST_BYTES, this.#ring.length * 2);
    while (size < this.#at + needed && size < REPLIES_BYTES_MAX) size *= 2;
    const grown = new Uint8Array(Math.min(size, REPLIES_BYTES_MAX));
    grown.set(this.#ring);
    this.#ring = grown;
    this.#index();
    return this.#at + needed <= grown.length ? this.#at : 0;
  }

  /** Makes an index that fits the ring, which has not gone round yet. */
  #index(): void {
    this.#places = new Uint32Array(this.#ring.length / PLACE_BYTES);
    for (let at = 0; at < this.#at; at += HEAD_BYTES + readUint32(this.#ring, at)) {
      this.#places[this.#placeOf(this.#ring, at + 4 + ID_BYTES)] = at + 1;
    }
  }

  /** The place of the call whose id stands at `bytes[at]`. */
  #placeOf(bytes: Bytes, at: number): number {
    const counter = readUint32(bytes, at + CALL_ID_BYTES - 4);
    const spread = counter + Math.imul(readUint16(bytes, at), 0x9e37_79b1);
    return spread & (this.#places.length - 1);
  }
}
