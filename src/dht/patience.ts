import { idText, type NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";

/** Time that a node has at least before it counts as late, and how many times as long as the slowest other one. */
const LEAST: Millis = 500;
const TIMES = 3;

interface Waiting<C> {
  readonly contact: C;
  readonly since: Millis;
}

/**
 * Who takes longer to answer than the others of one search did. Before the first answer nobody does: how far away
 * nodes are is known only by then. Pure: every method is told the time.
 */
export class Patience<C extends { readonly id: NodeId }> {
  /** Whose answers are awaited, the longest one first. Bounded by the questions of a search. */
  readonly #waiting = new Map<string, Waiting<C>>();
  #slowest: Millis | undefined;

  asked(contact: C, now: Millis): void {
    this.#waiting.set(idText(contact.id), { contact, since: now });
  }

  /** It has answered, or failed. */
  ended(contact: C, now: Millis, hasAnswered: boolean): void {
    const key = idText(contact.id);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (waiting && hasAnswered) this.#slowest = Math.max(this.#slowest ?? 0, now - waiting.since);
  }

  /** When the next one will be late; `undefined` where nobody can be. */
  get due(): Millis | undefined {
    const limit = this.#limit;
    if (limit === undefined) return undefined;
    for (const { since } of this.#waiting.values()) return since + limit;
    return undefined;
  }

  /** Those that are late now; each is named once. */
  late(now: Millis): C[] {
    const limit = this.#limit;
    const late: C[] = [];
    for (const [key, { contact, since }] of this.#waiting) {
      if (limit === undefined || since + limit > now) break;
      this.#waiting.delete(key);
      late.push(contact);
    }
    return late;
  }

  get #limit(): Millis | undefined {
    return this.#slowest === undefined ? undefined : Math.max(LEAST, this.#slowest * TIMES);
  }
}
