import type { Bytes } from "../base/bytes.ts";
import { matchesAt } from "../base/bytes.ts";
import type { Random } from "../base/ports.ts";
import { MESSAGE_ID_BYTES } from "../wire/route-frame.ts";

/** Bytes drawn once for each life of a node, so that its ids are its own. */
const PREFIX_BYTES = 10;

/**
 * Ids of messages and calls: ten bytes by chance, then a counter of six. Unique in the mesh, cheap to make,
 * and the counter alone tells a node which of its own messages is meant.
 */
export class MessageIds {
  readonly #prefix: Bytes;
  #counter = 0;

  constructor(random: Random) {
    this.#prefix = random.bytes(PREFIX_BYTES);
  }

  /** The number of the next id; never 0. */
  next(): number {
    this.#counter += 1;
    return this.#counter;
  }

  /** The 16 bytes of the id with this number. */
  bytes(number: number): Bytes {
    const id = new Uint8Array(MESSAGE_ID_BYTES);
    id.set(this.#prefix);
    let rest = number;
    for (let at = MESSAGE_ID_BYTES - 1; at >= PREFIX_BYTES; at--) {
      id[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return id;
  }

  /** The number of the id at `bytes[at]`; 0 where it is not one of ours. */
  numberAt(bytes: Bytes, at: number): number {
    if (!matchesAt(bytes, at, this.#prefix)) return 0;
    let number = 0;
    for (let offset = PREFIX_BYTES; offset < MESSAGE_ID_BYTES; offset++) {
      number = number * 256 + (bytes[at + offset] as number);
    }
    return number;
  }
}
