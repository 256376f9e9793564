import type { Address } from "../base/address.ts";
import { BoundedMap } from "../base/bounded.ts";
import { toMeshError } from "../base/errors.ts";
import { idText, type NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";
import { type DialerContext, dial } from "../peer/dialer.ts";
import type { Link } from "../peer/link.ts";
import type { Dht } from "./dht.ts";
import { type DhtContext, hasTransit } from "./dht-context.ts";
import { DialMemory } from "./dial-memory.ts";
import type { KnownPeer } from "./known-peer.ts";
import { DIALS_MAX, dialsAtOnce } from "./overlay-plan.ts";

const DIAL_TIMEOUT: Millis = 3_000;

/** Time for a node that is only heard of: a QUIC client knocks five times in it at most. */
const TRY_TIMEOUT: Millis = 2_000;

/** Nodes remembered that were reached by a dial of this life; the one reached longest ago goes. */
const REACHED_MAX = 32;

/** Time that bootstrap nodes have before those are dialled that were reached earlier. */
const ENTRANCE_FIRST: Millis = 1_500;

/** What the dials of an overlay are told once. */
export interface OverlayDialsOptions {
  /** Fires when the node closes. */
  readonly signal: AbortSignal;
  /** A dial is over, whatever came of it. */
  readonly onEnd: () => void;
}

/** The dials of a node that finds its place: few at once, none too soon again, and one knock at a stranger's host. */
export class OverlayDials {
  readonly #context: DhtContext;
  readonly #dht: Dht;
  readonly #dialer: DialerContext;
  readonly #memory: DialMemory;
  readonly #options: OverlayDialsOptions;
  /** By id. Bounded by `DIALS_MAX` and one that was lost. */
  readonly #under = new Set<string>();
  /** Who can be dialled for certain, and where, for when all links are lost. */
  readonly #reached = new BoundedMap<string, KnownPeer>(REACHED_MAX);
  /** When it was first asked to dial whom it knows, and no link has come since. */
  #aloneSince: Millis | undefined;

  constructor(context: DhtContext, dht: Dht, dialer: DialerContext, options: OverlayDialsOptions) {
    this.#context = context;
    this.#dht = dht;
    this.#dialer = dialer;
    this.#memory = new DialMemory(context.ports.random);
    this.#options = options;
  }

  /** Dials under way. */
  get size(): number {
    return this.#under.size;
  }

  /** There is a link to that node. */
  reached(link: Link): void {
    const { peer: id, peerText, remoteAddress, dialled, isShortcut } = link;
    this.#aloneSince = undefined;
    this.#memory.reached(id, remoteAddress);
    // Where a shortcut was opened, no later dial may get in.
    if (dialled && !isShortcut) this.#reached.set(peerText, { id, addresses: [remoteAddress] });
  }

  /** The node has said that it has too many links. */
  refused(id: NodeId): void {
    this.#memory.refused(id, this.#now());
  }

  /** Whether the node is being dialled, or could be now. */
  isDiallable(contact: Contact): boolean {
    if (this.#context.table.to(contact.id) !== undefined) return false;
    if (this.#under.size > 0 && this.#under.has(idText(contact.id))) return true;
    return this.#worthDialling(contact, this.#now()).length > 0;
  }

  /** Dials those of the plan that are not linked, in its order, as far as there is room. */
  dialWanted(plan: readonly Contact[]): void {
    const { table, serves } = this.#context;
    const most = dialsAtOnce({ serves, isAlone: !hasTransit(table), links: table.size });
    const now = this.#now();
    for (const contact of plan) {
      if (this.#under.size >= most) return;
      if (table.to(contact.id) !== undefined) continue;
      const addresses = this.#worthDialling(contact, now);
      if (this.#isStranger(contact)) this.#try(contact, addresses, now);
      else this.dial(contact, addresses);
    }
  }

  /** Dials those that were reached before, and `peers` of an earlier life, as far as there is room. */
  dialKnown(peers: readonly KnownPeer[]): void {
    const now = this.#now();
    this.#aloneSince ??= now;
    const isLong = now - this.#aloneSince >= ENTRANCE_FIRST;
    const reached = isLong ? [...this.#reached].map(([, peer]) => peer).reverse() : [];
    for (const peer of [...reached, ...peers]) {
      if (this.#under.size >= DIALS_MAX) return;
      this.dial(peer, this.#memory.worthDialling(peer, this.#now()), DIAL_TIMEOUT, true);
    }
  }

  /** Dials these addresses of a node that is not being dialled already. `isKnown`: it was there once, for certain. */
  dial(
    target: KnownPeer,
    addresses: readonly Address[],
    time: Millis = DIAL_TIMEOUT,
    isKnown = false,
  ): void {
    const key = idText(target.id);
    if (addresses.length === 0 || this.#under.has(key)) return;
    const { meter } = this.#context.ports;
    this.#under.add(key);
    const { signal, onEnd } = this.#options;
    dial(this.#dialer, { addresses, expect: target.id }, time, signal)
      .catch((cause) => {
        if (signal.aborted) return;
        const { code } = toMeshError(cause);
        if (code === "duplicate_link") return; // It has dialled us at the same time.
        if (code === "overloaded") this.refused(target.id);
        else this.#failed(target, addresses, isKnown || this.#reached.peek(key) !== undefined);
        meter.count("overlay_dials_failed");
      })
      .finally(() => {
        this.#under.delete(key);
        onEnd();
      });
    meter.count("overlay_dials");
  }

  #failed({ id }: KnownPeer, addresses: readonly Address[], isKnown: boolean): void {
    // Who was never there may be anybody's invention: it is left alone, however lonely this node is.
    const isAlone = isKnown && !hasTransit(this.#context.table);
    this.#memory.failed(id, addresses, isAlone, this.#now());
  }

  /** Dials a node that is only heard of. */
  #try(contact: Contact, addresses: readonly Address[], now: Millis): void {
    this.#memory.trying(addresses, now);
    this.dial(contact, addresses, TRY_TIMEOUT);
  }

  #worthDialling(contact: Contact, now: Millis): Address[] {
    return this.#isStranger(contact)
      ? this.#memory.worthTrying(contact, now)
      : this.#memory.worthDialling(contact, now);
  }

  /** Nobody has proved to us that this node is where its contact says. */
  #isStranger(contact: Contact): boolean {
    return this.#dht.contacts.get(contact.id) === undefined;
  }

  #now(): Millis {
    return this.#context.ports.clock.now();
  }
}
