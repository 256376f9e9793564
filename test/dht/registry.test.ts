import { describe, expect, it } from "vitest";
import { codeFromWire } from "../../src/base/errors.ts";
import type { Key } from "../../src/base/id.ts";
import { signRecord } from "../../src/dht/record.ts";
import { signerFromSeed } from "../../src/identity/keys.ts";
import { procedureKey, realmId } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import {
  type DhtAnswer,
  readDhtAnswer,
  readDhtRequest,
  writeDhtAnswer,
  writeDhtRequest,
} from "../../src/wire/dht.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { frameOf, RawPeer } from "../peer/raw-peer.ts";
import { settled } from "../rpc/line.ts";

const REALM = realmId("com.example.sim");
const MINUTE = 60_000;

interface Mesh {
  readonly world: World;
  readonly gateways: readonly MeshNode[];
  readonly client: MeshNode;
  readonly provider: MeshNode;
}

/** Two gateways, 1 and 2; the client 0 at the first, the provider 3 at the second. */
async function mesh(): Promise<Mesh> {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const gateways = [
    await startSimNode(world, 1, { mode: "gateway", listen: true }),
    await startSimNode(world, 2, { mode: "gateway", listen: true, bootstrap: [1] }),
  ];
  const provider = await startSimNode(world, 3, { mode: "edge", bootstrap: [2] });
  const client = await startSimNode(world, 0, { mode: "edge", bootstrap: [1] });
  await world.run(Promise.all([...gateways, provider, client].map((node) => node.ready())));
  return { world, gateways, client, provider };
}

const code = (world: World, work: Promise<unknown>) =>
  world.run(work.catch((cause: { code: string }) => cause.code));
const lookups = (node: MeshNode) => node.status().counters.lookups ?? 0;

