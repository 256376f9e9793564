import { type Address, parseHostPort, readAddress } from "../base/address.ts";
import { addressGroup } from "../base/address-group.ts";
import { MeshError } from "../base/errors.ts";
import type { Millis, Timer } from "../base/ports.ts";
import { Exchange, type Pending } from "../peer/exchange.ts";
import type { Link } from "../peer/link.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import { type DialBackReply, readDialBackReply, writeDialBack } from "../wire/dial-back.ts";
import { TYPE } from "../wire/frame.ts";
import { FrameWriter } from "../wire/writer.ts";
import { DIAL_BACK_EVERY, isNotReached } from "./dial-back.ts";
import { type Dialability, DialProof, type Testimony, WITNESSES_MAX } from "./dial-proof.ts";

/** Time a witness has: its dial, and the way there and back. */
const ANSWER_TIMEOUT: Millis = 5_000;

/** One neighbour is asked again after this time: a little more than it wants. */
const ASK_EVERY: Millis = DIAL_BACK_EVERY + 2_000;

/** What chance adds to a wait at most. */
const SPREAD: Millis = 10_000;

const ABSTAINED: Testimony = { kind: "abstained" };

export interface ProverOptions {
  /** Port this node listens at. */
  readonly port: number;
  /** There is no mesh yet: see `DialProof`. */
  readonly isFirst: boolean;
  /** State or addresses are others than they were. */
  readonly onChange: () => void;
}

/** Has neighbours dial this node back, and knows what came of it. */
export class Prover {
  readonly #context: RoutingContext;
  readonly #options: ProverOptions;
  readonly #proof: DialProof;
  readonly #exchange: Exchange<DialBackReply>;
  /** Witnesses that have not answered yet. Bounded by those of one round. */
  readonly #asked = new Map<Link, Pending<DialBackReply>>();
  /** When each link was asked last. Entries go with their links. */
  readonly #askedAt = new WeakMap<Link, Millis>();
  readonly #writer = new FrameWriter();
  #timer: Timer | undefined;
  #closed = false;

  constructor(context: RoutingContext, router: Router, options: ProverOptions) {
    this.#context = context;
    this.#options = options;
    this.#proof = new DialProof(options.isFirst);
    this.#exchange = new Exchange(context.deadlines, context.ports.random);
    router.on(TYPE.dialBackReply, ({ link, labels }, _, bytes, start, end) => {
      const reply = readDialBackReply(bytes, start, end);
      if (labels === undefined) this.#exchange.settle(reply.number, link.peer, reply);
    });
  }

  get state(): Dialability {
    return this.#proof.state;
  }

  /** Where this node was reached. */
  get addresses(): readonly Address[] {
    return this.#proof.addresses;
  }

  /** To be told of every new link. */
  linkAdded(): void {
    this.#askWhenDue();
  }

  /** To be told of every lost link. */
  linkLost(link: Link): void {
    this.#asked.get(link)?.fail(new MeshError("link_lost", "the link to the witness ended"));
    if (this.#context.table.size === 0) this.#proof.isolated(this.#now());
  }

  /** This node may be elsewhere now. */
  moved(): void {
    this.#proof.moved(this.#now());
    this.#askWhenDue();
  }

  close(error: MeshError): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#exchange.close(error);
  }

  #askWhenDue(): void {
    this.#timer?.cancel();
    const { dueAt } = this.#proof;
    if (this.#closed || dueAt === Number.POSITIVE_INFINITY) return;
    const wait = dueAt - this.#now();
    if (wait > 0) {
      this.#wakeIn(wait);
      return;
    }
    const witnesses = this.#choose();
    if (witnesses.length > 0) this.#ask(witnesses);
    else if (this.#context.table.size > 0) this.#wakeIn(ASK_EVERY);
  }

  /** A little later than in `wait`, by chance: those that started together don't ask together. */
  #wakeIn(wait: Millis): void {
    const { clock, random } = this.#context.ports;
    const later = random.below(Math.ceil(Math.min(wait, SPREAD)) + 1);
    this.#timer = clock.timer(wait + later, () => this.#askWhenDue());
  }

  #ask(witnesses: readonly Link[]): void {
    this.#proof.begin(witnesses.length);
    for (const link of witnesses) {
      this.#askedAt.set(link, this.#now());
      this.#testimonyOf(link).then(
        (testimony) => this.#heard(testimony),
        () => this.#heard(ABSTAINED), // No answer says nothing of this node.
      );
    }
  }

  #heard(testimony: Testimony): void {
    if (this.#closed) return;
    const { state, addresses } = this.#proof;
    if (!this.#proof.heard(testimony, this.#now())) return;
    const isNew = state !== this.#proof.state || addresses.join() !== this.#proof.addresses.join();
    if (isNew) this.#options.onChange();
    this.#askWhenDue();
  }

  /** Rejects where no answer comes. */
  async #testimonyOf(link: Link): Promise<Testimony> {
    const port = this.#portFor(link);
    const pending = this.#exchange.begin(link.peer, ANSWER_TIMEOUT);
    this.#asked.set(link, pending);
    try {
      this.#send(link, pending.number, port);
      return testimonyIn(await pending.answer, link, port);
    } finally {
      this.#asked.delete(link);
    }
  }

  #send(link: Link, number: number, port: number): void {
    this.#context.ports.meter.count("dial_backs_asked");
    this.#writer.begin();
    writeDialBack(this.#writer, { number, port });
    this.#writer.finish(TYPE.dialBack);
    link.sendFrame(this.#writer);
  }

  /** Where the peer has dialled us it knows the port, which a router may have changed on the way; else ours. */
  #portFor(link: Link): number {
    const observed = link.dialled ? undefined : readAddress(link.observedAs);
    return observed === undefined ? this.#options.port : parseHostPort(observed).port;
  }

  /**
   * Neighbours that were not asked lately: those first whom we have dialled, because they did not choose us, and not
   * two of one part of the network where there are others.
   */
  #choose(): Link[] {
    const { table, ports } = this.#context;
    const soon = this.#now() - ASK_EVERY;
    const rank = new Map<Link, number>();
    for (const link of table) {
      const isFree =
        !link.isClosing && (this.#askedAt.get(link) ?? Number.NEGATIVE_INFINITY) < soon;
      if (isFree) rank.set(link, ports.random.below(2 ** 20) + (link.dialled ? 0 : 2 ** 20));
    }
    const ranked = [...rank].sort((a, b) => a[1] - b[1]).map(([link]) => link);
    return apart(ranked).slice(0, WITNESSES_MAX);
  }

  #now(): Millis {
    return this.#context.ports.clock.now();
  }
}

/** The same links in the same order, but all those behind that share their part of the network with one before. */
function apart(links: readonly Link[]): Link[] {
  const groups = new Set<string>();
  const others: Link[] = [];
  const first = links.filter((link) => {
    const group = addressGroup(link.remoteAddress);
    const isOther = group !== undefined && groups.has(group);
    if (isOther) others.push(link);
    else if (group !== undefined) groups.add(group);
    return !isOther;
  });
  return [...first, ...others];
}

/** What a reply is worth. Who has come by dialling us can't say that it can't be done. */
function testimonyIn({ code, address }: DialBackReply, link: Link, port: number): Testimony {
  if (code !== undefined) {
    return isNotReached(code) && link.dialled ? { kind: "not_reached" } : ABSTAINED;
  }
  const reached = readAddress(address);
  if (reached === undefined || parseHostPort(reached).port !== port) return ABSTAINED;
  return { kind: "reached", address: reached };
}
