import { BoundedMap } from "../base/bounded.ts";
import { toHex } from "../base/bytes.ts";
import type { Millis } from "../base/ports.ts";
import { MESSAGE_ID_BYTES, type RouteView } from "../wire/route-frame.ts";

/** Messages remembered; the one not heard of for longest goes. */
export const SEARCHED_MAX = 16_384;

/** How long a message is remembered after it was last here. */
const REMEMBERED: Millis = 30_000;

interface Searched {
  readonly labels: number[];
  /** The fewest forwarders it had passed when it was here. */
  hops: number;
  until: Millis;
}

/**
 * Over which links this node has tried to get a message on, those included that it came in on. Exact, never a
 * filter that may err: a link that is wrongly taken for tried could be the only way. Pure: told the time.
 */
export class SearchMemory {
  readonly #messages = new BoundedMap<string, Searched>(SEARCHED_MAX);

  get size(): number {
    return this.#messages.size;
  }

  /** The links tried for the message of that frame, by label. To be kept no longer than this call's turn. */
  tried(view: RouteView, now: Millis): readonly number[] {
    const known = this.#messages.peek(keyOf(view));
    return known !== undefined && known.until > now ? known.labels : NONE;
  }

  /** The link with that label was tried. */
  mark(view: RouteView, label: number, now: Millis): void {
    const { labels } = this.#known(view, now);
    if (!labels.includes(label)) labels.push(label);
  }

  /** The message has come here. True where it was here before and had passed as few forwarders, or fewer. */
  meet(view: RouteView, now: Millis): boolean {
    const known = this.#known(view, now);
    const isBack = known.hops <= view.hopCount;
    if (!isBack) known.hops = view.hopCount;
    return isBack;
  }

  #known(view: RouteView, now: Millis): Searched {
    const key = keyOf(view);
    const known = this.#messages.get(key);
    if (known !== undefined && known.until > now) {
      known.until = now + REMEMBERED;
      return known;
    }
    const made = { labels: [], hops: Number.POSITIVE_INFINITY, until: now + REMEMBERED };
    this.#messages.set(key, made);
    return made;
  }
}

const NONE: readonly number[] = [];

function keyOf({ bytes, messageIdAt }: RouteView): string {
  return toHex(bytes, messageIdAt, messageIdAt + MESSAGE_ID_BYTES);
}
