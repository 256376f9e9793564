import { BoundedMap } from "../base/bounded.ts";
import { idText } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";

/** Holders of one record that are remembered; who took it longest ago is forgotten first. */
const HOLDERS_MAX = 64;

interface Holder {
  readonly contact: Contact;
  /** Unix milliseconds. */
  readonly until: Millis;
}

/**
 * Who has a copy of one record of ours. Also those that are not asked to hold it any more: until it has expired there,
 * they have to hear of its end. Pure: every method is told the time.
 */
export class Holders {
  readonly #holders = new BoundedMap<string, Holder>(HOLDERS_MAX);

  /** They took the record, which is good until then. */
  took(contacts: readonly Contact[], until: Millis): void {
    for (const contact of contacts) this.#holders.set(idText(contact.id), { contact, until });
  }

  /** Whoever still has a live copy. */
  live(now: Millis): Contact[] {
    return [...this.#holders].flatMap(([, { contact, until }]) => (until > now ? [contact] : []));
  }
}
