import { BoundedMap } from "../base/bounded.ts";
import { idText, type NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";

/** Lost nodes remembered; the one lost longest ago goes. */
const LOST_MAX = 32;

/** Losses within this time belong together. */
const BURST: Millis = 10_000;

/** That many losses at once, and that share of all links, are no chance: the network has come apart. */
const BURST_MIN = 3;
const BURST_SHARE = 0.25;

/** How often one of them is tried, after a burst and otherwise. */
const TRY_AFTER_BURST: Millis = 10_000;
const TRY_EVERY: Millis = 300_000;

/** Time after which a lost node is given up. */
const FORGET_AFTER: Millis = 3_600_000;

interface Loss<C> {
  readonly contact: C;
  readonly at: Millis;
}

/**
 * Nodes whose links were lost without a word. Where many are lost at once the network may have come apart, and
 * who is on the other side is tried again and again, so that both halves find each other when it heals, also
 * where no bootstrap node is left. Pure: every method is told the time.
 */
export class LostPeers<C extends { readonly id: NodeId }> {
  readonly #lost = new BoundedMap<string, Loss<C>>(LOST_MAX);
  #isBurst = false;

  get size(): number {
    return this.#lost.size;
  }

  /** The link to `contact` was lost; `links` remain. */
  lost(contact: C, links: number, now: Millis): void {
    this.#lost.set(idText(contact.id), { contact, at: now });
    const recent = [...this.#lost].filter(([, { at }]) => now - at <= BURST).length;
    this.#isBurst ||= recent >= BURST_MIN && recent >= (recent + links) * BURST_SHARE;
  }

  /** There is a link to it again. True where it was lost. */
  found(id: NodeId): boolean {
    const wasLost = this.#lost.delete(idText(id));
    if (this.#lost.size === 0) this.#isBurst = false;
    return wasLost;
  }

  /** The one to try now: each in its turn. */
  next(now: Millis): C | undefined {
    for (const [key, loss] of this.#lost) {
      if (now - loss.at > FORGET_AFTER) {
        this.#lost.delete(key);
        continue;
      }
      this.#lost.set(key, loss); // To the end: the others come first next time.
      return loss.contact;
    }
    this.#isBurst = false;
    return undefined;
  }

  /** How long to wait before the next one is tried. */
  get pause(): Millis {
    return this.#isBurst ? TRY_AFTER_BURST : TRY_EVERY;
  }
}
