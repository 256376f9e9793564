import { type Address, readAddress } from "../base/address.ts";
import { TokenBucket } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { Exchange } from "../peer/exchange.ts";
import type { Link } from "../peer/link.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import { TYPE } from "../wire/frame.ts";
import {
  OBSERVATIONS_MAX,
  type ObservationReply,
  readObservation,
  readObserve,
  writeObservation,
  writeObserve,
} from "../wire/punch.ts";
import { FrameWriter } from "../wire/writer.ts";
import { readSigned, signObservation } from "./observation.ts";

/** Time a peer has to say where it sees this node. */
const ANSWER_TIMEOUT: Millis = 1_000;

/** An observation is used for this time: well before it expires, and before a NAT forgets what is idle. */
const FRESH: Millis = 30_000;

/** Observations that one peer may ask for: each costs a signature. */
const ASKED_RATE = 0.2;
const ASKED_BURST = 5;

/** Where one of its links sees this node. */
export interface Sighting {
  readonly address: Address;
  /** In the words of who sees it. */
  readonly statement: Bytes;
}

interface Seen extends Sighting {
  readonly at: Millis;
}

/** Tells neighbours where they are seen, and knows from them where this node is. */
export class Sightings {
  readonly #context: RoutingContext;
  /** Made when it is first needed: a node that opens no links asks nobody. */
  #exchange: Exchange<ObservationReply> | undefined;
  readonly #seen = new WeakMap<Link, Seen>();
  /** What was told before says nothing any more. */
  #doubtedAt: Millis = Number.NEGATIVE_INFINITY;
  readonly #buckets = new WeakMap<Link, TokenBucket>();
  readonly #writer = new FrameWriter();

  constructor(context: RoutingContext, router: Router) {
    this.#context = context;
    router.on(TYPE.observe, (arrival, _, bytes, start, end) =>
      this.#asked(arrival, readObserve(bytes, start, end)),
    );
    router.on(TYPE.observation, ({ link, labels }, _, bytes, start, end) => {
      const reply = readObservation(bytes, start, end);
      if (labels === undefined) this.#exchange?.settle(reply.number, link.peer, reply);
    });
  }

  /** Where its links have seen this node lately, one address for each of those that were asked. */
  get known(): Sighting[] {
    return this.#witnesses().flatMap((link) => this.#fresh(link) ?? []);
  }

  /** It has links, and none of them goes by datagrams: nobody sees the socket that would knock. */
  get isBlind(): boolean {
    const links = [...this.#context.table];
    return links.length > 0 && links.every((link) => !link.isDatagram);
  }

  /** The same, after `most` of those were asked that have not told of it lately. Takes a second at most. */
  async gather(most: number = OBSERVATIONS_MAX): Promise<Sighting[]> {
    const witnesses = this.#witnesses().slice(0, most);
    const stale = witnesses.filter((link) => this.#fresh(link) === undefined);
    await Promise.allSettled(stale.map((link) => this.ask(link)));
    return this.known;
  }

  /**
   * Asks one peer, and resolves to the milliseconds that it took.
   *
   * @throws {MeshError} `timeout`, `bad_record`, `link_lost`, `overloaded`, `closed`.
   */
  async ask(link: Link): Promise<Millis> {
    const { deadlines, ports } = this.#context;
    const { clock, random } = ports;
    const before = clock.now();
    this.#exchange ??= new Exchange(deadlines, random);
    const pending = this.#exchange.begin(link.peer, ANSWER_TIMEOUT);
    this.#writer.begin();
    writeObserve(this.#writer, pending.number);
    this.#writer.finish(TYPE.observe);
    if (!link.sendFrame(this.#writer)) {
      pending.fail(new MeshError("link_lost", "the link takes nothing"));
    }
    const { statement } = await pending.answer;
    const elapsed = clock.now() - before;
    this.#take(link, statement);
    return elapsed;
  }

  /** A way has failed: this node may be seen elsewhere now, as behind a router that was started again. */
  doubt(): void {
    this.#doubtedAt = this.#context.ports.clock.now();
  }

  close(error: MeshError): void {
    this.#exchange?.close(error);
  }

  #fresh(link: Link): Sighting | undefined {
    const seen = this.#seen.get(link);
    const oldest = Math.max(this.#doubtedAt, this.#context.ports.clock.now() - FRESH);
    return seen !== undefined && seen.at >= oldest ? seen : undefined;
  }

  /** What it is told has to be of use to others, who verify it. */
  #take(link: Link, statement: Bytes): void {
    const { self, realm, verify, ports } = this.#context;
    const { observer, subject, address } = readSigned(statement, realm, ports.clock.wall(), verify);
    if (!sameId(subject, self) || !sameId(observer, link.peer)) {
      throw new MeshError("bad_record", "the observation is not the peer's, or about another node");
    }
    this.#seen.set(link, { address, statement, at: ports.clock.now() });
  }

  /** Those that others are likely to know: links that are kept, and of nodes that pass frames on. */
  #witnesses(): Link[] {
    const rank = (link: Link): number =>
      (link.pinned ? 2 : 0) + (link.contact.transit || link.contact.serves ? 1 : 0);
    return [...this.#context.table]
      .filter((link) => link.isDatagram && !link.isClosing && !link.isShortcut)
      .sort((a, b) => rank(b) - rank(a))
      .slice(0, OBSERVATIONS_MAX);
  }

  #asked({ link, labels }: Arrival, number: number): void {
    if (labels !== undefined) {
      throw new MeshError("bad_frame", "where a node is seen is asked over a link");
    }
    // Where a connection of TCP comes from is not where that node's socket can be knocked at.
    const address = link.isDatagram ? readAddress(link.remoteAddress) : undefined;
    const { realm, signer, ports } = this.#context;
    if (address === undefined || !this.#bucketOf(link).take()) {
      ports.meter.count("observations_refused");
      return;
    }
    ports.meter.count("observations_told");
    const statement = signObservation(signer, realm, link.peer, address, ports.clock.wall());
    this.#writer.begin();
    writeObservation(this.#writer, { number, statement });
    this.#writer.finish(TYPE.observation);
    link.sendFrame(this.#writer);
  }

  #bucketOf(link: Link): TokenBucket {
    const known = this.#buckets.get(link);
    const bucket = known ?? new TokenBucket(this.#context.ports.clock, ASKED_RATE, ASKED_BURST);
    if (known === undefined) this.#buckets.set(link, bucket);
    return bucket;
  }
}
