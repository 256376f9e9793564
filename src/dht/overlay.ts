import { ERROR_CODES, MeshError } from "../base/errors.ts";
import { idText } from "../base/id.ts";
import type { Millis, Timer } from "../base/ports.ts";
import { sleep } from "../base/sleep.ts";
import type { Contact } from "../peer/contact.ts";
import type { DialerContext } from "../peer/dialer.ts";
import type { Link } from "../peer/link.ts";
import type { CloseInfo } from "../transport/transport.ts";
import type { Dht } from "./dht.ts";
import { type DhtContext, hasTransit } from "./dht-context.ts";
import { Explorer } from "./explorer.ts";
import type { KnownPeer } from "./known-peer.ts";
import { LostPeers } from "./lost-peers.ts";
import { OverlayDials } from "./overlay-dials.ts";
import {
  ANCHORS_WANTED,
  bucketsThatMatter,
  LINKS_OF_EDGE,
  linkToShed,
  planLinks,
} from "./overlay-plan.ts";
import { isSilence, suspectsIn } from "./silence.ts";

/** Time that bootstrap nodes have before nodes of an earlier life are tried, and between two attempts. */
const PATIENCE: Millis = 1_500;

/** Changes within this time are planned for as one: while links are missing, and later. */
const SETTLE: Millis = 20;
const SETTLE_WHOLE: Millis = 500;

/** A link that we dialled and don't need is let go after this time without use. */
const RELEASE_AFTER: Millis = 3_000;

/** How often a plan is made where nothing has changed: pauses after dials end. At first sooner: others join too. */
const REPLAN_EVERY: Millis = 30_000;
const REPLAN_FIRST: Millis = 250;

/** Time that an edge waits for somebody who passes its frames on before it counts as joined without. */
const ALONE_PATIENCE: Millis = 3_000;

/** Pause before another look around where nobody answered. */
const LOOK_AGAIN: Millis = 1_000;

/** Links of a node that serves others above which those that are missed least are let go. */
export const LINKS_CARRIED = 64;

/**
 * Links of a node that serves others above which each newcomer takes the place of another at once: many come within
 * the pause between two plans.
 */
const LINKS_FULL = 68;

/** Links that a node has to have before it counts as joined, where it wants as many. */
const JOINED_WITH = 2;

/** Where this node stands in the mesh. */
export interface OverlayState {
  /** It has looked around and holds links that it wants. */
  readonly joined: boolean;
  /** Links it wants, and how many of those there are. */
  readonly wanted: number;
  readonly held: number;
  readonly dialling: number;
  /** Lost nodes that are looked for. */
  readonly lost: number;
}

export interface OverlayHandler {
  /** No link is left through which this node could look around. */
  onIsolated(): void;
  /** The links this node wants may be others than before. */
  onPlanned(): void;
  /** Nodes of an earlier life, for the case that no bootstrap node answers. */
  knownPeers(): readonly KnownPeer[];
}

/**
 * Gives this node its place: looks around once there is a first link, keeps the links that the plan wants, lets
 * go of the others, and finds back what was lost.
 */
export class Overlay {
  readonly #context: DhtContext;
  readonly #dht: Dht;
  readonly #dials: OverlayDials;
  readonly #lost = new LostPeers<Contact>();
  readonly #explorer: Explorer;
  readonly #stop = new AbortController();
  /** Who waits for the node to have joined. Bounded by the deadlines of those who wait. */
  readonly #waiting = new Set<() => void>();
  readonly #handler: OverlayHandler;
  #looking = false;
  /** Something came that a look under way may have missed. */
  #lookAgain = false;
  /** Whether this node has looked around, and whether anybody passed its questions on. */
  #looked: "no" | "alone" | "yes" = "no";
  #firstLookAt: Millis = 0;
  /** Whether it has looked into the far buckets too. Before, it knows only those there that everybody meets first. */
  #explored = false;
  #joined = false;
  #wanted = 0;
  #held = 0;
  #regular: Timer;
  /** Regular plans since this node looked around. */
  #ticks = 0;
  #planning: Timer | undefined;
  readonly #startedAt: Millis;
  #releasing: Timer | undefined;
  #retrying: Timer | undefined;

