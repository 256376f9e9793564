import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import { parseHostPort, toAddress } from "../../src/base/address.ts";
import { MeshError, toMeshError } from "../../src/base/errors.ts";
import { StreamDriver } from "../../src/sim/stream-driver.ts";
import { World } from "../../src/sim/world.ts";
import { raceDials } from "../../src/transport/dial-race.ts";
import type { MemoryTransport } from "../../src/transport/memory/memory-transport.ts";
import { HEAD_START, PairedTransport } from "../../src/transport/paired-transport.ts";
import type { Connection, Transport } from "../../src/transport/transport.ts";
import { identityOf } from "../contract/stage.ts";

const TIMEOUT = 2_000;

/** One end: both drivers of it, and what became of them. */
interface End {
  readonly paired: PairedTransport;
  readonly socket: MemoryTransport;
  /** Drivers over streams that were made. */
  readonly made: Transport[];
  readonly arrived: Connection[];
  readonly logged: string[];
}

let world: World;
let ends: End[];

beforeEach(() => {
  world = new World({ seed: 1, link: { delay: [10, 10] } });
  ends = [];
});

afterEach(async () => {
  await world.run(Promise.all(ends.map(({ paired }) => paired.close())));
});

function end(node: number): End {
  const at = { identity: identityOf(node), address: world.address(node) };
  const socket = world.network.transport(at);
  const made: Transport[] = [];
  const logged: string[] = [];
  const make = async (): Promise<Transport> => {
    const driver = new StreamDriver(() => world.streams.transport({ ...at, isDatagram: false }));
    made.push(driver);
    return driver;
  };
  const paired = new PairedTransport({
    preferred: socket,
    fallback: { kind: "stream", make },
    clock: world.clock,
    log: { write: (_level, event) => logged.push(event) },
  });
  const arrived: Connection[] = [];
  paired.onConnection = (connection) => arrived.push(connection);
  const it = { paired, socket, made, arrived, logged };
  ends.push(it);
  return it;
}

async function listening(node: number): Promise<End & { readonly address: Address }> {
  const it = end(node);
  return { ...it, address: await world.run(it.paired.listen(world.address(node))) };
}

/** Nothing gets from or to the host of a node any more, of datagrams or of streams. */
function silence(network: "network" | "streams", node: number): void {
  for (const other of [0, 1, 2, 3].filter((it) => it !== node)) {
    world[network].conditions.cutOneWay(world.ip(node), world.ip(other));
    world[network].conditions.cutOneWay(world.ip(other), world.ip(node));
  }
}

/** Dials and tells how long that took and by what. */
async function dialled(from: End, to: Address): Promise<{ kind: string; took: number }> {
  const began = world.clock.now();
  const { kind } = await world.run(from.paired.dial(to, { timeout: TIMEOUT }));
  return { kind, took: world.clock.now() - began };
}

async function failure(work: Promise<unknown>): Promise<MeshError> {
  return await world.run(
    work.then(
      () => new MeshError("internal", "it did not fail"),
      (cause) => toMeshError(cause),
    ),
  );
}

