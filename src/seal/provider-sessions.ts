import { BoundedMap } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { type Key, type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Verify } from "../identity/keys.ts";
import type { BoxKey, BoxKeys } from "./box-keys.ts";
import { openingNumber, readOpening } from "./opening.ts";
import { Session, sessionNumber, TEXTS_LIMIT } from "./session.ts";

/** Sessions of callers; the one used longest ago goes, and its caller begins another. */
export const PROVIDER_SESSIONS_MAX = 4_096;

/** How long a session serves: twice as long as callers use one. */
const SERVED_FOR_MAX: Millis = 1_200_000;

/** How often the table takes note that a session is used. */
const TOUCH_INTERVAL: Millis = 1_000;

/** The sessions that callers have begun with this node. */
export class ProviderSessions {
  readonly boxKeys: BoxKeys;
  readonly #self: NodeId;
  readonly #realm: Key;
  readonly #verify: Verify;
  readonly #sessions = new BoundedMap<number, Session>(PROVIDER_SESSIONS_MAX);

  constructor(boxKeys: BoxKeys, self: NodeId, realm: Key, verify: Verify) {
    this.boxKeys = boxKeys;
    this.#self = self;
    this.#realm = realm;
    this.#verify = verify;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session `id` of `caller`, unless it has served for too long. */
  named(caller: NodeId, id: number, now: Millis): Session | undefined {
    const session = this.#sessions.peek(sessionNumber(caller, id));
    if (session?.id !== id || !sameId(session.peer, caller)) return undefined;
    if (session.sent >= TEXTS_LIMIT || now - session.begunAt > SERVED_FOR_MAX) return undefined;
    if (now - session.touchedAt > TOUCH_INTERVAL) this.#put(session, now);
    return session;
  }

  /** The key that the opening at `bytes[at]` is made for; `undefined` where it is gone, or the session was opened before. */
  keyFor(bytes: Bytes, at: number, now: Millis): BoxKey | undefined {
    const key = this.boxKeys.find(bytes, at, now);
    return key?.opened.has(openingNumber(bytes, at)) ? undefined : key;
  }

  /** The session that `caller` opens at `bytes[at]`; `undefined` where it is not that caller's, or not for this node. */
  read(caller: NodeId, key: BoxKey, bytes: Bytes, at: number, now: Millis): Session | undefined {
    const parties = { realm: this.#realm, caller, provider: this.#self };
    const keys = readOpening(parties, key.pair, this.#verify, bytes, at);
    return keys && new Session(caller, keys, undefined, now);
  }

  /** Keeps a session that was opened at `bytes[at]`, and whose first text was whole. */
  keep(session: Session, key: BoxKey, bytes: Bytes, at: number, now: Millis): void {
    this.boxKeys.spend(key, openingNumber(bytes, at), now);
    this.#put(session, now);
  }

  #put(session: Session, now: Millis): void {
    session.touchedAt = now;
    this.#sessions.set(sessionNumber(session.peer, session.id), session);
  }
}
