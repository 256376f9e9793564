import type { NodeId } from "../base/id.ts";
import { idText } from "../base/id.ts";
import type { Random } from "../base/ports.ts";
import type { Link } from "./link.ts";

const LABELS = 0xffff;

/** The live links of a node, by peer and by label: one link a peer. Bounded by the pool. */
export class LinkTable {
  readonly #byPeer = new Map<string, Link>();
  readonly #byLabel: (Link | undefined)[] = new Array<Link | undefined>(LABELS + 1).fill(undefined);
  #nextLabel: number;

  /** Labels start by chance, so that those a restarted node was known by point at nothing. */
  constructor(random: Random) {
    this.#nextLabel = 1 + random.below(LABELS);
  }

  get size(): number {
    return this.#byPeer.size;
  }

  /** A label no live link has. */
  freeLabel(): number {
    do this.#nextLabel = (this.#nextLabel % LABELS) + 1;
    while (this.#byLabel[this.#nextLabel] !== undefined);
    return this.#nextLabel;
  }

  add(link: Link): void {
    this.#byPeer.set(link.peerText, link);
    this.#byLabel[link.label] = link;
  }

  /** Forgets `link`; a later link to the same peer stays. */
  remove(link: Link): void {
    if (this.#byPeer.get(link.peerText) === link) this.#byPeer.delete(link.peerText);
    if (this.#byLabel[link.label] === link) this.#byLabel[link.label] = undefined;
  }

  to(peer: NodeId): Link | undefined {
    return this.#byPeer.get(idText(peer));
  }

  toText(peerText: string): Link | undefined {
    return this.#byPeer.get(peerText);
  }

  labelled(label: number): Link | undefined {
    return this.#byLabel[label];
  }

  [Symbol.iterator](): IterableIterator<Link> {
    return this.#byPeer.values();
  }
}
