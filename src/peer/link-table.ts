import { equalBytes } from "../base/bytes.ts";
import { idNumber, type NodeId, sameId } from "../base/id.ts";
import type { Random } from "../base/ports.ts";
import type { Link } from "./link.ts";

const LABELS = 0xffff;

/** The live links of a node, by peer and by label: one link a peer. Bounded by the pool. */
export class LinkTable {
  /** By a number made of the peer's id, which costs no string; in general one each. */
  readonly #byPeer = new Map<number, Link[]>();
  readonly #links = new Set<Link>();
  readonly #byLabel = new Map<number, Link>();
  #nextLabel: number;

  /** Labels start by chance, so that those a restarted node was known by point at nothing. */
  constructor(random: Random) {
    this.#nextLabel = 1 + random.below(LABELS);
  }

  get size(): number {
    return this.#links.size;
  }

  /** A label no live link has. */
  freeLabel(): number {
    do this.#nextLabel = (this.#nextLabel % LABELS) + 1;
    while (this.#byLabel.has(this.#nextLabel));
    return this.#nextLabel;
  }

  /** Adds `link`; an older one to the same peer is found by its label alone from now on. */
  add(link: Link): void {
    const older = this.to(link.peer);
    if (older) this.#unlist(older);
    const key = idNumber(link.peer);
    this.#byPeer.set(key, [...(this.#byPeer.get(key) ?? []), link]);
    this.#links.add(link);
    this.#byLabel.set(link.label, link);
  }

  /** Forgets `link`; a later link to the same peer stays. */
  remove(link: Link): void {
    this.#unlist(link);
    if (this.#byLabel.get(link.label) === link) this.#byLabel.delete(link.label);
  }

  to(peer: NodeId): Link | undefined {
    return this.#byPeer.get(idNumber(peer))?.find((link) => sameId(link.peer, peer));
  }

  /** The link to the same peer, in the same life of it, that has taken the place of `link`. */
  successor(link: Link): Link | undefined {
    const other = this.to(link.peer);
    const same = other && other !== link && equalBytes(other.instance, link.instance);
    return same ? other : undefined;
  }

  labelled(label: number): Link | undefined {
    return this.#byLabel.get(label);
  }

  [Symbol.iterator](): IterableIterator<Link> {
    return this.#links.values();
  }

  #unlist(link: Link): void {
    if (!this.#links.delete(link)) return;
    const key = idNumber(link.peer);
    const others = (this.#byPeer.get(key) ?? []).filter((other) => other !== link);
    if (others.length > 0) this.#byPeer.set(key, others);
    else this.#byPeer.delete(key);
  }
}
