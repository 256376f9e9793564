import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import { compareIds, type NodeId, sameId, shortId } from "../base/id.ts";
import type { Millis, Ports, Timer } from "../base/ports.ts";
import type { Verify } from "../identity/keys.ts";
import { CLOCK_SKEW } from "../identity/signed.ts";
import type { CloseInfo, Connection } from "../transport/transport.ts";
import { TYPE } from "../wire/frame.ts";
import type { Hello } from "../wire/hello.ts";
import { type Greeted, Greeting } from "./greeting.ts";
import type { Link } from "./link.ts";
import type { LinkTable } from "./link-table.ts";
import type { LivenessCare, LivenessLimits } from "./liveness.ts";
import { expired, type Members } from "./members.ts";
import { Wakefulness } from "./wakefulness.ts";

export interface PoolLimits {
  /** Links at once. Beyond, an idle one that is not pinned gives way, or the newcomer is refused. */
  readonly linksMax: number;
  /** Arrivals whose handshake is under way. */
  readonly greetingsMax: number;
  /** Time without user traffic after which a link that we dialled and nobody pinned is closed. */
  readonly idleClose: Millis;
}

export const POOL_LIMITS: PoolLimits = { linksMax: 1_024, greetingsMax: 256, idleClose: 300_000 };

/** How long an outdated link to a peer that has a newer one may still deliver what is under way. */
const RETIRE_AFTER: Millis = 2_000;

/** A shortcut over which something has passed within this time is in use. */
const IN_USE: Millis = 5_000;

/** How long an old link has to prove that its peer is still there, when the peer seems to come another time. */
const RIVAL_TIMEOUT: Millis = 1_000;

/** Links that began within this time of each other were dialled at once: neither says anything of the other. */
const AT_ONCE: Millis = 5_000;

/** What the pool and the greetings in it work with. */
export interface PoolContext {
  readonly self: NodeId;
  readonly members: Members;
  readonly ports: Ports;
  readonly verify: Verify;
  readonly liveness: LivenessLimits;
  readonly limits: PoolLimits;
  readonly table: LinkTable;
  /** What tells this life of the node from others. */
  readonly instance: Bytes;
  /** Our hello to a peer that we see at `observed`. */
  hello(observed: string): Hello;
  onLink(link: Link): void;
  onLinkLost(link: Link, info: CloseInfo): void;
  /** Told several times of a link whose peer leaves pings unanswered. */
  onSuspect(link: Link): void;
  /** This node was away for a while: its peers were asked for signs of life, and what it knows may be out of date. */
  onAway(): void;
  /** Whether this node is reached through the peer of that link: its loss is to be noticed soon. */
  isAnchor(link: Link): boolean;
  onFrame(link: Link, bytes: Bytes, start: number, end: number, owned: boolean): void;
  /** Two processes use the key of node `id`, which may be this one; `evidence` says how that is known. */
  onCopy(id: NodeId, evidence: string): void;
}

/** All links of a node: one for each peer, admitted, watched and bounded. */
export class Pool {
  readonly #context: PoolContext;
  readonly #wakefulness: Wakefulness;
  #greetings = 0;
  /** Times that this node has dialled itself and not yet been told so. */
  #ownArrivals = 0;
  #watch: Timer | undefined;
  #closed = false;

  constructor(context: PoolContext) {
    this.#context = context;
    const { clock } = context.ports;
    this.#wakefulness = new Wakefulness(context.liveness.checkEvery, clock.now(), clock.wall());
    this.#scheduleWatch();
  }

  /** Takes an arrival. What becomes of it is told by `onLink`; refusals are logged here. */
  accept(connection: Connection): void {
    if (this.#closed || this.#greetings >= this.#context.limits.greetingsMax) {
      connection.close(0x34, "too many handshakes at once; try again later");
      return;
    }
    this.#greetings += 1;
    this.greet(connection)
      .catch((cause) => this.#logRefusal(connection, toMeshError(cause)))
      .finally(() => {
        this.#greetings -= 1;
      });
  }

  /** Makes a link of a fresh connection. Rejects with the refusal, ours or the peer's. */
  async greet(connection: Connection): Promise<Link> {
    const greeting = new Greeting(connection, this.#context, {
      admit: (greeted, makeLink) => this.#admit(greeted, makeLink),
      onFrame: (link, bytes, start, end, owned) => this.#frame(link, bytes, start, end, owned),
      onClose: (link, info) => this.#lost(link, info),
    });
    try {
      return await greeting.established;
    } catch (cause) {
      this.#hearOfCopy(connection, toMeshError(cause));
      throw cause;
    }
  }

