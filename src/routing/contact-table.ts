import { bucketIndex, compareDistance, ID_BYTES, type Key, type NodeId } from "../base/id.ts";
import type { Millis, Random } from "../base/ports.ts";
import { BUCKET_MAX, Bucket, type Entry, groupsOf, type TableContact } from "./bucket.ts";

const BUCKETS = ID_BYTES * 8;

/** Contacts of one part of the network (see `addressGroup`) in one bucket, and in the whole table. */
export const GROUP_IN_BUCKET_MAX = 2;
export const GROUP_MAX = 10;

/** One bucket as it is seen from outside. */
export interface BucketView<C> {
  readonly index: number;
  /** Who was heard of longest ago stands first. */
  readonly contacts: readonly C[];
  /** Who waits for a place, among them contacts that only others speak of. */
  readonly candidates: readonly C[];
}

/**
 * The contacts this node knows, in 256 buckets by the leading zero bits of their distance (Kademlia, 2002). A place
 * in it has only who has proved to this node that it is there, and keeps it for as long as it is: newcomers wait,
 * and an old contact is asked before it loses its place. One part of the network gets few places. Pure: every
 * method is told the time.
 */
export class ContactTable<C extends TableContact> {
  readonly #self: NodeId;
  readonly #buckets: (Bucket<C> | undefined)[] = [];
  /** Contacts with a place, by the part of the network they are in. */
  readonly #groups = new Map<string, number>();
  #size = 0;

  constructor(self: NodeId) {
    this.#self = self;
  }

  get size(): number {
    return this.#size;
  }

  get sizeMax(): number {
    return BUCKETS * BUCKET_MAX;
  }

  /** Contacts that have a place in the bucket. */
  sizeOf(bucket: number): number {
    return this.#buckets[bucket]?.entries.length ?? 0;
  }

  get(id: NodeId): C | undefined {
    return this.#bucketOf(id)?.get(id)?.contact;
  }

