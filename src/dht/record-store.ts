import { packed, unpacked } from "../base/bytes.ts";
import { idText, type Key } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { ProviderRecord } from "./record.ts";
import { type Held, Shelf } from "./shelf.ts";

export interface StoreLimits {
  /** Records held. */
  readonly recordsMax: number;
  /** Owners at one key. */
  readonly ownersMax: number;
  /** Records of one owner at all keys. */
  readonly perOwnerMax: number;
}

export const STORE_LIMITS: StoreLimits = { recordsMax: 65_536, ownersMax: 256, perOwnerMax: 4_096 };

/** What became of a record that was offered. */
export type Stored = "stored" | "older" | "full";

/**
 * The records this node holds for others: per key and owner the newest. Where there is no room, a record is taken
 * only in place of one that came over a link which has brought more: ids are made by the thousand, neighbours are
 * not. So a flood drives out what came the way it came, and nothing else. Pure: every method is told the time.
 */
export class RecordStore {
  readonly limits: StoreLimits;
  readonly #shelves = new Map<string, Shelf>();
  /** Records by the neighbour that brought them, the last one last. */
  readonly #brought = new Map<string, Held[]>();
  readonly #perOwner = new Map<string, number>();
  #size = 0;
  #conflicts = 0;

  constructor(limits: StoreLimits = STORE_LIMITS) {
    this.limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Keys at which records are held. */
  get keys(): number {
    return this.#shelves.size;
  }

  /** Nodes that signed the records held. */
  get owners(): number {
    return this.#perOwner.size;
  }

  /** How often one owner has signed two records with one number. */
  get conflicts(): number {
    return this.#conflicts;
  }

  /** Takes a verified record that came by way of the neighbour `bringer`. `now` is Unix time. */
  put(record: ProviderRecord, bringer: string, now: Millis): Stored {
    const key = idText(record.key);
    const owner = idText(record.owner);
    const held = this.#shelves.get(key)?.get(owner);
    if (held !== undefined) return this.#renew(held, record);
    if (!this.#makeRoom(key, owner, bringer, now)) return "full";
    const shelf = this.#shelves.get(key) ?? new Shelf(key);
    this.#shelves.set(key, shelf);
    const brought = this.#brought.get(bringer) ?? [];
    this.#brought.set(bringer, brought);
    const { seq, expires, withdrawn } = record;
    const added: Held = {
      shelf,
      owner,
      bringer,
      at: brought.length,
      packed: packed(record.bytes),
      seq,
      expires,
      withdrawn,
      keepUntil: expires,
    };
    brought.push(added);
    shelf.add(added);
    this.#perOwner.set(owner, (this.#perOwner.get(owner) ?? 0) + 1);
    this.#size += 1;
    return "stored";
  }

  /** True where exactly this record is held: it was verified then. */
  holds(key: Key, owner: Key, bytes: Uint8Array): boolean {
    const held = this.#shelves.get(idText(key))?.get(idText(owner));
    return held !== undefined && held.packed === packed(bytes);
  }

  /** The live records at a key, as they travel: neither expired nor withdrawn, each neighbour's in turn. */
  get(key: Key, now: Millis, count: number = Number.POSITIVE_INFINITY): Uint8Array[] {
    return this.#shelves.get(idText(key))?.live(now, count) ?? [];
  }

  /** Everything held at keys that `accept` accepts, withdrawals too, as it travels. */
  *all(): IterableIterator<{ readonly key: string; readonly bytes: Uint8Array }> {
    for (const shelf of this.#shelves.values()) {
      for (const held of shelf.all()) yield { key: shelf.key, bytes: unpacked(held.packed) };
    }
  }

  /** Forgets what has expired. */
  sweep(now: Millis): void {
    for (const shelf of [...this.#shelves.values()]) {
      for (const held of [...shelf.all()]) if (held.keepUntil <= now) this.#remove(held);
    }
  }

  #renew(held: Held, record: ProviderRecord): Stored {
    if (held.seq > record.seq) return "older";
    const offered = packed(record.bytes);
    if (held.seq === record.seq) {
      if (offered !== held.packed) this.#conflicts += 1;
      // Two with one number are a lie or an accident; all holders keep the same one.
      if (offered >= held.packed) return "stored";
    }
    held.packed = offered;
    held.seq = record.seq;
    held.expires = record.expires;
    held.withdrawn = record.withdrawn;
    held.keepUntil = Math.max(held.keepUntil, record.expires);
    return "stored";
  }

  #makeRoom(key: string, owner: string, bringer: string, now: Millis): boolean {
    const { recordsMax, ownersMax, perOwnerMax } = this.limits;
    if ((this.#perOwner.get(owner) ?? 0) >= perOwnerMax) return false;
    const shelf = this.#shelves.get(key);
    if (shelf !== undefined && shelf.size >= ownersMax) {
      const victim = shelf.expired(now) ?? shelf.victim(bringer);
      if (victim === undefined) return false;
      this.#remove(victim);
    }
    if (this.#size < recordsMax) return true;
    const most = this.#mostBrought();
    const own = this.#brought.get(bringer)?.length ?? 0;
    const victim = most.length > own + 1 ? most.at(-1) : undefined;
    if (victim !== undefined) this.#remove(victim);
    return victim !== undefined;
  }

  #mostBrought(): readonly Held[] {
    let most: readonly Held[] = [];
    for (const brought of this.#brought.values()) if (brought.length > most.length) most = brought;
    return most;
  }

  #remove(held: Held): void {
    held.shelf.remove(held);
    if (held.shelf.size === 0) this.#shelves.delete(held.shelf.key);
    const brought = this.#brought.get(held.bringer) ?? [];
    const last = brought.pop();
    if (last !== undefined && last !== held) {
      brought[held.at] = last;
      last.at = held.at;
    }
    if (brought.length === 0) this.#brought.delete(held.bringer);
    const left = (this.#perOwner.get(held.owner) ?? 0) - 1;
    if (left > 0) this.#perOwner.set(held.owner, left);
    else this.#perOwner.delete(held.owner);
    this.#size -= 1;
  }
}