describe("a dial over two drivers", () => {
  it("uses datagrams alone where they work, and does not even make the other driver", async () => {
    const [from, to] = [end(0), await listening(1)];
    for (let dial = 0; dial < 20; dial++) {
      expect(await dialled(from, to.address)).toEqual({ kind: "memory", took: 20 });
    }
    expect(from.made).toEqual([]);
    expect(to.made[0]?.stats()).toMatchObject({ connections: 0, datagramsReceived: 0 });
    expect(from.paired.state().datagrams).toBe("works");
    expect(to.paired.state().datagrams).toBe("works");
  });

  it("bears the loss of a first packet without the other driver", async () => {
    const [from, to] = [end(0), await listening(1)];
    world.network.conditions.dropNext(world.ip(0), world.ip(1), 1);
    const { kind, took } = await dialled(from, to.address);
    expect([kind, took < HEAD_START]).toEqual(["memory", true]);
    expect(from.made).toEqual([]);
  });

  it("gets through over streams a head start later where datagrams are silent, and ends the other dial", async () => {
    const [from, to] = [end(0), await listening(1)];
    silence("network", 0);
    expect(await dialled(from, to.address)).toEqual({
      kind: "memory-stream",
      took: HEAD_START + 20,
    });
    expect(from.socket.stats().connections).toBe(0);
    expect(from.paired.state().datagrams).toBe("unknown");
  });

  it.each([
    ["dial_failed", [5]],
    ["bad_certificate", [5]],
    ["id_mismatch", []],
    ["refused", []],
    ["closed", []],
  ] as const)("that ends with %s begins the other one at %j ms", async (code, begun) => {
    const lane = (fail: () => MeshError, wait: number) => {
      const begins: number[] = [];
      const dial = async (): Promise<Connection> => {
        begins.push(world.clock.now());
        await new Promise<void>((done) => world.clock.timer(wait, done));
        throw fail();
      };
      return { kind: "lane", begins, dial };
    };
    const first = lane(() => new MeshError(code, "the first one"), 5);
    const second = lane(() => new MeshError("dial_failed", "the second one"), 5);
    const race = raceDials(world.clock, [first, second], HEAD_START, { timeout: TIMEOUT });
    expect((await failure(race)).code).toBe(code);
    expect(second.begins).toEqual(begun);
  });

  it("names the cause of each driver where both fail, within the time that was given", async () => {
    const [from, to] = [end(0), await listening(1)];
    silence("network", 1);
    silence("streams", 1);
    const began = world.clock.now();
    const error = await failure(from.paired.dial(to.address, { timeout: TIMEOUT }));
    expect(world.clock.now() - began).toBe(TIMEOUT);
    expect(error).toMatchObject({ code: "dial_failed" });
    expect(error.message).toMatch(
      /^memory: .* did not answer within 2000 ms; stream: .* within 1600 ms$/,
    );
  });

  it("takes the word of whoever answered over that of the silent one", async () => {
    const [from, to] = [end(0), await listening(1)];
    silence("network", 1);
    const wrong = { expect: identityOf(2).id, timeout: TIMEOUT };
    const error = await failure(from.paired.dial(to.address, wrong));
    expect(error.code).toBe("id_mismatch");
  });

  it("does not ask over streams what a node has answered over datagrams", async () => {
    const [from, to] = [end(0), await listening(1)];
    const wrong = { expect: identityOf(2).id, timeout: TIMEOUT };
    expect((await failure(from.paired.dial(to.address, wrong))).code).toBe("id_mismatch");
    await world.advance(TIMEOUT);
    expect(from.made).toEqual([]);
  });

  it("ends at once, with all it has begun, when its signal fires", async () => {
    const [from, to] = [end(0), await listening(1)];
    silence("network", 1);
    silence("streams", 1);
    const stop = new AbortController();
    const dial = failure(from.paired.dial(to.address, { timeout: TIMEOUT, signal: stop.signal }));
    world.clock.timer(HEAD_START + 100, () => stop.abort());
    expect((await dial).code).toBe("cancelled");
    expect(world.clock.now()).toBeLessThan(HEAD_START + 200);
    expect(from.paired.stats().connections).toBe(0);
    const late = from.paired.dial(to.address, { timeout: TIMEOUT, signal: stop.signal });
    expect((await failure(late)).code).toBe("cancelled");
  });

  it("uses datagrams alone where they have opened the way", async () => {
    const [from, to] = [end(0), await listening(1)];
    silence("network", 1);
    const error = await failure(
      from.paired.dial(to.address, { timeout: TIMEOUT, datagrams: "opened" }),
    );
    expect(error.code).toBe("dial_failed");
    expect(from.made).toEqual([]);
  });
});

