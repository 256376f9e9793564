import { describe, expect, it } from "vitest";
import { codeFromWire } from "../../src/base/errors.ts";
import { parseNodeId } from "../../src/base/id.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { HEADER_BYTES, TYPE } from "../../src/wire/frame.ts";
import { writeHello } from "../../src/wire/hello.ts";
import { RawPeer, frameOf as rawFrame, routeFrame } from "../peer/raw-peer.ts";
import { settled } from "../rpc/line.ts";
import { Dice, mutant } from "../wire/mutate.ts";
import { frameOf, SAMPLES } from "../wire/samples.ts";

/** Frames sent to one node; the seed can be set to search elsewhere. */
const FRAMES = 1_000;
const SEED = Number(process.env.MACULA_TEST_SEED ?? 1);

/** What a closed link may say: the peer is told what was wrong with its frame, never of a fault of ours. */
const BLAME = new Set([
  ...["bad_frame", "unsupported_version", "unknown_type", "too_large", "bad_record"],
  ...["duplicate_identity", "realm_mismatch", "id_mismatch", "timeout", "closed", "link_lost"],
  "unneeded", // Nothing is wrong with it: others are better to have.
]);

/** A node that a hostile peer and a friend are linked to. */
class Siege {
  readonly world: World;
  readonly node: MeshNode;
  readonly friend: MeshNode;
  readonly codes: Map<string, number> = new Map();
  readonly #dice: Dice;
  #peer: RawPeer | undefined;

  constructor(world: World, node: MeshNode, friend: MeshNode, seed: number) {
    this.world = world;
    this.node = node;
    this.friend = friend;
    this.#dice = new Dice(seed);
  }

  static async start(seed: number): Promise<Siege> {
    const world = new World({ seed, link: { delay: [1, 1] } });
    const node = await startSimNode(world, 0, { mode: "hybrid", listen: true });
    const friend = await startSimNode(world, 1, { mode: "edge", bootstrap: [0] });
    await world.run(friend.ready());
    for (const procedure of ["echo", "text.count", "calculator.add"]) {
      await world.run(node.register(procedure, (args) => args));
      await world.run(friend.register(procedure, async (args) => args));
    }
    return new Siege(world, node, friend, seed);
  }

  /** Sends one hostile frame, over whichever stream chance wants. */
  async strike(): Promise<void> {
    const dice = this.#dice;
    const peer = await this.#linked();
    const bytes = mutant(this.#corpus(peer), dice);
    if (dice.below(20) === 0) await peer.open(2, bytes);
    else if (dice.below(2) === 0) peer.queueData(bytes);
    else peer.queueControl(bytes);
    await this.world.advance(3);
    // A frame that announced more than came swallows what follows: begin anew.
    if (dice.below(4) === 0) peer.closeAfter(0);
    await this.world.advance(2);
  }

  async #linked(): Promise<RawPeer> {
    const last = this.#peer;
    if (last && last.closed === undefined) return last;
    if (last?.closed?.by === "peer") {
      const code = codeFromWire(last.closed.code);
      this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    }
    await this.world.advance(50);
    this.#peer = await RawPeer.link(this.world, 2, 0);
    return this.#peer;
  }

  /** Every message there is, plain and as the body of route frames to all three; and what the node itself has sent. */
  #corpus(peer: RawPeer): Uint8Array[] {
    const [self, friend] = [this.node, this.friend].map((it) => parseNodeId(it.id));
    const sample = this.#dice.pick(SAMPLES);
    const frame = frameOf(sample);
    const body = frame.slice(HEADER_BYTES);
    const header = { source: peer.id, payloadType: sample.type, maxHops: 3 };
    return [
      frame,
      routeFrame({ ...header, destination: self! }, body),
      routeFrame({ ...header, destination: friend! }, body),
      routeFrame({ ...header, destination: self!, labels: [1, 2], traced: true }, body),
      ...peer.received.slice(-3).map((it) => it.frame),
    ];
  }
}

describe("a node under hostile frames", () => {
  it.each([1, 2, 3])(
    "blames the sender, never itself, and goes on serving others (%i)",
    async (run) => {
      const siege = await Siege.start(SEED * 100 + run);
      const { world, node, friend } = siege;
      const friends = () => node.status().links.filter((link) => link.node === friend.id).length;
      for (let strike = 0; strike < FRAMES; strike++) {
        await siege.strike();
        if (strike % 100 !== 0) continue;
        expect(friends()).toBe(1);
        expect(await world.run(settled(friend.call("echo", strike, { provider: node.id })))).toBe(
          strike,
        );
        expect(await world.run(settled(node.call("echo", strike, { provider: friend.id })))).toBe(
          strike,
        );
      }
      expect([...siege.codes.keys()].filter((code) => !BLAME.has(code))).toEqual([]);
      expect(siege.codes.get("bad_frame")).toBeGreaterThan(FRAMES / 20);
      await world.advance(30_000);
      for (const [name, { used, max }] of Object.entries(node.status().bounds)) {
        expect([name, used <= max]).toEqual([name, true]);
      }
      for (const name of ["callsPending", "handlersAtWork", "routeSearches", "messagesUnderWay"]) {
        expect([name, node.status().bounds[name]?.used]).toEqual([name, 0]);
      }
    },
  );
});