  /**
   * The contact has just proved that it is there: by a link, or by an answer. Where its bucket has no place left,
   * it waits, and the contact that is returned is to be asked whether it is still there: `verified` or `failed`
   * says what came of that.
   */
  verified(contact: C, now: Millis): C | undefined {
    const bucket = this.#bucketFor(contact.id);
    if (bucket === undefined) return undefined;
    bucket.checked(contact.id);
    const known = this.#takeOut(bucket, contact.id);
    const newest = known && known.contact.seq > contact.seq ? known.contact : contact;
    const groups = known?.contact === newest ? known.groups : undefined;
    const entry: Entry<C> = { contact: newest, groups, heardAt: now };
    if (this.#place(bucket, entry)) return undefined;
    bucket.wait(entry);
    return bucket.isFull ? bucket.toCheck(now) : undefined;
  }

  /** Others speak of the contact: newer facts count, a new one waits until it has proved to be there. */
  heard(contact: C): void {
    const bucket = this.#bucketFor(contact.id);
    const known = bucket?.get(contact.id);
    if (known !== undefined) {
      if (contact.seq > known.contact.seq) known.contact = contact;
    } else if (bucket?.waiting.some((entry) => entry.contact === contact) === false) {
      bucket.wait({ contact, groups: undefined, heardAt: undefined });
    }
  }

  /**
   * The contact has not answered: it loses its place to the latest of those that wait and have proved to be there. It
   * waits on like one that only others speak of: it may be that no way led there, and that it can be dialled.
   */
  failed(id: NodeId): void {
    const bucket = this.#bucketOf(id);
    if (bucket === undefined || bucket.isHearsay(id)) return;
    const failed = this.#takeOut(bucket, id);
    if (failed === undefined) return;
    this.#promote(bucket);
    bucket.wait({ ...failed, heardAt: undefined });
  }

  #promote(bucket: Bucket<C>): void {
    for (let at = bucket.waiting.length - 1; at >= 0; at--) {
      const entry = bucket.waiting[at] as Entry<C>;
      if (entry.heardAt === undefined || !this.#place(bucket, entry)) continue;
      bucket.waiting.splice(at, 1);
      return;
    }
  }

  /** The contacts nearest to `target`, nearest first. */
  closest(target: Key, count: number): C[] {
    const found: C[] = [];
    const take = (contacts: C[]): void => {
      contacts.sort((a, b) => compareDistance(target, a.id, b.id));
      for (const contact of contacts) if (found.length < count) found.push(contact);
    };
    // The target's own bucket is nearer to it than all others, those behind it come next, together, and then
    // each one before it is farther than the one that follows.
    const own = bucketIndex(this.#self, target);
    take(this.#contactsIn(own, own + 1));
    if (found.length < count) take(this.#contactsIn(own + 1, this.#buckets.length));
    for (let at = Math.min(own, this.#buckets.length) - 1; at >= 0 && found.length < count; at--)
      take(this.#contactsIn(at, at + 1));
    return found;
  }

  /** Contacts by chance, at most `count`. */
  sample(count: number, random: Random): C[] {
    const all = this.#contactsIn(0, this.#buckets.length);
    const chosen: C[] = [];
    while (chosen.length < count && all.length > 0) {
      const at = random.below(all.length);
      const last = all.pop() as C;
      if (at === all.length) chosen.push(last);
      else {
        chosen.push(all[at] as C);
        all[at] = last;
      }
    }
    return chosen;
  }

  /** The buckets that are not empty, of those that `matters` names by their index; all of them when left out. */
  *buckets(matters?: (index: number) => boolean): IterableIterator<BucketView<C>> {
    for (const [index, bucket] of this.#buckets.entries()) {
      if (bucket === undefined || matters?.(index) === false) continue;
      const contacts = bucket.entries.map(({ contact }) => contact);
      yield { index, contacts, candidates: bucket.waiting.map(({ contact }) => contact) };
    }
  }

  /** Every contact with a place, its bucket, and when it last proved that it is there. */
  *places(): IterableIterator<{
    readonly bucket: number;
    readonly contact: C;
    readonly heardAt: Millis;
  }> {
    for (const [bucket, held] of this.#buckets.entries()) {
      for (const { contact, heardAt } of held?.entries ?? [])
        yield { bucket, contact, heardAt: heardAt as Millis };
    }
  }

  #contactsIn(from: number, to: number): C[] {
    const contacts: C[] = [];
    for (let at = from; at < Math.min(to, this.#buckets.length); at++) {
      for (const { contact } of this.#buckets[at]?.entries ?? []) contacts.push(contact);
    }
    return contacts;
  }

  #place(bucket: Bucket<C>, entry: Entry<C>): boolean {
    if (bucket.isFull) return false;
    const groups = entry.groups ?? groupsOf(entry.contact);
    if (groups.some((group) => this.#isCrowded(bucket, group))) return false;
    entry.groups = groups;
    bucket.entries.push(entry);
    this.#size += 1;
    for (const group of groups) this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1);
    return true;
  }

  #isCrowded(bucket: Bucket<C>, group: string): boolean {
    if ((this.#groups.get(group) ?? 0) >= GROUP_MAX) return true;
    const here = bucket.entries.filter((entry) => entry.groups?.includes(group));
    return here.length >= GROUP_IN_BUCKET_MAX;
  }

  #takeOut(bucket: Bucket<C>, id: NodeId): Entry<C> | undefined {
    const entry = bucket.remove(id);
    if (entry === undefined) return undefined;
    this.#size -= 1;
    for (const group of entry.groups ?? []) {
      const left = (this.#groups.get(group) ?? 0) - 1;
      if (left > 0) this.#groups.set(group, left);
      else this.#groups.delete(group);
    }
    return entry;
  }

  #bucketOf(id: NodeId): Bucket<C> | undefined {
    return this.#buckets[bucketIndex(this.#self, id)];
  }

  /** The bucket of a contact, made where there is none yet; none for this node itself. */
  #bucketFor(id: NodeId): Bucket<C> | undefined {
    const index = bucketIndex(this.#self, id);
    if (index === BUCKETS) return undefined;
    const bucket = this.#buckets[index] ?? new Bucket<C>();
    this.#buckets[index] = bucket;
    return bucket;
  }
}