  constructor(context: DhtContext, dht: Dht, dialer: DialerContext, handler: OverlayHandler) {
    this.#context = context;
    this.#dht = dht;
    this.#handler = handler;
    this.#dials = new OverlayDials(context, dht, dialer, {
      signal: this.#stop.signal,
      onEnd: () => this.changed(),
    });
    this.#explorer = new Explorer(context, dht, this.#stop.signal);
    this.#explorer.keepOn(() => this.changed()).catch(() => {}); // Ends by `close` alone.
    dht.onContact = ({ transit }) => {
      if (transit && this.#held < ANCHORS_WANTED) this.changed();
    };
    this.#startedAt = context.ports.clock.now();
    this.#regular = this.#tick();
  }

  state(): OverlayState {
    return {
      joined: this.#joined,
      wanted: this.#wanted,
      held: this.#held,
      dialling: this.#dials.size,
      lost: this.#lost.size,
    };
  }

  /** True while there is nobody to ask, or nobody has answered yet: bootstrap nodes are needed. */
  get needsEntrance(): boolean {
    return this.#looked === "no" || this.#isIsolated();
  }

  /** Calls `tell` once the node has joined; at once where it has. Returns how to do without. */
  onReady(tell: () => void): () => void {
    if (this.#joined) tell();
    else this.#waiting.add(tell);
    return () => {
      this.#waiting.delete(tell);
    };
  }

  /** To be told of every new link. */
  linkAdded(link: Link): void {
    this.#dials.reached(link);
    const wasLost = this.#lost.found(link.peer);
    if (link.contact.serves && (wasLost || this.#isNews(link))) this.#look();
    this.#shed(this.#context.isCore ? LINKS_FULL : LINKS_OF_EDGE, link);
    this.changed();
  }

  /** To be told of a link whose peer has a new contact. */
  contactUpdated(link: Link): void {
    if (link.contact.serves && this.#isNews(link)) this.#look();
    this.#strandWhereIsolated();
    this.changed();
  }

  /** To be told that this node has other roles than before. */
  rolesChanged(): void {
    if (this.#context.serves && this.#looked !== "no" && !this.#looking) this.#look();
    this.changed();
  }

  /** To be told of every lost link. */
  linkLost(link: Link, info: CloseInfo): void {
    const isPeers = info.by === "peer";
    if (isPeers && info.code === ERROR_CODES.overloaded.wire) {
      this.#dials.refused(link.peer);
    } else if (isPeers && info.code === ERROR_CODES.closed.wire) {
      this.#dht.contactFailed(link.peer);
    } else if (!link.isShortcut && isSilence(info)) this.#mourn(link);
    this.#strandWhereIsolated();
    this.changed();
  }

  /** To be told of a link whose peer does not answer; where it is an anchor, another one is looked for meanwhile. */
  suspected(link: Link): void {
    if (link.pinned && !this.#context.transit) this.changed();
  }

  /** Links, contacts or the role of this node have changed: a new plan is made soon. */
  changed(): void {
    if (this.#stop.signal.aborted) return;
    const isWhole = this.#joined && this.#held >= this.#wanted;
    this.#planning ??= this.#context.ports.clock.timer(isWhole ? SETTLE_WHOLE : SETTLE, () => {
      this.#planning = undefined;
      this.#plan();
    });
  }

  close(): void {
    this.#stop.abort();
    this.#regular.cancel();
    this.#planning?.cancel();
    this.#releasing?.cancel();
    this.#retrying?.cancel();
  }

  #strandWhereIsolated(): void {
    if (!this.#isIsolated()) return;
    this.#looked = "no";
    this.#joined = false;
    this.#handler.onIsolated();
  }

  /** Somebody to ask, or to pass questions on, and nobody before. */
  #isNews(link: Link): boolean {
    return this.#looked === "no" || (this.#looked === "alone" && this.#isOnlyTransit(link));
  }

  #isOnlyTransit(link: Link): boolean {
    for (const { contact } of this.#context.table) {
      if (contact.transit && contact !== link.contact) return false;
    }
    return link.contact.transit;
  }

  /** Nobody is left whom this node could ask. */
  #isIsolated(): boolean {
    for (const link of this.#context.table) if (link.contact.serves) return false;
    return true;
  }

  /** Looks around until somebody has answered, then into the far buckets. One look at a time. */
  #look(): void {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    this.#lookUntilAnswered()
      .catch(() => {}) // Ends early by `close` alone.
      .finally(() => {
        this.#looking = false;
        if (this.#stop.signal.aborted) return;
        this.#ticks = 0;
        this.#regular.cancel();
        this.#regular = this.#tick();
        this.changed();
      });
  }

  async #lookUntilAnswered(): Promise<void> {
    const { clock } = this.#context.ports;
    while (this.#lookAgain) {
      this.#lookAgain = false;
      if ((await this.#explorer.lookAround()) > 0) continue;
      if (this.#isIsolated()) return;
      this.#lookAgain = true;
      await sleep(clock, LOOK_AGAIN, this.#stop.signal);
    }
    if (this.#looked === "no") this.#firstLookAt = clock.now();
    if (!this.#isIsolated()) this.#looked = hasTransit(this.#context.table) ? "yes" : "alone";
    this.changed();
    if (!this.#context.serves) return;
    await this.#explorer.refresh();
    this.#explored = this.#looked === "yes";
    this.changed();
  }

  #tick(): Timer {
    const growing = REPLAN_FIRST * 2 ** Math.min(this.#ticks, 10);
    const pause = this.#looked === "no" ? PATIENCE : Math.min(REPLAN_EVERY, growing);
    return this.#context.ports.clock.timer(pause, () => {
      this.#ticks += 1;
      this.changed();
      this.#regular = this.#tick();
    });
  }

  #plan(): void {
    const { self, transit, table, ports } = this.#context;
    // An edge wants one more for each anchor that does not answer, which it keeps until it is gone.
    const suspects = suspectsIn(transit ? [] : table, ports.clock.now());
    const linked = [...table].filter((link) => !suspects.has(link)).map((link) => link.contact);
    const terrain = { self, transit, far: this.#explored, linked };
    const diallable = this.#diallable(bucketsThatMatter(terrain));
    const plan = planLinks({ ...terrain, diallable });
    const wanted = new Set(plan.map((contact) => idText(contact.id)));
    this.#wanted = wanted.size;
    this.#held = 0;
    for (const link of table) {
      link.pinned = wanted.has(link.peerText) || suspects.has(link);
      link.isShortcut &&= !link.pinned;
      if (link.pinned) this.#held += 1;
    }
    // Until it has looked around by way of somebody who passes on, it needs him and nobody else.
    if (this.#looked === "yes" || !hasTransit(table)) this.#dials.dialWanted(plan);
    this.#dialKnown();
    this.#shed(this.#context.isCore ? LINKS_CARRIED : LINKS_OF_EDGE);
    this.#release();
    this.#settle();
    // Those around may have no room, or have come later than this node has looked.
    const isSettled = this.#looked !== "no" && !this.#looking;
    if (isSettled && !transit && plan.length < ANCHORS_WANTED)
      this.#explorer.lookElsewhere(() => this.changed());
    this.#handler.onPlanned();
  }

  /**
   * Verified nodes in buckets that matter that may be dialled. Also those we have only heard of: while nobody passes on
   * our frames, and in a bucket where no verified node carries transit, because greedy routing leads into a bucket only
   * over a link to it.
   */
  #diallable(matters: (bucket: number) => boolean): Contact[] {
    const { table } = this.#context;
    const known: Contact[] = [];
    const isAlone = !hasTransit(table);
    for (const { contacts, candidates } of this.#dht.contacts.buckets(matters)) {
      known.push(...contacts);
      if (isAlone || !contacts.some(({ transit }) => transit)) known.push(...candidates);
    }
    return known.filter((contact) => contact.transit && this.#dials.isDiallable(contact));
  }

  /** While no bootstrap node answers, those known from an earlier life are tried, a few at a time. */
  #dialKnown(): void {
    const now = this.#context.ports.clock.now();
    if (!this.#isIsolated() || now - this.#startedAt < PATIENCE) return;
    this.#dials.dialKnown(this.#handler.knownPeers());
  }

  /** Lets go of what is missed least where there are more open links than `most`; never of `newcomer`. */
  #shed(most: number, newcomer?: Link): void {
    const { self, table, ports } = this.#context;
    if (table.size <= most) return;
    const open = [...table].filter((link) => !link.isClosing && !link.isShortcut);
    const others = open.filter((link) => link !== newcomer);
    for (let excess = open.length - most; excess > 0; excess--) {
      const link = linkToShed(self, others);
      if (link === undefined) return;
      ports.meter.count("links_shed");
      link.close(new MeshError("overloaded", "this node has enough links; take another"));
    }
  }

  /** Lets go of links that we dialled, don't need and don't use. */
  #release(): void {
    this.#releasing?.cancel();
    this.#releasing = undefined;
    if (!this.#joined) return;
    const now = this.#context.ports.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const link of [...this.#context.table]) {
      if (link.pinned || link.isShortcut || !link.dialled) continue;
      const wait = Math.max(link.since, link.usedAt) + RELEASE_AFTER - now;
      if (wait > 0) next = Math.min(next, wait);
      else link.close(new MeshError("unneeded", "the link is not needed any more"));
    }
    if (next === Number.POSITIVE_INFINITY) return;
    this.#releasing = this.#context.ports.clock.timer(next, () => this.#release());
  }

  #settle(): void {
    if (this.#joined || this.#looked === "no" || this.#looking) return;
    if (this.#looked === "alone" && (this.#wanted > 0 || this.#mayBeCarriedSoon())) return;
    if (this.#held < Math.min(this.#wanted, JOINED_WITH)) return;
    this.#joined = true;
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
    this.#release();
  }

  /** A mesh that starts as a whole has its first gateway a little later than its first edge, whom nobody reaches yet. */
  #mayBeCarriedSoon(): boolean {
    const { isCore, ports } = this.#context;
    return !isCore && ports.clock.now() - this.#firstLookAt < ALONE_PATIENCE;
  }

  /** The peer went without a word: it may be dead, or the network may have come apart. */
  #mourn(link: Link): void {
    const { table, ports, serves } = this.#context;
    this.#dht.contactFailed(link.peer);
    if (!serves || link.contact.addresses.length === 0) return;
    this.#lost.lost(link.contact, table.size, ports.clock.now());
    this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    const { clock, random } = this.#context.ports;
    this.#retrying?.cancel();
    const pause = this.#lost.pause / 2 + random.below(this.#lost.pause);
    this.#retrying = clock.timer(pause, () => {
      const contact = this.#lost.next(clock.now());
      if (contact === undefined) return;
      if (this.#context.table.to(contact.id)) this.#lost.found(contact.id);
      else this.#dials.dial(contact, contact.addresses);
      this.#scheduleRetry();
    });
  }
}
