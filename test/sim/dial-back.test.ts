import { describe, expect, it } from "vitest";
import { ERROR_CODES, MeshError } from "../../src/base/errors.ts";
import { idText } from "../../src/base/id.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { Composition } from "../../src/node/compose.ts";
import type { Link } from "../../src/peer/link.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeDialBack } from "../../src/wire/dial-back.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { composeIn } from "./composed.ts";

const FIRST = 0;
const GATEWAYS = 6;

const newWorld = (seed = 1): World => new World({ seed, link: { delay: [1, 5] } });

const gateway = (world: World, number: number, bootstrap: number[] = [FIRST]) =>
  startSimNode(world, number, { mode: "gateway", listen: true, links: "auto", bootstrap });

/** Gateways that came in through the first one, and have settled. */
async function mesh(world: World): Promise<MeshNode[]> {
  const nodes = [await gateway(world, FIRST, [])];
  for (let number = 1; number < GATEWAYS; number++) nodes.push(await gateway(world, number));
  await world.run(Promise.all(nodes.map((node) => node.ready())));
  await world.advance(20_000);
  return nodes;
}

/** The contact of a node as one of its neighbours knows it. */
const contactOf = (observer: Composition, number: number, world: World) =>
  observer.context.table.to(world.signer(number).id)?.contact;

function askToDialBack(link: Link, port: number): void {
  const writer = new FrameWriter();
  writer.begin();
  writeDialBack(writer, { number: 1, port });
  writer.finish(TYPE.dialBack);
  link.sendFrame(writer);
}

describe("a node that can be dialled", () => {
  it("has its roles as soon as a neighbour has tried, and is told to all of them", async () => {
    const world = newWorld();
    const first = await composeIn(world, FIRST, { mode: "gateway" });
    const node = await gateway(world, 1);
    await world.run(node.ready());
    await world.advance(200);
    expect(node.status().dialable).toBe("proved");
    const contact = contactOf(first, 1, world);
    expect(contact).toMatchObject({ transit: true, serves: true });
    expect(contact?.addresses).toEqual([world.address(1)]);
    expect(first.dht.contacts.size).toBe(1);
    // Looked at, and not taken for somebody who was refused.
    expect(node.status().counters.handshakes_refused).toBeUndefined();
  });

  it.each([0, 5, 10, 15, 20, 25])(
    "is told again where its link to the neighbour ends %i ms after it asked",
    async (after) => {
      const world = new World({ seed: 1, link: { delay: [5, 5] } });
      const first = await composeIn(world, FIRST, { mode: "gateway" });
      const node = await gateway(world, 1);
      const asked = () => world.counts(FIRST).dial_backs ?? 0;
      while (asked() === 0) await world.advance(1);
      await world.advance(after);
      const [link] = [...first.context.table];
      // As where both have dialled each other at once, and one of the two links is given up.
      link?.close(new MeshError("link_lost", "one link is enough"));
      await world.advance(3_000);
      expect(node.status().dialable).toBe("proved");
      expect(asked()).toBe(1);
    },
  );

  it("claims nothing before that", async () => {
    const world = newWorld();
    const first = await composeIn(world, FIRST, { mode: "gateway" });
    await composeIn(world, 1, { mode: "gateway", bootstrap: [FIRST] });
    while (contactOf(first, 1, world) === undefined) await world.advance(1);
    const contact = contactOf(first, 1, world);
    expect(contact).toMatchObject({ transit: false, serves: false, addresses: [] });
  });

  it("holds records where it is an edge, and passes nothing on", async () => {
    const world = newWorld();
    const first = await composeIn(world, FIRST, { mode: "gateway" });
    const options = { mode: "edge", listen: true, links: "auto", bootstrap: [FIRST] } as const;
    const edge = await startSimNode(world, 1, options);
    await world.run(edge.ready());
    await world.advance(200);
    expect(edge.status().dialable).toBe("proved");
    expect(contactOf(first, 1, world)).toMatchObject({ transit: false, serves: true });
  });

  it("asks again in half an hour, and no more often", async () => {
    const world = newWorld();
    const nodes = await mesh(world);
    await world.advance(20_000);
    const asked = (): number =>
      nodes.reduce((sum, node) => sum + (node.status().counters.dial_backs_asked ?? 0), 0);
    const before = asked();
    await world.advance(1_700_000);
    expect(asked()).toBe(before);
    await world.advance(200_000);
    expect(asked()).toBeGreaterThan(before);
    expect(asked()).toBeLessThanOrEqual(before + 3 * nodes.length);
  });

  it("finds the others where all start at once and each was told of the next", async () => {
    const world = newWorld();
    const nodes: MeshNode[] = [];
    for (const number of [1, 2, 3]) {
      const others = [1, 2, 3].filter((it) => it !== number);
      nodes.push(await gateway(world, number, others));
    }
    await world.run(Promise.all(nodes.map((node) => node.ready())));
    await world.advance(1_000);
    expect(nodes.map((node) => node.status().dialable)).toEqual(["proved", "proved", "proved"]);
    await world.run(nodes[0]?.register("echo", (args) => args) as Promise<unknown>);
    expect(await world.run((nodes[2] as MeshNode).call("echo", 5))).toBe(5);
  });
});

