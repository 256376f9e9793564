import { describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import { compareDistance, type Key } from "../../src/base/id.ts";
import { signerFromSeed } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { Composition } from "../../src/node/compose.ts";
import type { Mode } from "../../src/node/modes.ts";
import { type Contact, signContact } from "../../src/peer/contact.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { SIM_REALM, World } from "../../src/sim/world.ts";
import { composeIn } from "./composed.ts";

const LIAR = 0;
const BOOTSTRAP = [LIAR, 1, 2];
const HONEST = 20;
const NEWCOMER = 90;
const VICTIM = 99;

/** Contacts with keys of their own, rightly signed, that all claim to be at `addressOf`. */
function inventions(world: World, count: number, addressOf: (at: number) => Address[]): Contact[] {
  const random = new SeededRandom(world.seed, 1_000_003);
  return Array.from({ length: count }, (_, at) => {
    const claim = { addresses: addressOf(at), anchors: [], transit: true, serves: true };
    const signer = signerFromSeed(random.bytes(32));
    return signContact(signer, realmId(SIM_REALM), claim, world.clock.wall());
  });
}

/** A node that knows whoever it likes, and tells everybody who asks of the twenty nearest of those alone. */
async function startLiar(
  world: World,
  mode: Mode,
  invented: readonly Contact[],
): Promise<Composition> {
  const liar = await composeIn(world, LIAR, { mode, links: "static" });
  const nearest = (target: Key, count: number): Contact[] =>
    [...invented].sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count);
  Object.assign(liar.dht.contacts, { closest: nearest });
  return liar;
}

async function startMesh(world: World): Promise<MeshNode[]> {
  const nodes: MeshNode[] = [];
  for (let number = 1; number <= HONEST; number++) {
    const mode = number % 2 === 1 ? "gateway" : "edge";
    const listen = mode === "gateway";
    const bootstrap = number === 1 ? [LIAR] : BOOTSTRAP.filter((it) => it < number);
    nodes.push(await startSimNode(world, number, { mode, listen, links: "auto", bootstrap }));
    await world.advance(50);
  }
  await world.run(Promise.all(nodes.map((node) => node.ready({ timeout: 60_000 }))));
  await world.run(Promise.all(nodes.map((node) => node.register(`of.${node.id}`, () => node.id))));
  return nodes;
}

describe("one lying bootstrap node of three", () => {
  it.each([1, 2, 3])("keeps nobody from joining, seed %i", async (seed) => {
    const world = new World({ seed, link: { delay: [1, 5] } });
    await startLiar(
      world,
      "gateway",
      inventions(world, 60, (at) => [world.address(200 + at)]),
    );
    const nodes = await startMesh(world);
    const newcomer = await startSimNode(world, NEWCOMER, {
      mode: "gateway",
      listen: true,
      links: "auto",
      bootstrap: BOOTSTRAP,
    });
    await world.run(newcomer.ready({ timeout: 10_000 }));
    for (const node of nodes) expect(await world.run(newcomer.call(`of.${node.id}`))).toBe(node.id);
    await world.advance(60_000);
    // Nobody who was made up is ever taken for a node: the table has the honest gateways, and the liar.
    const serving = HONEST / 2 + 1;
    expect(newcomer.status().bounds.contacts?.used).toBeGreaterThan(serving / 2);
    expect(newcomer.status().bounds.contacts?.used).toBeLessThanOrEqual(serving);
  });
});

describe("contacts that name a victim", () => {
  // Nodes that are only heard of are dialled while nobody passes on what one asks them, and where nobody else is known.
  it.each([
    [1, "bootstrap", 1],
    [2, "bootstrap", 1],
    [3, "bootstrap", 1],
    [1, "gateway", 1],
  ] as const)("make a node knock there once, seed %i, liar a %s", async (seed, mode, dials) => {
    const world = new World({ seed, link: { delay: [1, 5] } });
    const victim = world.transport(VICTIM, world.identity(VICTIM));
    const ports = [0, 1, 2, 3].map((port) => world.address(VICTIM, 5_000 + port));
    await world.run(victim.listen(ports[0] as Address));
    await startLiar(
      world,
      mode,
      inventions(world, 60, (at) => [...ports.slice(at % 4), ...ports.slice(0, at % 4)]),
    );
    const bootstrap = [LIAR];
    const options = { mode: "gateway", listen: true, links: "auto", bootstrap } as const;
    const newcomer = await startSimNode(world, NEWCOMER, options);
    await world.advance(120_000);
    expect(victim.stats().datagramsReceived).toBeLessThanOrEqual(5);
    expect(newcomer.status().counters.overlay_dials).toBe(dials);
  });
});
