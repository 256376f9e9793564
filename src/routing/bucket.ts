import { type NodeId, sameId } from "../base/id.ts";

/** Contacts in one bucket: the k of Kademlia. */
export const BUCKET_MAX = 20;

interface HasId {
  readonly id: NodeId;
}

/** One k-bucket: who was heard of longest ago stands first. A full one keeps what it has. */
export class Bucket<C extends HasId> {
  readonly #contacts: C[] = [];

  get contacts(): readonly C[] {
    return this.#contacts;
  }

  /** Puts a known contact last, with its new facts, or a new one where there is room. False where there is none. */
  add(contact: C): boolean {
    const known = this.#indexOf(contact.id);
    if (known < 0 && this.#contacts.length >= BUCKET_MAX) return false;
    if (known >= 0) this.#contacts.splice(known, 1);
    this.#contacts.push(contact);
    return true;
  }

  remove(id: NodeId): boolean {
    const known = this.#indexOf(id);
    if (known >= 0) this.#contacts.splice(known, 1);
    return known >= 0;
  }

  #indexOf(id: NodeId): number {
    return this.#contacts.findIndex((contact) => sameId(contact.id, id));
  }
}
