import { type Address, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { signObservation } from "../../src/nat/observation.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { Composition } from "../../src/node/compose.ts";
import type { Arrival } from "../../src/routing/arrival.ts";
import { OneWay } from "../../src/routing/one-way.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import type { MemoryTransport } from "../../src/transport/memory/memory-transport.ts";
import { TYPE } from "../../src/wire/frame.ts";
import {
  type PunchAnswer,
  type PunchGo,
  type PunchOffer,
  readPunchAnswer,
  readPunchOffer,
  writePunchAnswer,
  writePunchGo,
  writePunchOffer,
} from "../../src/wire/punch.ts";
import type { FrameWriter } from "../../src/wire/writer.ts";
import { counted } from "../wire/sample.ts";
import { composeIn } from "./composed.ts";

const GATEWAY = 1;
const HOSTILE = 30;
const ACCOMPLICE = 31;
const HONEST = 20;
const VICTIM = 50;

/** An honest node, a hostile one that is a node of the mesh too, a gateway between them, and a victim outside. */
export class HostilePunch {
  readonly world: World;
  readonly gateway: Composition;
  readonly honest: MeshNode;
  readonly hostile: Composition;
  readonly victim: MemoryTransport;
  /** What the hostile node was answered. */
  readonly answers: PunchAnswer[] = [];

  private constructor(
    parts: Pick<HostilePunch, "world" | "gateway" | "honest" | "hostile" | "victim">,
  ) {
    this.world = parts.world;
    this.gateway = parts.gateway;
    this.honest = parts.honest;
    this.hostile = parts.hostile;
    this.victim = parts.victim;
    this.hostile.router.on(TYPE.punchAnswer, (_, __, bytes, start, end) => {
      this.answers.push(readPunchAnswer(bytes, start, end));
    });
  }

  static async start(): Promise<HostilePunch> {
    const world = new World({ seed: 1, link: { delay: [5, 5] } });
    const gateway = await composeIn(world, GATEWAY, { mode: "gateway", links: "static" });
    const edge = { mode: "edge", bootstrap: [GATEWAY] } as const;
    const honest = await startSimNode(world, HONEST, { ...edge, routingStrategy: "hybrid" });
    const hostile = await composeIn(world, HOSTILE, {
      ...edge,
      links: "static",
      addresses: [],
      routingStrategy: "hybrid",
    });
    const victim = world.transport(VICTIM, world.identity(VICTIM));
    await world.run(victim.listen(world.address(VICTIM)));
    await world.run(honest.ready());
    await world.advance(1_000);
    await world.run(honest.register("echo", (value) => value));
    return new HostilePunch({ world, gateway, honest, hostile, victim });
  }

  get victimAddress(): Address {
    return this.world.address(VICTIM);
  }

  get ownAddress(): Address {
    return this.world.address(HOSTILE);
  }

  /** Packets that have come to the victim. */
  get packetsAtVictim(): number {
    return this.victim.stats().datagramsReceived;
  }

  counter(name: string): number {
    return this.honest.status().counters[name] ?? 0;
  }

  /** That `observer` sees `subject` at an address, in that one's own hand. */
  observation(observer: number, subject: number, address: Address): Bytes {
    const { world } = this;
    const id = world.signer(subject).id;
    const { realm } = this.hostile.context;
    return signObservation(world.signer(observer), realm, id, address, world.clock.wall());
  }

  /** Observations of the hostile node at the victim's address, each worthless for a reason of its own. */
  worthless(): [string, Bytes][] {
    const at = this.victimAddress;
    const forged = this.observation(GATEWAY, HOSTILE, at);
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    return [
      ["signed by itself", this.observation(HOSTILE, HOSTILE, at)],
      ["signed by an accomplice that nobody knows", this.observation(ACCOMPLICE, HOSTILE, at)],
      ["about another node", this.observation(GATEWAY, VICTIM, at)],
      ["with a forged signature", forged],
      ["no observation at all", counted(80, 1)],
    ];
  }

  offer(claim: Partial<PunchOffer>): PunchOffer {
    const offer: PunchOffer = {
      id: this.hostile.context.ports.random.bytes(16),
      secret: counted(16, 1),
      mapping: "stable",
      locals: [],
      observations: [this.observation(GATEWAY, HOSTILE, this.ownAddress)],
      ...claim,
    };
    this.send(TYPE.punchOffer, (writer) => writePunchOffer(writer, offer));
    return offer;
  }

  go(go: PunchGo): void {
    this.send(TYPE.punchGo, (writer) => writePunchGo(writer, go));
  }

  /** Sends through the mesh, sealed as it should be. */
  send(payloadType: number, write: (writer: FrameWriter) => void): void {
    const { context, courier } = this.hostile;
    const parcel = new OneWay({
      number: context.ids.next(),
      destination: this.world.signer(HONEST).id,
      anchors: [],
      boxKey: undefined,
      payloadType,
      maxHops: 5,
      write,
      done: () => {},
    });
    context.deadlines.add(parcel, 5_000);
    courier.send(parcel);
  }

  /** From now on the hostile node answers offers with this. */
  answersOffers(claim: Partial<PunchAnswer>): void {
    const { router, courier } = this.hostile;
    router.on(TYPE.punchOffer, (arrival: Arrival, _, bytes, start, end) => {
      const { id } = readPunchOffer(bytes, start, end);
      const answer: PunchAnswer = {
        id,
        code: undefined,
        secret: counted(16, 1),
        mapping: "stable",
        locals: [],
        observations: [],
        ...claim,
      };
      courier.answer(arrival, TYPE.punchAnswer, (writer) => writePunchAnswer(writer, answer));
    });
  }

  /** Frames of these payload types that the gateway passes on to the honest node from now on. */
  record(...types: number[]): Uint8Array[] {
    const frames: Uint8Array[] = [];
    const link = this.linkToHonest;
    const send = link.sendRouted.bind(link);
    link.sendRouted = (bytes, start, end, kept, now) => {
      const frame = bytes.slice(start, end);
      const slots = frame[9] as number;
      if (types.includes(frame[93 + 2 * slots] as number)) frames.push(frame);
      return send(bytes, start, end, kept, now);
    };
    return frames;
  }

  get linkToHonest() {
    const link = this.gateway.context.table.to(this.world.signer(HONEST).id);
    if (link === undefined) throw new Error("the gateway has lost the honest node");
    return link;
  }

  get ids() {
    return { hostile: this.world.signer(HOSTILE).id, honest: this.world.signer(HONEST).id };
  }

  /** Where the honest node's socket is, which it has told nobody. */
  get honestAddress(): Address {
    return toAddress(this.world.ip(HONEST), Number(this.linkToHonest.remoteAddress.split(":")[1]));
  }
}
