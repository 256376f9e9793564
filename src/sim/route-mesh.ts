import { type Address, toAddress } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import { Deadlines } from "../base/deadlines.ts";
import type { Millis } from "../base/ports.ts";
import type { Carrier, Link } from "../peer/link.ts";
import { TYPE } from "../wire/frame.ts";
import { RouteView } from "../wire/route-frame.ts";
import type { FrameWriter } from "../wire/writer.ts";
import { VirtualClock } from "./clock.ts";
import type { Graph } from "./graph.ts";
import { SeededRandom } from "./random.ts";
import { RouteNode } from "./route-node.ts";
import { Trace } from "./trace.ts";

const NOWHERE: Address = toAddress("10.0.0.1", 1);

/** Milliseconds that a link takes one way, at least and at most; each keeps what chance gave it. */
const DELAY: readonly [Millis, Millis] = [1, 5];

export interface RouteMeshOptions {
  readonly seed: number;
  readonly graph: Graph;
  /** Who passes on the frames of others; everybody when left out. */
  readonly isTransit?: (node: number) => boolean;
  /** Numbers of the nodes through which each is reached. */
  readonly anchors?: readonly (readonly number[])[];
}

/** Nodes with real routing and real calls over the links of a graph, in virtual time. Node n provides `node n`. */
export class RouteMesh {
  readonly clock: VirtualClock = new VirtualClock();
  readonly trace: Trace = new Trace();
  readonly nodes: readonly RouteNode[];
  readonly counts: Map<string, number> = new Map();
  /** Frames sent, those of the calls themselves, and route requests. */
  readonly sent: { frames: number; calls: number; requests: number } = {
    frames: 0,
    calls: 0,
    requests: 0,
  };
  /** Executions by what the caller has given. */
  readonly executions: Map<string, number> = new Map();
  /** What arrives instead of a frame that a node sends: for nodes that do not do what they should. */
  tamper: (from: number, frame: Bytes) => readonly Bytes[] = (_, frame) => [frame];
  readonly #random: SeededRandom;
  readonly #view = new RouteView();
  readonly #pairs = new Map<Link, readonly [RouteNode, Link]>();

  constructor(options: RouteMeshOptions) {
    const { seed, graph, isTransit = () => true, anchors } = options;
    this.#random = new SeededRandom(seed, 0x11);
    const shared = {
      seed,
      clock: this.clock,
      deadlines: new Deadlines(this.clock),
      size: graph.size,
      meter: {
        count: (name: string, amount = 1) =>
          void this.counts.set(name, (this.counts.get(name) ?? 0) + amount),
      },
      providers: (procedure: string) => {
        const number = Number(procedure.slice(NAME.length));
        const near = (anchors?.[number] ?? []).map((at) => this.#node(at).context.self);
        const { self, sealer } = this.#node(number).context;
        return [{ id: self, anchors: near, boxKey: sealer.boxKey() }];
      },
    };
    this.nodes = Array.from(
      { length: graph.size },
      (_, number) => new RouteNode(shared, number, isTransit(number)),
    );
    for (const node of this.nodes) this.#provide(node);
    for (const [a, b] of graph.edges) this.#join(this.#node(a), this.#node(b));
  }

  /** Hops passed, or the code of the failure. */
  call(from: number, to: number, tag: string, timeout: Millis, maxHops: number): Promise<unknown> {
    return this.#node(from)
      .call(NAME + to, tag, timeout, maxHops)
      .catch((cause: { code?: unknown }) => cause.code ?? cause);
  }

  /** Lets time pass until `work` settles. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const mark = (): void => {
      isDone = true;
    };
    work.then(mark, mark);
    const outcome = await this.clock.run({
      until: Number.POSITIVE_INFINITY,
      eventsMax: Number.POSITIVE_INFINITY,
      done: () => isDone,
    });
    if (outcome !== "done") throw new Error(`the model came to rest: ${outcome}`);
    return work;
  }

  /** The node is gone and nobody is told; its neighbours find out after `noticedAfter`, where it is given. */
  kill(number: number, noticedAfter?: Millis): void {
    const node = this.#node(number);
    node.isDead = true;
    if (noticedAfter === undefined) return;
    this.clock.timer(noticedAfter, () => {
      for (const link of [...node.context.table]) {
        const [peer, back] = this.#pairs.get(link) as readonly [RouteNode, Link];
        peer.lose(back);
      }
    });
  }

  #provide(node: RouteNode): void {
    node.server.add(NAME + node.number, (tag, { hops }) => {
      const key = String(tag);
      this.executions.set(key, (this.executions.get(key) ?? 0) + 1);
      return hops;
    });
  }

  #join(a: RouteNode, b: RouteNode): void {
    const delay = DELAY[0] + this.#random.below(1_000 * (DELAY[1] - DELAY[0])) / 1_000;
    const there: Link = a.link(
      b,
      this.#carrier(a, b, delay, () => back),
    );
    const back: Link = b.link(
      a,
      this.#carrier(b, a, delay, () => there),
    );
    this.#pairs.set(there, [b, back]);
    this.#pairs.set(back, [a, there]);
  }

  #carrier(from: RouteNode, to: RouteNode, delay: Millis, end: () => Link): Carrier {
    const send = (bytes: Bytes, start: number, stop: number): boolean => {
      const frame = bytes.slice(start, stop);
      this.#count(frame);
      if (from.isDead) return true;
      for (const [copy, arriving] of this.tamper(from.number, frame).entries()) {
        // A neighbour tells how many frames it took: who sends more knows of them.
        if (copy > 0) this.#pairs.get(end())?.[1].custody.sent(frame, 0, 0, this.clock.now());
        this.clock.timer(delay, () => {
          this.trace.add(this.clock.now(), "frame", "", "", arriving);
          to.receive(end(), arriving);
        });
      }
      return true;
    };
    return {
      connection: {
        kind: "model",
        isDatagram: true,
        peer: to.context.self,
        dialled: true,
        remoteAddress: NOWHERE,
      },
      buffered: 0,
      send,
      sendFrame: (writer: FrameWriter) => send(writer.bytes, 0, writer.at),
      close: () => {},
    };
  }

  #count(frame: Bytes): void {
    this.sent.frames += 1;
    if (frame[1] === TYPE.routeRequest) this.sent.requests += 1;
    if (frame[1] !== TYPE.rpcRoute) return;
    this.#view.read(frame, 0, frame.length);
    if (this.#view.payloadType === TYPE.call) this.sent.calls += 1;
  }

  #node(number: number): RouteNode {
    return this.nodes[number] as RouteNode;
  }
}

/** What a node provides is called so, and its number behind it. */
const NAME = "node ";
