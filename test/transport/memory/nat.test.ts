import { describe, expect, it } from "vitest";
import { type Address, parseHostPort, toAddress } from "../../../src/base/address.ts";
import { SeededRandom } from "../../../src/sim/random.ts";
import { World } from "../../../src/sim/world.ts";
import { Nat, type NatKind } from "../../../src/transport/memory/nat.ts";
import fc from "../../base/property.ts";
import { arrivals, askEcho, ConnectionProbe, echo } from "../../contract/probes.ts";

const OUTSIDE = "100.64.0.1";
const INSIDE = toAddress("10.0.0.1", 9_443);
/** Two ports of one host, and another host. */
const FIRST = toAddress("192.0.2.1", 1_000);
const OTHER_PORT = toAddress("192.0.2.1", 2_000);
const OTHER_HOST = toAddress("192.0.2.9", 1_000);

const KINDS: readonly NatKind[] = ["full_cone", "restricted", "port_restricted", "symmetric"];

function natOf(kind: NatKind, mappingLife?: number): Nat {
  const life = mappingLife === undefined ? {} : { mappingLife };
  return new Nat({ kind, outside: OUTSIDE, ...life }, new SeededRandom(1));
}

describe("the mapping of a NAT", () => {
  it.each<[NatKind, boolean]>([
    ["full_cone", true],
    ["restricted", true],
    ["port_restricted", true],
    ["symmetric", false],
  ])("%s: one outer port for whoever is sent to: %s", (kind, isOne) => {
    const nat = natOf(kind);
    const seen = [FIRST, OTHER_PORT, OTHER_HOST].map((to) => nat.outbound(INSIDE, to, 0));
    expect(seen.map((address) => parseHostPort(address).host)).toEqual(Array(3).fill(OUTSIDE));
    expect(new Set(seen).size).toBe(isOne ? 1 : 3);
    expect(nat.outbound(INSIDE, FIRST, 10)).toBe(seen[0]);
  });

  it.each(KINDS)("%s: gives each inner address a port of its own", (kind) => {
    const nat = natOf(kind);
    const neighbour = toAddress("10.0.0.2", 9_443);
    expect(nat.outbound(INSIDE, FIRST, 0)).not.toBe(nat.outbound(neighbour, FIRST, 0));
  });

  it.each(KINDS)("%s: lasts for as long as something leaves in its time, and no longer", (kind) => {
    const nat = natOf(kind, 30_000);
    const outside = nat.outbound(INSIDE, FIRST, 0);
    expect(nat.outbound(INSIDE, FIRST, 30_000)).toBe(outside);
    expect(nat.inbound(outside, FIRST, 60_000)).toBe(INSIDE);
    // What comes in does not keep it open (RFC 4787, REQ-6 leaves that to the NAT).
    expect(nat.inbound(outside, FIRST, 60_001)).toBeUndefined();
    expect(nat.outbound(INSIDE, FIRST, 60_001)).not.toBe(outside);
    expect(nat.inbound(outside, FIRST, 60_002)).toBeUndefined();
  });

  it.each(KINDS)("%s: is another one after the router was started again", (kind) => {
    const nat = natOf(kind);
    const before = nat.outbound(INSIDE, FIRST, 0);
    nat.rebind();
    expect(nat.inbound(before, FIRST, 1)).toBeUndefined();
    const after = nat.outbound(INSIDE, FIRST, 1);
    expect(after).not.toBe(before);
    expect(nat.inbound(after, FIRST, 1)).toBe(INSIDE);
  });
});

