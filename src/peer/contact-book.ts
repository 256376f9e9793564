import { BoundedMap } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import { idNumber } from "../base/id.ts";
import type { Meter, Millis } from "../base/ports.ts";
import type { Verify } from "../identity/keys.ts";
import { type Contact, contactOwner, readContact } from "./contact.ts";
import type { Members } from "./members.ts";

/** Contacts remembered; the one verified longest ago goes. */
export const CONTACTS_REMEMBERED_MAX = 1_024;

/**
 * Reads contacts, and verifies each of them once: a contact is handed on from node to node many times an hour, and
 * a signature costs a hundred times more than a comparison.
 */
export class ContactBook {
  readonly #members: Members;
  readonly #verify: Verify;
  readonly #meter: Meter;
  readonly #known: BoundedMap<number, Contact>;

  constructor(
    members: Members,
    verify: Verify,
    meter: Meter,
    max: number = CONTACTS_REMEMBERED_MAX,
  ) {
    this.#known = new BoundedMap(max);
    this.#members = members;
    this.#verify = verify;
    this.#meter = meter;
  }

  get size(): number {
    return this.#known.size;
  }

  /**
   * Reads and verifies a signed contact. `now` is Unix time.
   *
   * @throws {MeshError} What `readContact` throws.
   */
  read(bytes: Bytes, now: Millis): Contact {
    const owner = contactOwner(bytes);
    // Two ids with one number drive each other out, which costs a signature and no more.
    const key = owner === undefined ? 0 : idNumber(owner);
    const known = this.#known.peek(key);
    if (known && known.expires > now && equalBytes(known.bytes, bytes)) return known;
    const contact = readContact(bytes, this.#members, now, this.#verify);
    this.#meter.count("contacts_verified");
    if (known === undefined || known.seq <= contact.seq) this.#known.set(key, contact);
    return contact;
  }
}
