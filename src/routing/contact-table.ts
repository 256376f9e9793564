import { bucketIndex, compareDistance, ID_BYTES, type Key, type NodeId } from "../base/id.ts";
import { BUCKET_MAX, Bucket } from "./bucket.ts";

const BUCKETS = ID_BYTES * 8;

interface HasId {
  readonly id: NodeId;
}

/** The contacts this node knows, in 256 buckets by the leading zero bits of their distance (Kademlia, 2002). */
export class ContactTable<C extends HasId> {
  readonly #self: NodeId;
  readonly #buckets = new Map<number, Bucket<C>>();

  constructor(self: NodeId) {
    this.#self = self;
  }

  get size(): number {
    let size = 0;
    for (const bucket of this.#buckets.values()) size += bucket.contacts.length;
    return size;
  }

  get sizeMax(): number {
    return BUCKETS * BUCKET_MAX;
  }

  /** False where the contact is this node itself or its bucket is full. */
  add(contact: C): boolean {
    const index = bucketIndex(this.#self, contact.id);
    if (index === BUCKETS) return false;
    const bucket = this.#buckets.get(index) ?? new Bucket<C>();
    this.#buckets.set(index, bucket);
    return bucket.add(contact);
  }

  remove(id: NodeId): boolean {
    return this.#buckets.get(bucketIndex(this.#self, id))?.remove(id) ?? false;
  }

  /** The contacts nearest to `target`, nearest first. */
  closest(target: Key, count: number): C[] {
    const all = [...this.#buckets.values()].flatMap((bucket) => bucket.contacts);
    return all.sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count);
  }
}
