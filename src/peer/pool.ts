import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import { compareIds, type Key, type NodeId, sameId, shortId } from "../base/id.ts";
import type { Millis, Ports, Timer } from "../base/ports.ts";
import type { Verify } from "../identity/keys.ts";
import type { CloseInfo, Connection } from "../transport/transport.ts";
import { TYPE } from "../wire/frame.ts";
import type { Hello } from "../wire/hello.ts";
import { type Greeted, Greeting } from "./greeting.ts";
import type { Link } from "./link.ts";
import type { LinkTable } from "./link-table.ts";
import type { LivenessLimits } from "./liveness.ts";

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

/** How long an old link has to prove that its peer is still there when a new life of it calls. */
const RIVAL_TIMEOUT: Millis = 1_000;

/** What the pool and the greetings in it work with. */
export interface PoolContext {
  readonly self: NodeId;
  readonly realm: Key;
  readonly ports: Ports;
  readonly verify: Verify;
  readonly liveness: LivenessLimits;
  readonly limits: PoolLimits;
  readonly table: LinkTable;
  /** Our hello to a peer that we see at `observed`. */
  hello(observed: string): Hello;
  onLink(link: Link): void;
  onLinkLost(link: Link, info: CloseInfo): void;
  onFrame(link: Link, bytes: Bytes, start: number, end: number, owned: boolean): void;
}

/** All links of a node: one for each peer, admitted, watched and bounded. */
export class Pool {
  readonly #context: PoolContext;
  #greetings = 0;
  #watch: Timer | undefined;
  #closed = false;

  constructor(context: PoolContext) {
    this.#context = context;
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
  greet(connection: Connection): Promise<Link> {
    const greeting = new Greeting(connection, this.#context, {
      admit: (greeted, makeLink) => this.#admit(greeted, makeLink),
      onFrame: (link, bytes, start, end, owned) => this.#frame(link, bytes, start, end, owned),
      onClose: (link, info) => this.#lost(link, info),
    });
    return greeting.established;
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
    if (sameId(peer, self)) throw new MeshError("duplicate_identity", "this is ourselves");
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
    if (!equalBytes(rival.instance, greeted.instance)) return this.#outlive(rival);
    const lowerDialled = compareIds(this.#context.self, rival.peer) < 0;
    // Both ends see both connections; each keeps the one that the lower id has dialled.
    const newcomerWins = greeted.channel.connection.dialled === lowerDialled;
    if (!newcomerWins || rival.dialled === greeted.channel.connection.dialled) {
      throw new MeshError("duplicate_link", "there is a link between these nodes already");
    }
    this.#context.ports.clock.timer(RETIRE_AFTER, () =>
      rival.close(new MeshError("duplicate_link", "replaced by another link")),
    );
  }

  /** The peer was started anew, or somebody has copied its key: the old link has to prove itself. */
  async #outlive(rival: Link): Promise<void> {
    const { clock, log } = this.#context.ports;
    const askedAt = clock.now();
    rival.ping();
    const deadline = askedAt + RIVAL_TIMEOUT;
    while (rival.ended === undefined && clock.now() < deadline) {
      if (rival.liveness.heardAt > askedAt) {
        log.write("error", "duplicate_identity", { node: shortId(rival.peer) });
        throw new MeshError(
          "duplicate_identity",
          "another process with this key is connected; give each node a key of its own",
        );
      }
      await new Promise<void>((resume) => clock.timer(20, resume));
    }
    rival.close(new MeshError("link_lost", "the node was started anew"));
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
      for (const link of [...this.#context.table]) this.#check(link, clock.now());
      this.#scheduleWatch();
    });
  }

  #check(link: Link, now: Millis): void {
    const step = link.liveness.check(now);
    if (step === "ping") link.ping();
    else if (step === "gone") link.lose();
    else if (this.#isIdle(link, now)) link.close(new MeshError("unneeded", "the link was idle"));
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
