import { describe, expect, it } from "vitest";
import { idText } from "../../src/base/id.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { Composition } from "../../src/node/compose.ts";
import type { Mode } from "../../src/node/modes.ts";
import { MODES } from "../../src/node/modes.ts";
import type { Link } from "../../src/peer/link.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeDialBack } from "../../src/wire/dial-back.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { frameOf, RawPeer, routeFrame } from "../peer/raw-peer.ts";
import { composeIn } from "./composed.ts";

const GATEWAYS = [1, 2, 3, 4, 5, 6];
const NODE = 20;
const STRANGER = 30;
const EDGES = [40, 41, 42, 43];

/** A settled mesh around one node of that mode, and what others see of it. */
interface Scene {
  readonly world: World;
  readonly node: Composition;
  /** A gateway that is linked to it. */
  readonly neighbour: Composition;
  readonly others: readonly MeshNode[];
}

/** Whether it listens: as the mode has it, in any case, or so it thinks while nothing gets through. */
type Door = "as usual" | "open" | "closed";

async function scene(mode: Mode, door: Door): Promise<Scene> {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const gateways: Composition[] = [];
  for (const number of GATEWAYS) {
    const bootstrap = GATEWAYS.filter((other) => other < number);
    gateways.push(await composeIn(world, number, { mode: "gateway", bootstrap }));
  }
  await world.advance(5_000);
  const listens = door !== "as usual" || MODES[mode].listens;
  const node = await composeIn(world, NODE, {
    mode,
    bootstrap: GATEWAYS,
    routingStrategy: "hybrid",
    isClosed: door === "closed",
    ...(listens ? {} : { addresses: [] }),
  });
  const others: MeshNode[] = [];
  for (const number of EDGES) {
    const options = { mode: "edge", links: "auto", bootstrap: GATEWAYS } as const;
    others.push(await startSimNode(world, number, options));
  }
  await world.advance(60_000);
  for (const [at, other] of others.entries()) {
    await world.run(other.register(`procedure ${at}`, () => at));
  }
  const neighbour = gateways.find(({ context }) => context.table.to(node.context.self));
  if (neighbour === undefined) throw new Error("no gateway is linked to it");
  return { world, node, neighbour, others };
}

const linkTo = (from: Composition, to: Composition): Link =>
  from.context.table.to(to.context.self) as Link;

function send(link: Link, frame: Uint8Array): void {
  link.send(frame, 0, frame.length);
}

async function takesStrangers({ world }: Scene): Promise<boolean> {
  const stranger = await RawPeer.link(world, STRANGER, NODE).catch(() => undefined);
  await world.advance(100);
  return stranger?.received.some(({ type }) => type === TYPE.connectAck) ?? false;
}

/** Whether a frame that it is handed for another of its neighbours goes on. */
async function passesOn({ world, node, neighbour }: Scene): Promise<boolean> {
  const other = [...node.context.table].find(({ peer }) => peer !== linkTo(node, neighbour).peer);
  const forwarded = () => world.counts(NODE).frames_forwarded ?? 0;
  const before = forwarded();
  const header = { source: neighbour.context.self, destination: (other as Link).peer };
  send(linkTo(neighbour, node), routeFrame({ ...header, payloadType: TYPE.reply }));
  await world.advance(100);
  return forwarded() > before;
}

async function dialsBack({ world, node, neighbour }: Scene): Promise<boolean> {
  const before = world.counts(NODE).dial_backs ?? 0;
  const question = { number: 1, port: 9443 };
  send(
    linkTo(neighbour, node),
    frameOf(TYPE.dialBack, (it) => writeDialBack(it, question)),
  );
  await world.advance(500);
  return (world.counts(NODE).dial_backs ?? 0) > before;
}

/** What a node does, each found out from outside or from its parts at work. */
const PARTS: Readonly<Record<string, (scene: Scene) => boolean | Promise<boolean>>> = {
  "takes connections": takesStrangers,
  "was dialled back": ({ node }) => node.reachability.state === "proved",
  "was found closed": ({ node }) => node.reachability.state === "failed",
  "names its addresses": ({ node, neighbour }) =>
    linkTo(neighbour, node).contact.addresses.length > 0,
  "stands in tables": ({ node, neighbour }) =>
    neighbour.dht.contacts.get(node.context.self) !== undefined,
  "holds records": ({ node }) => node.dht.store.size > 0,
  "carries transit": passesOn,
  "is an anchor": ({ node, others }) =>
    others.some((other) => other.status().anchors.includes(idText(node.context.self))),
  "keeps neighbours": ({ node }) => (node.overlay?.state().held ?? 0) > 4,
  "keeps four anchors": ({ node }) => node.anchors().length === 4,
  "dials back for others": dialsBack,
  "is willing to punch": ({ node }) => node.direct.state().strategy === "hybrid",
  "is told to be well": ({ node }) => node.health.state().state === "healthy",
};

const TABLE = `
                       | edge     | edge     | edge     | bootstrap | gateway  | hybrid   | gateway  |
                       | as usual | open     | closed   | as usual  | as usual | as usual | closed   |
 takes connections     |          | yes      |          | yes       | yes      | yes      |          |
 was dialled back      |          | yes      |          | yes       | yes      | yes      |          |
 was found closed      |          |          | yes      |           |          |          | yes      |
 names its addresses   |          | yes      |          | yes       | yes      | yes      |          |
 stands in tables      |          | yes      |          | yes       | yes      | yes      |          |
 holds records         |          | yes      |          | yes       | yes      | yes      |          |
 carries transit       |          |          |          |           | yes      | yes      |          |
 is an anchor          |          |          |          |           | yes      | yes      |          |
 keeps neighbours      |          |          |          |           | yes      | yes      |          |
 keeps four anchors    | yes      | yes      | yes      | yes       |          |          | yes      |
 dials back for others | yes      | yes      | yes      | yes       | yes      | yes      | yes      |
 is willing to punch   | yes      | yes      | yes      | yes       | yes      | yes      | yes      |
 is told to be well    | yes      | yes      | yes      | yes       | yes      | yes      |          |`;

const [modes, doors, ...rows] = TABLE.trim()
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim())) as [string[], string[], ...string[][]];

describe.each(
  modes.slice(1, -1).map((mode, at) => [mode as Mode, doors[at + 1] as Door, at + 1] as const),
)("a node in mode %s, its door %s,", (mode, door, column) => {
  it("does what the table says, and nothing else", async () => {
    const around = await scene(mode, door);
    const found: [string | undefined, string][] = [];
    for (const [part] of rows) {
      const isThere = await PARTS[part as string]?.(around);
      found.push([part, isThere ? "yes" : ""]);
    }
    expect(found).toEqual(rows.map((row) => [row[0], row[column]]));
    expect(rows).toHaveLength(Object.keys(PARTS).length);
  });
});
