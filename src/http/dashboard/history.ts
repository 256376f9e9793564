import type { Picture } from "../picture.ts";

/** Seconds that are drawn; older samples go. */
const SPAN = 120;

/** What happened since the sample before, for each second. */
export interface Rates {
  /** Unix milliseconds. */
  readonly at: number;
  readonly calls: number;
  readonly forwarded: number;
  /** Bytes in and out over each link, by the id of the neighbour. */
  readonly links: ReadonlyMap<string, number>;
}

interface Totals {
  readonly at: number;
  readonly calls: number;
  readonly forwarded: number;
  readonly links: ReadonlyMap<string, number>;
}

/** Makes rates of the totals in pictures that follow each other. */
export class History {
  #last: Totals | undefined;
  #rates: readonly Rates[] = [];

  get rates(): readonly Rates[] {
    return this.#rates;
  }

  add(picture: Picture): void {
    const now = totalsOf(picture);
    const last = this.#last;
    this.#last = now;
    if (last === undefined || now.at <= last.at) return;
    // A node that was started anew counts from 0.
    const rate = (to: number, from: number): number =>
      Math.max(0, ((to - from) * 1_000) / (now.at - last.at));
    const links = [...now.links].map(([node, bytes]): [string, number] => [
      node,
      rate(bytes, last.links.get(node) ?? bytes),
    ]);
    const rates = {
      at: now.at,
      calls: rate(now.calls, last.calls),
      forwarded: rate(now.forwarded, last.forwarded),
      links: new Map(links),
    };
    this.#rates = [...this.#rates, rates].filter(({ at }) => at > now.at - SPAN * 1_000);
  }
}

function totalsOf({ at, calls, framesForwarded, links }: Picture): Totals {
  return {
    at,
    calls: calls.outcomes.reduce((sum, outcome) => sum + outcome.count, 0),
    forwarded: framesForwarded,
    links: new Map(links.shown.map((it) => [it.node, it.bytesSent + it.bytesReceived])),
  };
}