/** Gateways that take links and then send whatever chance makes of true messages. */
class HostileGateways {
  strikes = 0;
  readonly #node: MeshNode;
  readonly #dice: Dice;
  readonly #places: readonly RawPeer[][];
  readonly #greeted = new Set<RawPeer>();

  constructor(node: MeshNode, places: readonly RawPeer[][], dice: Dice) {
    this.#node = node;
    this.#places = places;
    this.#dice = dice;
  }

  /** Each of them does something. */
  act(): void {
    for (const dials of this.#places) {
      const peer = dials.at(-1);
      if (peer && peer.closed === undefined && peer.types.length > 0) this.#act(peer);
    }
  }

  /** Codes with which the node has ended links. */
  get blame(): string[] {
    return this.#places
      .flat()
      .filter(({ closed }) => closed?.by === "peer")
      .map(({ closed }) => codeFromWire(closed?.code ?? 0));
  }

  #act(peer: RawPeer): void {
    const dice = this.#dice;
    if (this.#greeted.has(peer)) {
      this.strikes += 1;
      peer.queueControl(mutant(answersOf(peer, this.#node, dice), dice));
    } else {
      this.#greeted.add(peer);
      peer.queueControl(helloOf(peer, dice));
    }
  }
}

describe("a node whose gateways are hostile", () => {
  it.each([1, 2])("ends its calls by name, and goes on over a true one (%i)", async (run) => {
    const seed = SEED * 200 + run;
    const world = new World({ seed, link: { delay: [1, 1] } });
    const hostile = [2, 3, 4, 5, 6, 7, 8, 9];
    const places: RawPeer[][] = [];
    for (const number of hostile) places.push(await RawPeer.listen(world, number));
    const friend = await startSimNode(world, 1, { mode: "hybrid", listen: true });
    await world.run(friend.register("echo", (args) => args));
    const node = await startSimNode(world, 0, { mode: "edge", bootstrap: [1, ...hostile] });
    await world.run(node.ready());
    const gateways = new HostileGateways(node, places, new Dice(seed));
    const ends: Promise<unknown>[] = [];
    for (let round = 0; round < 2_000; round++) {
      await world.advance(5 + (round % 50));
      gateways.act();
      if (round % 20 === 0) ends.push(settled(node.call(`${round}`, 1, { timeout: 500 })));
    }
    expect(gateways.strikes).toBeGreaterThan(300);
    expect(gateways.blame.filter((code) => !BLAME.has(code))).toEqual([]);
    expect(gateways.blame.filter((code) => code === "bad_frame").length).toBeGreaterThan(20);
    const named = ["no_provider", "no_route", "timeout", "link_lost", "provider_gone"];
    const codes = new Set(await world.run(Promise.all(ends)));
    expect([...codes].filter((code) => !named.includes(String(code)))).toEqual([]);
    const answer = settled(node.call("echo", "still here", { provider: friend.id }));
    expect(await world.run(answer)).toBe("still here");
    await world.advance(10_000);
    for (const name of ["callsPending", "routeSearches", "messagesUnderWay"]) {
      expect([name, node.status().bounds[name]?.used]).toEqual([name, 0]);
    }
  });
});

/** The answer to a connect: mostly a true one. */
function helloOf(peer: RawPeer, dice: Dice): Uint8Array {
  const claim = { serves: dice.below(2) === 0 };
  const ack = rawFrame(TYPE.connectAck, (writer) => writeHello(writer, peer.hello({}, claim)));
  return dice.below(10) === 0 ? mutant([ack], dice) : ack;
}

/** What a lying gateway may build its answers from: samples, and whatever the node has sent it. */
function answersOf(peer: RawPeer, node: MeshNode, dice: Dice): Uint8Array[] {
  const sample = dice.pick(SAMPLES);
  const frame = frameOf(sample);
  const body = frame.slice(HEADER_BYTES);
  const header = { destination: parseNodeId(node.id), source: peer.id, payloadType: sample.type };
  const sent = peer.received.slice(-4).map((it) => it.frame);
  return [frame, routeFrame({ ...header, maxHops: 3 }, body), ...sent];
}
