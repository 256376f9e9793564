import { beforeEach, describe, expect, it } from "vitest";
import { codeFromWire } from "../../src/base/errors.ts";
import { signerFromSeed } from "../../src/identity/keys.ts";
import { parseRealm } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { Composition } from "../../src/node/compose.ts";
import { signContact } from "../../src/peer/contact.ts";
import { parseToken } from "../../src/peer/token.ts";
import { World } from "../../src/sim/world.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { writeHello } from "../../src/wire/hello.ts";
import { writePing } from "../../src/wire/ping.ts";
import { frameOf, RawPeer } from "../peer/raw-peer.ts";
import { outcome, settled } from "../rpc/line.ts";
import { Club, GRACE, MINUTE } from "./club.ts";
import { composeIn } from "./composed.ts";

const PRETENDER = signerFromSeed(new Uint8Array(32).fill(201));
const GATEWAY = { mode: "gateway", listen: true, links: "auto" } as const;
const EDGE = { mode: "edge", links: "auto" } as const;

let world: World;
let club: Club;
beforeEach(() => {
  world = new World({ seed: 1, link: { delay: [1, 5] } });
  club = new Club(world);
});

/** Gateways 0 to 2, and the edges 3 and 4, all of them members. */
async function mesh(): Promise<{ gateways: MeshNode[]; caller: MeshNode; provider: MeshNode }> {
  const gateways: MeshNode[] = [];
  for (const number of [0, 1, 2]) {
    const bootstrap = number === 0 ? [] : [0];
    gateways.push(await club.start(number, { ...GATEWAY, bootstrap }));
  }
  const caller = await club.start(3, { ...EDGE, bootstrap: [0] });
  const provider = await club.start(4, { ...EDGE, bootstrap: [1] });
  await world.run(Promise.all([...gateways, caller, provider].map((node) => node.ready())));
  return { gateways, caller, provider };
}

const linked = (node: MeshNode) => node.status().links.map((link) => link.node);

/** Whether `node` knows anything of the node with that id: a link, a contact, an anchor. */
function knows(node: MeshNode, id: string): boolean {
  const { contacts, anchors, links } = node.status();
  return JSON.stringify([contacts, anchors, links]).includes(id);
}

