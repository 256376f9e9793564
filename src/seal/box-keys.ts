import type { Bytes } from "../base/bytes.ts";
import type { Millis, Random } from "../base/ports.ts";
import { isOpeningFor } from "./opening.ts";
import { type KeyPair, keyPairFrom, X25519_BYTES } from "./x25519.ts";

/** How long calls are sealed to one key: a day. */
export const BOX_KEY_LIFE: Millis = 86_400_000;

/** How long sessions may still be opened with the key before it: callers remember providers for minutes. */
export const BOX_KEY_OVERLAP: Millis = 3_600_000;

/** Sessions opened with one key; with one more there is a new key. */
export const OPENINGS_MAX = 65_536;

/** A key that calls are sealed to, and the sessions that were opened with it. */
export interface BoxKey {
  readonly pair: KeyPair;
  readonly madeAt: Millis;
  /** Their numbers: no opening counts a second time, or a hop could repeat the calls behind it. */
  readonly opened: Set<number>;
}

/**
 * The keys that calls to this node are sealed to: today's and, for an hour, the one before. They are drawn anew at each
 * start and never written anywhere, so what was recorded can't be opened once they are gone.
 */
export class BoxKeys {
  readonly #random: Random;
  #current: BoxKey | undefined;
  #before: BoxKey | undefined;
  #renewedAt: Millis = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The public key to seal to now. */
  current(now: Millis): Bytes {
    return this.#fresh(now).pair.publicKey;
  }

  /** The key that the opening at `bytes[at]` is made for, where it is still good. */
  find(bytes: Bytes, at: number, now: Millis): BoxKey | undefined {
    const current = this.#fresh(now);
    if (isOpeningFor(bytes, at, current.pair.publicKey)) return current;
    const before = now - this.#renewedAt < BOX_KEY_OVERLAP ? this.#before : undefined;
    return before && isOpeningFor(bytes, at, before.pair.publicKey) ? before : undefined;
  }

  /** Notes that a session was opened with `key`. */
  spend(key: BoxKey, session: number, now: Millis): void {
    key.opened.add(session);
    if (key.opened.size < OPENINGS_MAX) return;
    if (key === this.#current) this.#renew(now);
    if (this.#before === key) this.#before = undefined;
  }

  #fresh(now: Millis): BoxKey {
    const current = this.#current;
    if (current && now - current.madeAt < BOX_KEY_LIFE) return current;
    return this.#renew(now);
  }

  #renew(now: Millis): BoxKey {
    this.#before = this.#current;
    this.#renewedAt = now;
    const pair = keyPairFrom(this.#random.bytes(X25519_BYTES));
    this.#current = { pair, madeAt: now, opened: new Set() };
    return this.#current;
  }
}
