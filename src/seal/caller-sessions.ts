import { BoundedMap } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import { idNumber, type Key, type NodeId, sameId } from "../base/id.ts";
import type { Millis, Random } from "../base/ports.ts";
import type { Signer } from "../identity/keys.ts";
import type { BoxKeyAnswer } from "../wire/box-key.ts";
import { makeOpening } from "./opening.ts";
import { Session, sessionNumber } from "./session.ts";
import { X25519_BYTES } from "./x25519.ts";

/** Providers that sessions are kept with; the one called longest ago goes. */
export const PROVIDERS_MAX = 4_096;

/** Sessions whose replies are still read, those that were followed by another included. */
export const CALLER_SESSIONS_MAX = 8_192;

/** A session is followed by another after this many texts, or this long. */
export const SESSION_TEXTS_MAX: number = 1 << 20;
export const SESSION_LIFE: Millis = 600_000;

/** How often a table takes note that an entry is used. */
const TOUCH_INTERVAL: Millis = 1_000;

interface Known {
  readonly provider: NodeId;
  session: Session | undefined;
  /** What the provider said its key is. */
  answered: Bytes | undefined;
  /** The key that it has said that about: it is gone, whatever a record says. */
  gone: Bytes | undefined;
  /** The key that `session` was opened with. */
  used: Bytes | undefined;
}

/** The sessions that this node has begun: one with each provider it calls, and those whose replies may still come. */
export class CallerSessions {
  readonly #signer: Signer;
  readonly #realm: Key;
  readonly #random: Random;
  readonly #providers = new BoundedMap<number, Known>(PROVIDERS_MAX);
  readonly #sessions = new BoundedMap<number, Session>(CALLER_SESSIONS_MAX);

  constructor(signer: Signer, realm: Key, random: Random) {
    this.#signer = signer;
    this.#realm = realm;
    this.#random = random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * The session to seal for `provider` in, begun anew where there is none or it has served its time. `boxKey` is what
   * the provider's record says. `undefined` where no key is known.
   *
   * @throws {MeshError} `bad_record` on a box key of small order.
   */
  toward(provider: NodeId, boxKey: Bytes | undefined, now: Millis): Session | undefined {
    const known = this.#known(provider);
    const session = known?.session;
    if (known && session && session.sent < SESSION_TEXTS_MAX) {
      if (now - session.begunAt < SESSION_LIFE) {
        if (now - session.touchedAt > TOUCH_INTERVAL) this.#touch(known, session, now);
        return session;
      }
    }
    const key = keyToUse(known, boxKey);
    return key && this.#begin(provider, known, key, now);
  }

  /** The session `id` with `provider`. */
  named(provider: NodeId, id: number): Session | undefined {
    const session = this.#sessions.peek(sessionNumber(provider, id));
    return session?.id === id && sameId(session.peer, provider) ? session : undefined;
  }

  /** The provider, whose answer has been verified, does not know that session, or was asked for its key. */
  refused(provider: NodeId, { session, boxKey }: BoxKeyAnswer): void {
    const known = this.#known(provider) ?? this.#add(provider);
    if (known.session?.id === session) {
      if (known.used && !equalBytes(known.used, boxKey)) known.gone = known.used;
      known.session = undefined;
    }
    known.answered = boxKey;
  }

  #known(provider: NodeId): Known | undefined {
    const known = this.#providers.peek(idNumber(provider));
    return known && sameId(known.provider, provider) ? known : undefined;
  }

  #add(provider: NodeId): Known {
    const known: Known = {
      provider,
      session: undefined,
      answered: undefined,
      gone: undefined,
      used: undefined,
    };
    this.#providers.set(idNumber(provider), known);
    return known;
  }

  #begin(provider: NodeId, known: Known | undefined, key: Bytes, now: Millis): Session {
    const seed = this.#random.bytes(X25519_BYTES);
    const { bytes, keys } = makeOpening(this.#signer, this.#realm, provider, key, seed);
    const session = new Session(provider, keys, bytes, now);
    const entry = known ?? this.#add(provider);
    entry.session = session;
    entry.used = key;
    this.#touch(entry, session, now);
    return session;
  }

  #touch(known: Known, session: Session, now: Millis): void {
    session.touchedAt = now;
    this.#providers.set(idNumber(known.provider), known);
    this.#sessions.set(sessionNumber(session.peer, session.id), session);
  }
}

function keyToUse(known: Known | undefined, recorded: Bytes | undefined): Bytes | undefined {
  if (recorded === undefined) return known?.answered;
  const isGone = known?.gone !== undefined && equalBytes(known.gone, recorded);
  return isGone ? known?.answered : recorded;
}
