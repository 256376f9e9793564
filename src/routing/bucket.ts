import type { Address } from "../base/address.ts";
import { addressGroup } from "../base/address-group.ts";
import { type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";

/** Contacts in one bucket: the k of Kademlia. */
export const BUCKET_MAX = 20;

/** Contacts that wait for a place in one bucket. */
export const WAITING_MAX = 10;

/** A contact that was heard of within this time is not asked whether it is still there. */
export const CHECK_AFTER: Millis = 60_000;

/** What a table needs to know of a contact. */
export interface TableContact {
  readonly id: NodeId;
  readonly addresses: readonly Address[];
  /** Of two contacts of one node the higher counts. */
  readonly seq: number;
}

/** A contact in its place, or waiting for one. */
export interface Entry<C> {
  contact: C;
  /** Parts of the network its addresses lie in; looked up when it is to get a place. */
  groups: readonly string[] | undefined;
  /** When it last proved that it is there; `undefined` for one that others speak of. */
  heardAt: Millis | undefined;
}

/** Parts of the network in which the addresses of a contact lie. */
export function groupsOf(contact: TableContact): string[] {
  const groups = new Set(contact.addresses.map(addressGroup));
  groups.delete(undefined);
  return [...groups] as string[];
}

/** One k-bucket: contacts that have proved to be there, and behind them those that wait for a place. */
export class Bucket<C extends TableContact> {
  /** Who was heard of longest ago stands first. */
  readonly entries: Entry<C>[] = [];
  /** Who came last stands last. */
  readonly waiting: Entry<C>[] = [];
  /** The contact that is being asked whether it is still there. */
  #checking: NodeId | undefined;

  get isFull(): boolean {
    return this.entries.length >= BUCKET_MAX;
  }

  get(id: NodeId): Entry<C> | undefined {
    for (const entry of this.entries) if (sameId(entry.contact.id, id)) return entry;
    return undefined;
  }

  /** It waits, and only others speak of it. */
  isHearsay(id: NodeId): boolean {
    return this.waiting.some((it) => it.heardAt === undefined && sameId(it.contact.id, id));
  }

  /** Takes it out of its place, and out of the queue. The entry it had, if it had a place. */
  remove(id: NodeId): Entry<C> | undefined {
    this.checked(id);
    takeOut(this.waiting, id);
    return takeOut(this.entries, id);
  }

  /** Lets it wait. Contacts that others speak of give way to ones that have proved to be there, never the reverse. */
  wait(entry: Entry<C>): void {
    const known = takeOut(this.waiting, entry.contact.id);
    entry.heardAt ??= known?.heardAt;
    if (known && known.contact.seq > entry.contact.seq) entry.contact = known.contact;
    if (this.waiting.length >= WAITING_MAX) {
      const hearsay = this.waiting.findIndex(({ heardAt }) => heardAt === undefined);
      if (hearsay < 0 && entry.heardAt === undefined) return;
      this.waiting.splice(Math.max(0, hearsay), 1);
    }
    this.waiting.push(entry);
  }

  /** The contact to ask whether it is still there, where somebody waits for its place. One at a time. */
  toCheck(now: Millis): C | undefined {
    const [oldest] = this.entries;
    if (oldest?.heardAt === undefined || this.#checking !== undefined) return undefined;
    if (now - oldest.heardAt < CHECK_AFTER) return undefined;
    this.#checking = oldest.contact.id;
    return oldest.contact;
  }

  /** The answer is known. */
  checked(id: NodeId): void {
    if (this.#checking && sameId(this.#checking, id)) this.#checking = undefined;
  }
}

function takeOut<C extends TableContact>(entries: Entry<C>[], id: NodeId): Entry<C> | undefined {
  const at = entries.findIndex(({ contact }) => sameId(contact.id, id));
  return at < 0 ? undefined : entries.splice(at, 1)[0];
}