describe("a closed realm", () => {
  it("is a mesh like any other to its members", async () => {
    const { gateways, caller, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    expect(await world.run(caller.call("echo", 7))).toBe(7);
    const { report } = await world.run(caller.explain("echo", 8));
    expect(report.provider).toBe(provider.id);
    for (const node of [...gateways, caller, provider]) {
      expect(node.status().membership).toMatchObject({ state: "valid" });
      expect(node.status().counters.handshakes_refused ?? 0).toBe(0);
      expect(node.status().counters.contacts_refused ?? 0).toBe(0);
    }
    expect(caller.status().membership?.roles).toEqual(["edge"]);
  });

  it("verifies each token a few times in all, not for each contact and record", async () => {
    const { gateways, provider } = await mesh();
    for (let at = 0; at < 50; at++) await world.run(provider.register(`p${at}`, () => at));
    await world.advance(10 * MINUTE);
    for (const gateway of gateways) {
      expect(gateway.status().counters.tokens_verified).toBeLessThanOrEqual(5);
      expect(gateway.status().bounds.tokensKnown?.used).toBeLessThanOrEqual(5);
    }
  });

  it("is not begun without a token that fits", async () => {
    const start = async (mode: "edge" | "gateway" = "edge") =>
      settled(club.start(5, { mode, bootstrap: [0] }));
    club.issue(5, 60 * MINUTE, "edge", {}, PRETENDER);
    expect(await start()).toBe("bad_token");
    club.issue(5, 60 * MINUTE, "edge", { node: world.signer(4).id });
    expect(await start()).toBe("token_wrong_node");
    club.issue(5, 60 * MINUTE, "edge", { realm: new Uint8Array(32) });
    expect(await start()).toBe("token_wrong_realm");
    club.issue(5, -1);
    expect(await start()).toBe("token_expired");
    club.issue(5, 60 * MINUTE, "edge", { notBefore: world.clock.wall() + 2 * GRACE });
    expect(await start()).toBe("token_not_yet");
    club.issue(5, 60 * MINUTE, "bootstrap");
    expect(await start("gateway")).toBe("token_role");
  });
});

describe("a stranger at a closed realm", () => {
  /** The hello of node `number` that shows `token`, or none. */
  async function refusedWith(number: number, text?: string, transit = false): Promise<string> {
    const token = text === undefined ? undefined : parseToken(text);
    const realm = parseRealm(club.realm).id;
    const claim = { addresses: [], anchors: [], transit, serves: false };
    const contact = signContact(world.signer(number), realm, claim, world.clock.wall(), token);
    const peer = await RawPeer.dial(world, number, 0);
    await peer.openShared();
    const hello = peer.hello({
      realm,
      contact: contact.bytes,
      token: token?.bytes ?? new Uint8Array(0),
    });
    await peer.sendControl(frameOf(TYPE.connect, (it) => writeHello(it, hello)));
    await peer.sendControl(frameOf(TYPE.ping, (it) => writePing(it, 1)));
    expect(peer.received).toEqual([]);
    return codeFromWire(peer.closed?.code ?? 0);
  }

  it("is refused in the handshake, told why, and nothing it says is read", async () => {
    const gateway = await club.start(0, GATEWAY);
    const tokens: [string, string | undefined][] = [
      ["token_missing", undefined],
      ["bad_token", club.issue(9, MINUTE, "edge", {}, PRETENDER)],
      ["token_wrong_node", club.issue(9, MINUTE, "edge", { node: world.signer(4).id })],
      ["token_wrong_realm", club.issue(9, MINUTE, "edge", { realm: new Uint8Array(32) })],
      ["token_expired", club.issue(9, -2 * GRACE)],
      [
        "token_not_yet",
        club.issue(9, 60 * MINUTE, "edge", { notBefore: world.clock.wall() + 2 * GRACE }),
      ],
    ];
    for (const [code, token] of tokens) expect(await refusedWith(9, token)).toBe(code);
    const edgeToken = club.issue(9, MINUTE, "edge");
    expect(await refusedWith(9, edgeToken, true)).toBe("token_role");
    expect(gateway.status().links).toEqual([]);
    expect(gateway.status().counters.handshakes_refused).toBe(tokens.length + 1);
  });

  it("is refused by a member that dials it, too", async () => {
    const stranger = await lenient(9, "gateway", [], PRETENDER);
    const member = await club.start(3, { mode: "edge", bootstrap: [9] });
    expect(await outcome(world, member.ready({ timeout: 3_000 }))).toBe("timeout");
    expect(member.status().bootstrap[0]?.lastError).toMatch(/^bad_token: /);
    expect([member.status().links, stranger.context.table.size]).toEqual([[], 0]);
  });

  /** Node `number`, which believes everybody, with a token of `authority`. */
  async function lenient(
    number: number,
    mode: "gateway" | "edge",
    bootstrap: readonly number[],
    authority?: typeof PRETENDER,
  ): Promise<Composition> {
    club.issue(number, undefined, mode, {}, authority);
    const mine = { realm: club.realm, token: club.source(number), verify: () => true };
    return await composeIn(world, number, { mode, bootstrap, ...mine });
  }

  it("gets in nowhere, and its records spread nowhere, though a member lets it in", async () => {
    const { gateways, caller, provider } = await mesh();
    const traitor = await lenient(8, "gateway", [0, 1, 2]);
    const stranger = await lenient(9, "gateway", [0, 8], PRETENDER);
    await world.advance(20_000);
    expect(traitor.context.table.to(world.signer(9).id)).toBeDefined();
    await world.run(settled(stranger.registry.advertise("secret.read", 5_000, undefined)));
    // The traitor has the record of the stranger, and its contact: it hands both on to whoever asks.
    expect(traitor.dht.store.size).toBeGreaterThan(0);
    expect(traitor.dht.contacts.get(world.signer(9).id)).toBeDefined();
    await world.run(provider.register("echo", (args) => args));
    await world.advance(10 * MINUTE);
    expect(linked(gateways[0] as MeshNode)).toContain(club.idOf(8));
    for (const node of [...gateways, caller, provider]) {
      expect(knows(node, club.idOf(9))).toBe(false);
      expect((await world.run(node.lookup("secret.read"))).providers).toEqual([]);
      const failed = (await outcome(world, node.call("secret.read"))) as string;
      expect(failed).toBe("no_provider");
      expect(node.status().records.owners).toBeLessThanOrEqual(1);
    }
    const refused = [...gateways, caller, provider].map((node) => node.status().counters);
    expect(refused.some((counts) => (counts.records_refused ?? 0) > 0)).toBe(true);
    expect(refused.some((counts) => (counts.contacts_refused ?? 0) > 0)).toBe(true);
    expect(await world.run(caller.call("echo", 1))).toBe(1);
  });

  it("has no role that its token does not allow, not even as a member", async () => {
    const gateway = await club.start(0, GATEWAY);
    club.issue(9, undefined, "edge");
    const edge = await club.start(9, { ...EDGE, listen: true, bootstrap: [0] });
    await world.run(edge.ready());
    await world.advance(MINUTE);
    expect(edge.status().dialable).toBe("proved");
    expect(gateway.status().contacts).toEqual([]);
    expect(gateway.status().counters.contacts_refused ?? 0).toBe(0);
    expect(linked(gateway)).toEqual([edge.id]);
  });
});

describe("a token that runs out", () => {
  it("ends what its node provides at once, and its links after ten minutes", async () => {
    club.issue(4, 30 * MINUTE, "edge");
    const { gateways, caller, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    const isLinked = () => gateways.some((node) => linked(node).includes(provider.id));
    await world.advance(29 * MINUTE);
    expect((await world.run(caller.lookup("echo"))).providers).toHaveLength(1);
    expect(provider.status().membership?.state).toBe("expiring");
    expect(provider.status().health.state).toBe("healthy");
    await world.advance(MINUTE);
    expect((await world.run(caller.lookup("echo"))).providers).toEqual([]);
    expect(provider.status().membership?.state).toBe("expired");
    expect(provider.status().health.reasons.join()).toMatch(/token expired at .* another one/);
    await world.advance(GRACE - MINUTE);
    expect(isLinked()).toBe(true);
    await world.advance(MINUTE + 1_000);
    expect(isLinked()).toBe(false);
    await world.advance(60 * MINUTE);
    expect(isLinked()).toBe(false);
    expect(await outcome(world, caller.call("echo"))).toBe("no_provider");
    expect(await outcome(world, caller.call("echo", 1, { provider: provider.id }))).toBe(
      "no_route",
    );
    expect(provider.status().bootstrap[0]?.lastError).toMatch(/^token_expired: /);
  });

  it("is renewed by a running node, which comes back within seconds", async () => {
    club.issue(4, 30 * MINUTE, "edge");
    const { caller, provider } = await mesh();
    await world.run(provider.register("echo", (args) => args));
    await world.advance(120 * MINUTE);
    expect(linked(provider)).toEqual([]);
    club.issue(4, 30 * MINUTE, "edge");
    await world.advance(15_000);
    expect(provider.status().membership?.state).toBe("valid");
    expect(provider.status().health.state).toBe("healthy");
    expect(await world.run(caller.call("echo", 5))).toBe(5);
  });

  it("is renewed in time without a lost call", async () => {
    club.issue(0, 20 * MINUTE, "gateway");
    club.issue(4, 20 * MINUTE, "edge");
    const { gateways, caller, provider } = await mesh();
    const lost: string[] = [];
    for (const node of [...gateways, caller, provider]) {
      node.on("link_lost", ({ reason }) => lost.push(reason));
    }
    await world.run(provider.register("echo", (args) => args));
    for (let at = 0; at < 1_200; at++) {
      if (at % 160 === 159) {
        club.issue(0, 20 * MINUTE, "gateway");
        club.issue(4, 20 * MINUTE, "edge");
      }
      await world.advance(5_000);
      expect(await outcome(world, caller.call("echo", at))).toBe(at);
    }
    expect(lost.filter((reason) => /token/.test(reason))).toEqual([]);
  });

  it("is renewed at the last moment, and everybody is told at once", async () => {
    // Ten seconds before its end nothing else would have this node sign its contact and its record anew in time.
    const life = 10 * MINUTE + 30_000;
    club.issue(4, life, "edge");
    const gateway = await club.start(0, { mode: "gateway", listen: true });
    const provider = await club.start(4, { mode: "edge", bootstrap: [0] });
    await world.run(provider.register("echo", (args) => args));
    await world.advance(life - 10_000);
    club.issue(4, life, "edge");
    await world.advance(20_000);
    expect((await world.run(gateway.lookup("echo"))).providers).toHaveLength(1);
    const lost: string[] = [];
    gateway.on("link_lost", ({ reason }) => lost.push(reason));
    await world.advance(life - 15_000 + GRACE - 10_000);
    club.issue(4, life, "edge");
    await world.advance(30_000);
    expect(lost).toEqual([]);
  });

  it("stays as it is where what is put in its place is no better, which is told once", async () => {
    const lone = await club.start(4, { mode: "edge" });
    const expires = lone.status().membership?.expires;
    club.issue(4, 60 * MINUTE, "edge", {}, PRETENDER);
    await world.advance(MINUTE);
    expect(lone.status().membership?.expires).toBe(expires);
    const told = world.trace.tail().filter((line) => line.includes("warn token_refused"));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/not signed with the key of this realm/);
  });

  it("is told of once before it ends, and once when it has", async () => {
    club.issue(4, 40 * MINUTE, "edge");
    await club.start(4, { mode: "edge" });
    await world.advance(120 * MINUTE);
    const told = world.trace.tail().map((line) => line.replace(/^.* ms /, ""));
    expect(told.filter((line) => line.includes("token_"))).toEqual([
      expect.stringMatching(/^node 4: warn token_expires_soon expires=.* no restart is needed/),
      expect.stringMatching(/^node 4: error token_expired reason=.* have another one issued/),
    ]);
  });
});