  /** This node may be elsewhere now: every peer is asked for a sign of life at once. */
  askAll(): void {
    const now = this.#context.ports.clock.now();
    for (const link of [...this.#context.table]) {
      link.liveness.doubt(now);
      link.ping();
    }
  }

  /** Closes every link. */
  close(error: MeshError): void {
    this.#closed = true;
    this.#watch?.cancel();
    for (const link of [...this.#context.table]) link.close(error);
  }

  async #admit(greeted: Greeted, makeLink: () => Link): Promise<Link> {
    const { self, table } = this.#context;
    const peer = greeted.contact.id;
    if (sameId(peer, self)) throw this.#meetOneself(greeted);
    let settled: Link | undefined;
    // Each wait may let another connection of that peer come first: look again until nothing is new.
    for (let rival = table.to(peer); rival && rival !== settled; rival = table.to(peer)) {
      await this.#settleRival(greeted, rival);
      settled = rival;
    }
    if (settled === undefined) this.#makeRoom();
    if (this.#closed) throw new MeshError("closed", "the node is closing");
    const link = makeLink();
    table.add(link);
    this.#context.onLink(link);
    return link;
  }

  /** Two links to one peer: returns where the newcomer shall replace `rival`, throws where it shall not. */
  async #settleRival(greeted: Greeted, rival: Link): Promise<void> {
    const { self, ports } = this.#context;
    if (!equalBytes(rival.instance, greeted.instance)) {
      await this.#outlive(rival, () => this.#refuseCopy(rival));
      return;
    }
    const { dialled, isDatagram } = greeted.channel.connection;
    if (isDatagram !== rival.isDatagram) {
      // Only what goes over datagrams tells where a node can be knocked at: both ends keep that one, while it lives.
      if (isDatagram) this.#retire(rival);
      else await this.#outlive(rival, duplicateLink);
      return;
    }
    const isAtOnce = rival.dialled !== dialled && ports.clock.now() - rival.since < AT_ONCE;
    // Both ends see both connections; each keeps the one that the lower id has dialled.
    if (isAtOnce && dialled !== compareIds(self, rival.peer) < 0) throw duplicateLink();
    // Who has a link does not dial another: the peer has lost its end of the old one, or has come by two ways.
    if (!isAtOnce && !dialled) await this.#outlive(rival, duplicateLink);
    else this.#retire(rival);
  }

  #retire(rival: Link): void {
    this.#context.ports.clock.timer(RETIRE_AFTER, () =>
      rival.close(new MeshError("duplicate_link", "replaced by another link")),
    );
  }