describe("a provider", () => {
  it("is found for as long as it lives, and longer than its first record", async () => {
    const { world, client, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    for (let at = 0; at < 4; at++) {
      await world.advance(5 * MINUTE);
      expect(await code(world, client.call("echo", at))).toBe(at);
    }
  });

  it("is found by nobody new once its record has expired after a crash", async () => {
    const { world, client, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    world.crash(3);
    await world.advance(6 * MINUTE);
    expect(await code(world, client.call("echo", 1))).toBe("no_provider");
  });

  it("puts its record on a node that comes later too", async () => {
    const { world, provider } = await mesh();
    const registration = await world.run(provider.register("echo", (args) => args));
    expect(registration.copies).toBe(2);
    const late = await startSimNode(world, 4, { mode: "gateway", listen: true, bootstrap: [2] });
    await world.run(late.ready());
    // Its owner looks for its holders anew every third time.
    await world.advance(13 * MINUTE);
    expect(registration.copies).toBe(3);
    expect(late.status().bounds.records).toMatchObject({ used: 1 });
  });

  it("that could not tell of its end is not called for ever", async () => {
    const { world, client, provider } = await mesh();
    const registration = await world.run(provider.register("echo", (args) => args));
    expect(await code(world, client.call("echo", 1))).toBe(1);
    world.network.conditions.partition([[world.ip(3)], [world.ip(0), world.ip(1), world.ip(2)]]);
    await world.run(registration.unregister());
    await world.advance(6 * MINUTE);
    world.network.conditions.healAll();
    await world.advance(10_000);
    expect(await code(world, client.call("echo", 1))).toBe("no_provider");
  });

  it("withdraws everything when it closes", async () => {
    const { world, client, provider } = await mesh();
    await world.run(provider.register("one", () => 1));
    await world.run(provider.register("two", () => 2));
    await world.run(provider.close());
    await world.run(provider.close());
    expect(await code(world, client.call("one"))).toBe("no_provider");
    expect(await code(world, client.call("two"))).toBe("no_provider");
  });

  it("is not registered while the only copy is its own and others refuse theirs", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const node = await startSimNode(world, 1, { mode: "gateway", listen: true });
    const alone = await world.run(node.register("alone", () => 1));
    expect(alone.copies).toBe(1);
    const peer = await RawPeer.link(world, 2, 1, { serves: true });
    const registered = settled(node.register("echo", () => 1, { timeout: 2_000 }));
    let answered = 0;
    for (let step = 0; step < 100; step++) {
      for (const { type, frame } of peer.received.slice(answered)) answer(peer, type, frame);
      answered = peer.received.length;
      await world.advance(20);
    }
    expect(await world.run(registered)).toBe("store_failed");
    expect(peer.types).toContain(TYPE.store);
    expect(node.status().procedures).toEqual(["alone"]);
  });

  it("that stops waiting for its record provides nothing", async () => {
    const { world, provider } = await mesh();
    world.network.conditions.partition([[world.ip(3)], [world.ip(0), world.ip(1), world.ip(2)]]);
    const stop = new AbortController();
    const registering = provider.register("echo", () => 1, { signal: stop.signal });
    const ending = registering.catch((cause: { code: string }) => cause.code);
    await world.advance(500);
    stop.abort();
    expect(await world.run(ending)).toBe("cancelled");
    expect(provider.status().procedures).toEqual([]);
  });
});

describe("what a caller knows of providers", () => {
  it("is good for no longer than their records", async () => {
    const { world, client, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    await world.advance(3 * MINUTE);
    expect(await code(world, client.call("echo", 1))).toBe(1);
    const asked = lookups(client);
    world.crash(3);
    await world.advance(2 * MINUTE + 1_000);
    expect(client.status().bounds.providersCached?.used).toBe(1);
    expect(await code(world, client.call("echo", 2))).toBe("no_provider");
    expect(lookups(client)).toBe(asked + 1);
    expect(client.status().counters.route_searches ?? 0).toBe(0);
  });

  it("serves calls for a minute without asking, then is asked for behind the scenes", async () => {
    const { world, client, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    await world.run(client.call("echo", 1));
    const asked = lookups(client);
    for (let at = 0; at < 10; at++) await world.run(client.call("echo", at));
    expect(lookups(client)).toBe(asked);
    await world.advance(MINUTE);
    expect(await code(world, client.call("echo", 7))).toBe(7);
    await world.advance(100);
    expect(lookups(client)).toBe(asked + 1);
    await world.run(client.call("echo", 8));
    expect(lookups(client)).toBe(asked + 1);
  });

  it("is asked for once, however many calls wait for it", async () => {
    const { world, client, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    const calls = Array.from({ length: 50 }, (_, at) => client.call("echo", at));
    expect(await world.run(Promise.all(calls))).toEqual(calls.map((_, at) => at));
    expect(lookups(client)).toBe(1);
  });
});

/** Answers as a node that serves, knows nobody and takes no record. */
function answer(peer: RawPeer, type: number, frame: Uint8Array): void {
  if (type !== TYPE.findNode && type !== TYPE.store) return;
  const { number } = readDhtRequest(type, frame, 8, frame.length);
  const said: DhtAnswer =
    type === TYPE.store
      ? { kind: "store_ack", code: "overloaded" }
      : { kind: "find_node_reply", contacts: [] };
  const answerType = type === TYPE.store ? TYPE.storeAck : TYPE.findNodeReply;
  peer.queueControl(frameOf(answerType, (writer) => writeDhtAnswer(writer, number, said)));
}

/** The DHT as a peer sees it that speaks the wire by hand. */
async function beside(): Promise<{ world: World; node: MeshNode; peer: RawPeer }> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 1, { mode: "gateway", listen: true });
  return { world, node, peer: await RawPeer.link(world, 2, 1, { serves: true }) };
}

/** Answers of the DHT that a peer got. */
function answers(peer: RawPeer): DhtAnswer[] {
  return peer.received
    .filter(({ type }) => type >= TYPE.findNode && type !== TYPE.findNode)
    .filter(({ type }) =>
      [TYPE.findNodeReply, TYPE.findValueReply, TYPE.storeAck].includes(type as 0x45),
    )
    .map(({ type, frame }) => readDhtAnswer(type, frame, 8, frame.length).answer);
}

function ask(request: Parameters<typeof writeDhtRequest>[2]): Uint8Array {
  const types = { find_node: TYPE.findNode, find_value: TYPE.findValue, store: TYPE.store };
  return frameOf(types[request.kind], (writer) => writeDhtRequest(writer, 1, request));
}

function recordOf(world: World, number: number, key: Key, realm = REALM) {
  const now = world.clock.wall();
  const claim = {
    key,
    seq: now,
    expires: now + 300_000,
    withdrawn: false,
    anchors: [],
    boxKey: key,
  };
  return signRecord(signerFromSeed(world.keySeed(number)), realm, claim);
}

describe("a node that holds records", () => {
  const key = procedureKey(REALM, "echo");

  it("takes a good one and hands it out again", async () => {
    const { world, peer } = await beside();
    const record = recordOf(world, 7, key);
    await peer.sendControl(ask({ kind: "store", record: record.bytes }));
    await peer.sendControl(ask({ kind: "find_value", key, near: key }));
    const [stored, found] = answers(peer);
    expect(stored).toEqual({ kind: "store_ack", code: undefined });
    expect(found).toMatchObject({ kind: "find_value_reply", records: [record.bytes] });
  });

  it.each([
    ["of another realm", (world: World) => recordOf(world, 7, key, realmId("org.other")).bytes],
    ["that is changed", (world: World) => recordOf(world, 7, key).bytes.fill(1, 80, 90)],
    ["that is no record", () => new Uint8Array(100)],
  ])("refuses one %s and says why", async (_, make) => {
    const { world, node, peer } = await beside();
    await peer.sendControl(ask({ kind: "store", record: make(world) }));
    expect(answers(peer)).toEqual([{ kind: "store_ack", code: "bad_record" }]);
    expect(node.status().counters.records_refused).toBe(1);
    expect(peer.closed).toBeUndefined();
  });

  it("says when it has no room for another owner", async () => {
    const { world, peer } = await beside();
    for (let owner = 10; owner < 10 + 257; owner++) {
      await peer.sendControl(ask({ kind: "store", record: recordOf(world, owner, key).bytes }));
    }
    const codes = answers(peer).map((it) => it.kind === "store_ack" && it.code);
    expect(codes.slice(0, 256).every((it) => it === undefined)).toBe(true);
    expect(codes[256]).toBe("overloaded");
    await peer.sendControl(ask({ kind: "find_value", key, near: key }));
    expect(answers(peer).at(-1)).toMatchObject({ records: { length: 24 } });
  });

  it("names the nodes it knows that are nearest", async () => {
    const { peer } = await beside();
    await peer.sendControl(ask({ kind: "find_node", target: key }));
    expect(answers(peer)[0]).toMatchObject({ kind: "find_node_reply", contacts: { length: 1 } });
  });

  it("closes a link over which a malformed question comes", async () => {
    const { peer } = await beside();
    await peer.sendControl(frameOf(TYPE.findNode, (writer) => writer.array(2)));
    expect(peer.closed && codeFromWire(peer.closed.code)).toBe("bad_frame");
  });

  it("ignores answers that it has not asked for", async () => {
    const { peer } = await beside();
    const answer: DhtAnswer = { kind: "store_ack", code: undefined };
    await peer.sendControl(frameOf(TYPE.storeAck, (writer) => writeDhtAnswer(writer, 5, answer)));
    expect(peer.closed).toBeUndefined();
  });
});

describe("a node that does not hold records", () => {
  it("refuses them", async () => {
    const world = new World({ seed: 1 });
    await startSimNode(world, 1, { mode: "edge", listen: true });
    const peer = await RawPeer.link(world, 2, 1);
    const record = recordOf(world, 7, procedureKey(REALM, "echo")).bytes;
    await peer.sendControl(ask({ kind: "store", record }));
    expect(answers(peer)).toEqual([{ kind: "store_ack", code: "refused" }]);
  });
});

describe("a caller whose neighbour lies", () => {
  async function lied(world: World, peer: RawPeer, node: MeshNode, records: Uint8Array[]) {
    const work = node
      .call("echo", 1, { timeout: 1_000 })
      .catch((cause: { code: string }) => cause.code);
    await peer.settle();
    const question = peer.received.filter(({ type }) => type === TYPE.findValue).at(-1);
    if (question === undefined) throw new Error("nobody asked");
    const { number } = readDhtRequest(question.type, question.frame, 8, question.frame.length);
    const answer: DhtAnswer = {
      kind: "find_value_reply",
      records,
      contacts: [new Uint8Array(100), peer.hello().contact],
    };
    await peer.sendControl(
      frameOf(TYPE.findValueReply, (it) => writeDhtAnswer(it, number, answer)),
    );
    return world.run(work);
  }

  it("believes no record that its owner has not signed for this key, and no such contact", async () => {
    const { world, node, peer } = await beside();
    const key = procedureKey(REALM, "echo");
    const elsewhere = recordOf(world, 7, procedureKey(REALM, "other")).bytes;
    const forged = recordOf(world, 7, key).bytes.fill(1, 80, 90);
    expect(await lied(world, peer, node, [elsewhere, forged])).toBe("no_provider");
    expect(node.status().counters.records_refused).toBe(1);
    expect(node.status().counters.contacts_refused).toBe(1);
  });

  it("calls whom a true record names", async () => {
    const { world, node, peer } = await beside();
    const own = recordOf(world, 2, procedureKey(REALM, "echo"));
    expect(own.owner).toEqual(peer.id);
    expect(await lied(world, peer, node, [own.bytes])).toBe("timeout");
    expect(peer.types).toContain(TYPE.call);
  });
});
