import type { Bytes } from "../base/bytes.ts";
import { matchesAt } from "../base/bytes.ts";
import type { Random } from "../base/ports.ts";
import { ATTEMPT_AT, MESSAGE_ID_BYTES } from "../wire/route-frame.ts";

/** Bytes drawn once for each life of a node, so that its ids are its own; the attempt follows them. */
const PREFIX_BYTES: number = ATTEMPT_AT;

/** The same id for every attempt at one message: a copy, with the number of the attempt taken out. */
export function withoutAttempt(id: Bytes): Bytes {
  const copy = id.slice();
  copy[ATTEMPT_AT] = 0;
  return copy;
}

/**
 * Ids of messages and calls: nine bytes by chance, the attempt, then a counter of six bytes. Unique in the mesh, cheap to
 * make, and the counter alone tells a node which of its own messages is meant. A message that is sent anew has
 * the next attempt in its id, so that nodes which remember the one before let it try every way again.
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

  /** The 16 bytes of the id with this number, for the attempt with that number; attempts beyond 255 begin anew. */
  bytes(number: number, attempt = 0): Bytes {
    const id = new Uint8Array(MESSAGE_ID_BYTES);
    id.set(this.#prefix);
    id[ATTEMPT_AT] = attempt;
    let rest = number;
    for (let at = MESSAGE_ID_BYTES - 1; at > ATTEMPT_AT; at--) {
      id[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return id;
  }

  /** The number of the id at `bytes[at]`; 0 where it is not one of ours. */
  numberAt(bytes: Bytes, at: number): number {
    if (!matchesAt(bytes, at, this.#prefix)) return 0;
    let number = 0;
    for (let offset = ATTEMPT_AT + 1; offset < MESSAGE_ID_BYTES; offset++) {
      number = number * 256 + (bytes[at + offset] as number);
    }
    return number;
  }

  /** Which attempt the id at `bytes[at]` is of. */
  attemptAt(bytes: Bytes, at: number): number {
    return bytes[at + ATTEMPT_AT] as number;
  }
}