describe("what dials teach", () => {
  it("streams go first once two hosts were silent, and datagrams again when one got through", async () => {
    const [from, one, other] = [end(0), await listening(1), await listening(2)];
    silence("network", 0);
    await dialled(from, one.address);
    await dialled(from, one.address);
    expect(from.paired.state().datagrams).toBe("unknown");
    await dialled(from, other.address);
    expect(from.paired.state().datagrams).toBe("blocked");
    expect(from.logged).toEqual(["udp_blocked"]);
    await world.advance(1_000);
    const sent = from.socket.stats().datagramsSent;
    expect(await dialled(from, one.address)).toEqual({ kind: "memory-stream", took: 20 });
    expect(from.socket.stats().datagramsSent).toBe(sent);

    world.network.conditions.healAll();
    const wanted = { timeout: TIMEOUT, datagrams: "wanted" } as const;
    await world.run(from.paired.dial(one.address, wanted));
    expect(from.paired.state().datagrams).toBe("works");
    expect(from.logged).toEqual(["udp_blocked", "udp_works"]);
    expect((await dialled(from, other.address)).kind).toBe("memory");
  });

  it("datagrams are tried all the same where streams are silent then", async () => {
    const [from, one, other] = [end(0), await listening(1), await listening(2)];
    silence("network", 0);
    await dialled(from, one.address);
    await dialled(from, other.address);
    world.network.conditions.healAll();
    silence("streams", 0);
    expect(await dialled(from, one.address)).toEqual({ kind: "memory", took: HEAD_START + 20 });
    expect(from.paired.state().datagrams).toBe("works");
  });

  it("silence of hosts says nothing while a connection over datagrams lives", async () => {
    const [from, one, other, third] = [
      end(0),
      await listening(1),
      await listening(2),
      await listening(3),
    ];
    await dialled(from, third.address);
    silence("network", 1);
    silence("network", 2);
    await dialled(from, one.address);
    await dialled(from, other.address);
    expect(from.paired.state().datagrams).toBe("works");
  });
});

describe("listening with two drivers", () => {
  it("is done at one port number, and arrivals over both come in", async () => {
    const [from, to] = [end(0), await listening(1)];
    expect(to.paired.state().drivers.map(({ address }) => address)).toEqual([
      to.address,
      to.address,
    ]);
    await dialled(from, to.address);
    await world.advance(100);
    silence("network", 0);
    await dialled(from, to.address);
    await world.advance(100);
    expect(to.arrived.map(({ kind, isDatagram }) => [kind, isDatagram])).toEqual([
      ["memory", true],
      ["memory-stream", false],
    ]);
    const seen = to.arrived.map(({ remoteAddress }) => parseHostPort(remoteAddress).host);
    expect(seen).toEqual([world.ip(0), world.ip(0)]);
  });

  it("finds a port that both can have", async () => {
    const taken: Transport[] = [];
    // The first ports that the streams are offered are taken by others over datagrams.
    for (let port = 49_152; port < 49_155; port++) {
      const other = world.network.transport({ identity: identityOf(7), address: world.address(1) });
      await world.run(other.listen(toAddress(world.ip(1), port)));
      taken.push(other);
    }
    const it = end(1);
    const address = await world.run(it.paired.listen(toAddress(world.ip(1), 0)));
    expect(address).toBe(toAddress(world.ip(1), 49_155));
    expect(it.paired.state().drivers.map((driver) => driver.address)).toEqual([address, address]);
    expect(it.made).toHaveLength(4);
    await world.run(Promise.all(taken.map((other) => other.close())));
  });

  it("gives up where there is no such port after eight", async () => {
    for (let port = 49_152; port < 49_160; port++) {
      const other = world.network.transport({ identity: identityOf(7), address: world.address(1) });
      await world.run(other.listen(toAddress(world.ip(1), port)));
    }
    const it = end(1);
    const error = await failure(it.paired.listen(toAddress(world.ip(1), 0)));
    expect(error.code).toBe("address_in_use");
    expect(it.made).toHaveLength(8);
  });

  it("is done over datagrams alone where others have the port of the streams, and says so", async () => {
    const at = { identity: identityOf(7), address: world.address(1), isDatagram: false };
    await world.run(world.streams.transport(at).listen(world.address(1)));
    const it = await listening(1);
    const [datagrams, streams] = it.paired.state().drivers;
    expect(datagrams).toMatchObject({ address: it.address, problem: undefined });
    expect(streams?.address).toBeUndefined();
    expect(streams?.problem).toContain("is in use");
    expect(it.logged).toEqual(["fallback_not_listening"]);
    const from = end(0);
    expect((await dialled(from, it.address)).kind).toBe("memory");
  });

  it("fails where the port of the datagrams is taken", async () => {
    const at = { identity: identityOf(7), address: world.address(1) };
    await world.run(world.network.transport(at).listen(world.address(1)));
    const error = await failure(end(1).paired.listen(world.address(1)));
    expect(error.code).toBe("address_in_use");
  });
});