describe("the filter of a NAT", () => {
  it.each<[NatKind, boolean[]]>([
    ["full_cone", [true, true, true]],
    ["restricted", [true, true, false]],
    ["port_restricted", [true, false, false]],
    ["symmetric", [true, false, false]],
  ])("%s: lets in who was sent to, another port of it, another host: %j", (kind, expected) => {
    const nat = natOf(kind);
    const outside = nat.outbound(INSIDE, FIRST, 0);
    const passed = [FIRST, OTHER_PORT, OTHER_HOST].map((from) => nat.inbound(outside, from, 1));
    expect(passed).toEqual(expected.map((passes) => (passes ? INSIDE : undefined)));
    expect(nat.refused).toBe(expected.filter((passes) => !passes).length);
  });

  it.each(KINDS)("%s: is closed before the first packet has left", (kind) => {
    expect(natOf(kind).inbound(toAddress(OUTSIDE, 20_000), FIRST, 0)).toBeUndefined();
  });

  it("forgets who was sent to one by one", () => {
    const nat = natOf("port_restricted", 30_000);
    const outside = nat.outbound(INSIDE, FIRST, 0);
    nat.outbound(INSIDE, OTHER_HOST, 20_000);
    expect(nat.inbound(outside, FIRST, 30_001)).toBeUndefined();
    expect(nat.inbound(outside, OTHER_HOST, 30_001)).toBe(INSIDE);
  });

  it("lets in what its rule says, after any packets whatsoever", () => {
    const remotes = [FIRST, OTHER_PORT, OTHER_HOST];
    const packets = fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), packets, (kind, sent) => {
        const nat = natOf(kind);
        const to = sent.map((at) => remotes[at] as Address);
        const outer = to.map((remote) => nat.outbound(INSIDE, remote, 0));
        for (const [at, outside] of outer.entries()) {
          for (const from of remotes) {
            const wasSent = {
              full_cone: true,
              restricted: to.some((it) => parseHostPort(it).host === parseHostPort(from).host),
              port_restricted: to.includes(from),
              symmetric: to[at] === from,
            }[kind];
            expect(nat.inbound(outside, from, 0)).toBe(wasSent ? INSIDE : undefined);
          }
        }
      }),
    );
  });
});

describe("hosts behind a NAT in the memory network", () => {
  /** Node 0 stands behind a NAT, and node 3 with it; nodes 1 and 2 do not. */
  function scene(kind: NatKind): { world: World; nat: Nat } {
    const world = new World({ seed: 1, link: { delay: [5, 5] } });
    return { world, nat: world.behindNat([0, 3], { kind }) };
  }

  it.each(KINDS)("%s: dial others, and are seen at its address", async (kind) => {
    const { world, nat } = scene(kind);
    const from = world.transport(0, world.identity(0));
    const to = world.transport(1, world.identity(1));
    const arrived = arrivals(to, echo);
    await to.listen(world.address(1));
    const dialled = await world.run(from.dial(world.address(1), { timeout: 5_000 }));
    await world.run(askEcho(new ConnectionProbe(dialled).connection));
    const { connection } = await world.run(arrived.take());
    const { host, port } = parseHostPort(connection.remoteAddress);
    expect(host).toBe(nat.outside);
    expect(port).not.toBe(parseHostPort(from.address as Address).port);
    // The router is started again: the connection goes on from another port (RFC 9000, 9).
    nat.rebind();
    await world.run(askEcho(dialled));
    expect(connection.remoteAddress).not.toBe(toAddress(host, port));
  });

  it("are not reached at their own address, nor at the outer one before they have sent", async () => {
    const { world } = scene("full_cone");
    const inside = world.transport(0, world.identity(0));
    let got = 0;
    inside.onRaw = () => {
      got += 1;
    };
    await inside.listen(world.address(0));
    const outside = world.transport(1, world.identity(1));
    await outside.listen(world.address(1));
    const seen: Address[] = [];
    outside.onRaw = (_, from) => seen.push(from);
    outside.sendRaw(world.address(0), Uint8Array.of(1));
    outside.sendRaw(toAddress("100.64.0.1", 20_000), Uint8Array.of(1));
    await world.advance(100);
    expect(got).toBe(0);
    inside.sendRaw(world.address(1), Uint8Array.of(1));
    await world.advance(100);
    outside.sendRaw(seen[0] as Address, Uint8Array.of(1));
    await world.advance(100);
    expect(got).toBe(1);
  });

  it("reach each other by their own addresses, and not by the outer one", async () => {
    const { world } = scene("full_cone");
    const [a, b] = [0, 3].map((node) => world.transport(node, world.identity(node)));
    const got: Address[] = [];
    if (b) b.onRaw = (_, from) => got.push(from);
    await a?.listen(world.address(0));
    await b?.listen(world.address(3));
    // So that the outer address of b is open to everybody.
    b?.sendRaw(world.address(1), Uint8Array.of(1));
    const outer = world.network.nats.outbound(world.address(3), world.address(1), 0) as Address;
    a?.sendRaw(outer, Uint8Array.of(1));
    a?.sendRaw(world.address(3), Uint8Array.of(1));
    await world.advance(100);
    expect(got).toEqual([world.address(0)]);
  });

  it("can't stand behind two of them", () => {
    const { world } = scene("symmetric");
    expect(() => world.behindNat([3], { kind: "restricted" })).toThrow("belongs to a NAT already");
  });
});
