import { idText, type Key } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { ProviderRecord } from "./record.ts";

export interface StoreLimits {
  /** Records held. One more is refused until one expires. */
  readonly recordsMax: number;
  /** Owners at one key. One more is refused until one expires. */
  readonly ownersMax: number;
}

export const STORE_LIMITS: StoreLimits = { recordsMax: 65_536, ownersMax: 256 };

/** What became of a record that was offered. */
export type Stored = "stored" | "older" | "full";

/** The records this node holds for others: per key and owner the newest. Pure: every method is told the time. */
export class RecordStore {
  readonly limits: StoreLimits;
  readonly #keys = new Map<string, Map<string, ProviderRecord>>();
  #size = 0;

  constructor(limits: StoreLimits = STORE_LIMITS) {
    this.limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a verified record. One that is as new as what is held counts as stored. `now` is Unix time. */
  put(record: ProviderRecord, now: Millis): Stored {
    const key = idText(record.key);
    const owner = idText(record.owner);
    const owners = this.#keys.get(key);
    const held = owners?.get(owner);
    if (held && held.seq > record.seq) return "older";
    if (held && held.seq === record.seq) return "stored";
    if (held === undefined && !this.#hasRoom(owners, now)) return "full";
    // Making room may have emptied the key and let it go.
    const target = this.#keys.get(key) ?? new Map<string, ProviderRecord>();
    if (held === undefined) this.#size += 1;
    target.set(owner, record);
    this.#keys.set(key, target);
    return "stored";
  }

  /** The live records at a key: neither expired nor withdrawn. */
  get(key: Key, now: Millis): ProviderRecord[] {
    const owners = this.#keys.get(idText(key));
    if (owners === undefined) return [];
    return [...owners.values()].filter((record) => record.expires > now && !record.withdrawn);
  }

  /** Forgets what has expired. */
  sweep(now: Millis): void {
    for (const [key, owners] of this.#keys) {
      for (const [owner, record] of owners) {
        if (record.expires <= now && owners.delete(owner)) this.#size -= 1;
      }
      if (owners.size === 0) this.#keys.delete(key);
    }
  }

  #hasRoom(owners: ReadonlyMap<string, ProviderRecord> | undefined, now: Millis): boolean {
    const isFull = (): boolean =>
      this.#size >= this.limits.recordsMax || (owners?.size ?? 0) >= this.limits.ownersMax;
    if (isFull()) this.sweep(now);
    return !isFull();
  }
}