  /** Asks the old link for a sign of life. Closes it where there is none in time, else throws what `refusal` makes. */
  async #outlive(rival: Link, refusal: () => MeshError): Promise<void> {
    const { clock } = this.#context.ports;
    const askedAt = clock.now();
    rival.ping();
    const deadline = askedAt + RIVAL_TIMEOUT;
    while (rival.ended === undefined && clock.now() < deadline) {
      if (rival.liveness.heardAt > askedAt) throw refusal();
      await new Promise<void>((resume) => clock.timer(20, resume));
    }
    rival.close(new MeshError("link_lost", "the node has come another time"));
  }

  #refuseCopy({ peer, remoteAddress }: Link): MeshError {
    this.#context.onCopy(peer, `a link to ${remoteAddress} answers`);
    return new MeshError(
      "duplicate_identity",
      "another process with this key is connected; give each node a key of its own",
    );
  }

  /** Whoever shows this node's own key is this node, or has a copy of the key. */
  #meetOneself({ channel, instance }: Greeted): MeshError {
    if (equalBytes(instance, this.#context.instance)) {
      this.#ownArrivals += 1;
      return new MeshError("duplicate_identity", "this is the node itself");
    }
    const { remoteAddress } = channel.connection;
    this.#context.onCopy(this.#context.self, `it was met at ${remoteAddress}`);
    return new MeshError(
      "duplicate_identity",
      "another process uses this key; give each node a key of its own",
    );
  }

  /** Who refuses this node as a copy has a link to the other one, or is it; where it is not this very process. */
  #hearOfCopy({ peer, remoteAddress, dialled }: Connection, { code }: MeshError): void {
    if (code !== "duplicate_identity" || !dialled || this.#context.table.to(peer)) return;
    const isSelf = sameId(peer, this.#context.self);
    if (isSelf && this.#ownArrivals > 0) this.#ownArrivals -= 1;
    else {
      const evidence = isSelf ? "it was met" : `node ${shortId(peer)} is linked to it`;
      this.#context.onCopy(this.#context.self, `${evidence}, at ${remoteAddress}`);
    }
  }

  #makeRoom(): void {
    const { table, limits } = this.#context;
    if (table.size < limits.linksMax) return;
    let idlest: Link | undefined;
    for (const link of table) {
      if (!link.pinned && (idlest === undefined || link.usedAt < idlest.usedAt)) idlest = link;
    }
    if (idlest === undefined)
      throw new MeshError("overloaded", "this node has all the links it may have");
    idlest.close(new MeshError("overloaded", "the link made room for another"));
  }

  #frame(link: Link, bytes: Bytes, start: number, end: number, owned: boolean): void {
    link.stats.framesReceived += 1;
    link.stats.bytesReceived += end - start;
    const type = bytes[start + 1] as number;
    if (type === TYPE.ping || type === TYPE.pong) link.receivePing(type, bytes, start, end);
    else this.#context.onFrame(link, bytes, start, end, owned);
  }

  #lost(link: Link, info: CloseInfo): void {
    this.#context.table.remove(link);
    this.#context.onLinkLost(link, info);
  }

  #scheduleWatch(): void {
    const { clock } = this.#context.ports;
    this.#watch = clock.timer(this.#context.liveness.checkEvery, () => {
      this.#scheduleWatch();
      if (this.#wakefulness.wasAway(clock.now(), clock.wall())) this.#wake();
      else this.#checkAll(clock.now());
    });
  }

  #wake(): void {
    this.#context.ports.log.write("info", "was_away");
    this.askAll();
    this.#context.onAway();
  }

  #checkAll(now: Millis): void {
    const links = [...this.#context.table];
    const isInUse = links.some((link) => link.isShortcut && now - link.usedAt < IN_USE);
    for (const link of links) {
      const anchor = isInUse ? "warm" : "anchor";
      this.#check(link, now, this.#context.isAnchor(link) ? anchor : "usual");
    }
  }

  #check(link: Link, now: Millis, care: LivenessCare): void {
    const step = link.liveness.check(now, care);
    if (step === "gone") link.lose();
    else if (this.#isExpired(link)) link.close(expired(link.peer));
    else if (step === "ping") {
      link.ping();
      if (link.liveness.isSuspect(now)) this.#context.onSuspect(link);
    } else if (this.#isIdle(link, now)) link.close(new MeshError("unneeded", "the link was idle"));
  }

  /** A peer that renews its token tells so with its next contact, long before this. */
  #isExpired(link: Link): boolean {
    return this.#context.ports.clock.wall() > link.contact.memberUntil + CLOCK_SKEW;
  }

  #isIdle(link: Link, now: Millis): boolean {
    const idle = now - link.usedAt > this.#context.limits.idleClose;
    return idle && link.dialled && !link.pinned;
  }

  #logRefusal(connection: Connection, error: MeshError): void {
    if (error.code === "unneeded") return; // It only came to see whether this node can be dialled.
    this.#context.ports.meter.count("handshakes_refused");
    this.#context.ports.log.write("warn", "peer_refused", {
      node: shortId(connection.peer),
      address: connection.remoteAddress,
      code: error.code,
      reason: error.message,
    });
  }
}

function duplicateLink(): MeshError {
  return new MeshError("duplicate_link", "there is a link between these nodes already");
}