describe("a gateway behind a closed door", () => {
  it("is told so, and stands in nobody's table and among nobody's anchors", async () => {
    const world = newWorld(3);
    const nodes = await mesh(world);
    const observer = await composeIn(world, 50, { mode: "gateway", bootstrap: [FIRST] });
    const logged: string[] = [];
    const closed = await composeIn(world, 60, {
      mode: "gateway",
      bootstrap: [FIRST],
      isClosed: true,
      log: { write: (level, event) => logged.push(`${level} ${event}`) },
    });
    const edges: MeshNode[] = [];
    for (let number = 70; number < 80; number++) {
      const options = { mode: "edge", links: "auto", bootstrap: [FIRST] } as const;
      edges.push(await startSimNode(world, number, options));
    }
    await world.run(Promise.all(edges.map((edge) => edge.ready())));
    await world.advance(120_000);
    expect(closed.reachability.state).toBe("failed");
    expect(closed.health.state().reasons[0]).toMatch(
      /^dialable: .* port 9443, neither over UDP nor over TCP/,
    );
    expect(logged).toEqual(["warn not_dialable"]);
    const id = idText(closed.context.self);
    for (const node of [...nodes, ...edges]) {
      const link = node.status().links.find((it) => it.node === id);
      expect(link?.transit ?? false).toBe(false);
    }
    expect(observer.dht.contacts.get(closed.context.self)).toBeUndefined();
    expect(observer.context.table.to(closed.context.self)?.contact.addresses ?? []).toEqual([]);
    // What it can do as an edge, it does.
    await world.run(closed.registry.advertise("closed.door", 5_000, undefined));
    const [edge] = edges as [MeshNode];
    const found = await world.run(edge.lookup("closed.door"));
    expect(found.providers.map(({ node }) => node)).toEqual([id]);
  });

  it("loses its roles where the door closes later, and gets them back", async () => {
    const world = newWorld();
    const far = 200;
    const helpers: Composition[] = [];
    for (const number of [1, 2, 3, 4]) {
      const bootstrap = number === 1 ? [] : [1];
      const options = { mode: "gateway", bootstrap, dialsBackFrom: far } as const;
      helpers.push(await composeIn(world, number, options));
    }
    const node = await gateway(world, 9, [1, 2, 3, 4]);
    await world.run(node.ready());
    await world.advance(60_000);
    const known = (): boolean[] =>
      helpers.map(({ dht }) => dht.contacts.get(world.signer(9).id) !== undefined);
    expect(known()).toEqual([true, true, true, true]);
    world.network.conditions.cutOneWay(world.ip(far), world.ip(9));
    await world.advance(1_900_000);
    expect(node.status().dialable).toBe("failed");
    expect(known()).toEqual([false, false, false, false]);
    world.network.conditions.healOneWay(world.ip(far), world.ip(9));
    await world.advance(1_900_000);
    expect(node.status().dialable).toBe("proved");
    expect(known()).toEqual([true, true, true, true]);
  });
});

describe("a node that others have dialled", () => {
  it("does not believe them that it can't be", async () => {
    const world = newWorld();
    const far = 200;
    const first = await composeIn(world, FIRST, { mode: "gateway" });
    world.network.conditions.cutOneWay(world.ip(far), world.ip(FIRST));
    for (const number of [1, 2, 3]) {
      const options = { mode: "gateway", bootstrap: [FIRST], dialsBackFrom: far } as const;
      await composeIn(world, number, options);
    }
    await world.advance(120_000);
    expect(world.counts(FIRST).dial_backs_asked).toBeGreaterThan(2);
    expect(first.reachability.state).toBe("proved");
  });
});

describe("whoever asks to be dialled back", () => {
  it("has its own host knocked at, and that seldom, where somebody else answers there", async () => {
    const world = newWorld();
    const nodes = await mesh(world);
    const liar = await composeIn(world, 50, { mode: "gateway", bootstrap: [FIRST] });
    await world.advance(20_000);
    const victim = world.transport(50, world.identity(51));
    await world.run(victim.listen(world.address(50, 5_000)));
    const link = liar.context.table.to(world.signer(FIRST).id) as Link;
    for (let time = 0; time < 100; time++) {
      askToDialBack(link, 5_000);
      await world.advance(100);
    }
    expect(victim.stats().datagramsReceived).toBeGreaterThan(0);
    expect(victim.stats().datagramsReceived).toBeLessThanOrEqual(5);
    expect((nodes[FIRST] as MeshNode).status().counters.dial_backs_refused).toBeGreaterThan(90);
  });

  it("is no more than four of them at once", async () => {
    const world = newWorld();
    const first = await composeIn(world, FIRST, { mode: "gateway" });
    const askers: Composition[] = [];
    for (let number = 1; number <= 10; number++) {
      const options = { mode: "gateway", bootstrap: [FIRST], isClosed: true } as const;
      askers.push(await composeIn(world, number, options));
    }
    await world.advance(1_000);
    expect(askers.map(({ context }) => context.table.size)).toEqual(new Array(10).fill(1));
    expect(world.counts(FIRST).dial_backs).toBe(4);
    await world.advance(2_000);
    expect(world.counts(FIRST).dial_backs).toBe(8);
    // Whoever waits for longer is told so: it has given up by then.
    await world.advance(2_000);
    expect(world.counts(FIRST)).toMatchObject({ dial_backs: 8, dial_backs_refused: 2 });
    first.reachability.close(new MeshError("closed", "the test is over"));
  });

  it("has to ask over its own link, and for a port", async () => {
    const world = newWorld();
    await mesh(world);
    const liar = await composeIn(world, 50, { mode: "gateway", bootstrap: [FIRST] });
    await world.advance(20_000);
    const link = liar.context.table.to(world.signer(FIRST).id) as Link;
    askToDialBack(link, 0);
    await world.advance(100);
    expect(link.ended).toMatchObject({ by: "peer", code: ERROR_CODES.bad_frame.wire });
  });
});
