import { describe, expect, it } from "vitest";
import { toAddress } from "../../src/base/address.ts";
import { World, type WorldOptions } from "../../src/sim/world.ts";
import type { MemoryTransport } from "../../src/transport/memory/memory-transport.ts";
import type { TransportLimits } from "../../src/transport/transport.ts";
import {
  arrivals,
  askEcho,
  ConnectionProbe,
  echo,
  pattern,
  type Queue,
  StreamProbe,
} from "../contract/probes.ts";

interface Scene {
  readonly world: World;
  readonly from: MemoryTransport;
  readonly to: MemoryTransport;
  readonly client: ConnectionProbe;
  readonly server: ConnectionProbe;
  readonly arrived: Queue<ConnectionProbe>;
}

/** Node 0 has dialled node 1, which echoes. */
async function scene(
  options: Partial<WorldOptions> = {},
  limits: Partial<TransportLimits> = {},
): Promise<Scene> {
  const world = new World({ seed: 1, ...options });
  const from = world.transport(0, world.identity(0), limits);
  const to = world.transport(1, world.identity(1), limits);
  const arrived = arrivals(to, echo);
  await to.listen(world.address(1));
  const client = new ConnectionProbe(
    await world.run(from.dial(world.address(1), { timeout: 5_000 })),
  );
  return { world, from, to, client, server: await world.run(arrived.take()), arrived };
}

describe("delay in the memory network", () => {
  it("takes the time of the link, each way", async () => {
    const { world, client } = await scene({ link: { delay: [20, 20] } });
    // A dial is one round trip; an echo on an open connection is another.
    expect(world.clock.now()).toBe(60);
    await world.run(askEcho(client.connection));
    expect(world.clock.now()).toBe(100);
  });

  it("can differ by direction and is drawn between two bounds", async () => {
    const { world, client } = await scene();
    const { conditions } = world.network;
    conditions.setOneWay(world.ip(0), world.ip(1), { delay: [100, 200] });
    conditions.setOneWay(world.ip(1), world.ip(0), { delay: [5, 5] });
    const times = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const started = world.clock.now();
      await world.run(askEcho(client.connection));
      const took = world.clock.now() - started;
      expect(took).toBeGreaterThanOrEqual(105);
      expect(took).toBeLessThanOrEqual(205);
      times.add(took);
    }
    expect(times.size).toBeGreaterThan(15);
  });
});

describe("loss in the memory network", () => {
  it("delays a stream and hurts neither its order nor its neighbours", async () => {
    const { world, client } = await scene({ link: { delay: [10, 10] } });
    world.network.conditions.dropNext(world.ip(0), world.ip(1), 1);
    const hurt = askEcho(client.connection, 1).then(() => world.clock.now());
    await world.advance(1);
    const spared = askEcho(client.connection, 2).then(() => world.clock.now());
    const started = world.clock.now();
    const [late, early] = await world.run(Promise.all([hurt, spared]));
    expect(early - started).toBe(20);
    expect(late - started).toBeGreaterThan(40);
  });

  it("never changes what arrives, however bad (seeds 1 to 5)", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { world, client } = await scene({ seed, link: { delay: [1, 50], loss: 0.4 } });
      const asks = [1, 2, 3, 4].map((key) => askEcho(client.connection, key, 300_000));
      await world.run(Promise.all(asks));
    }
  });

  it("takes raw datagrams away, and duplication doubles them", async () => {
    const { world, from, to } = await scene();
    const { conditions } = world.network;
    let got = 0;
    to.onRaw = () => {
      got += 1;
    };
    const send = async (): Promise<number> => {
      got = 0;
      for (let at = 0; at < 1_000; at++) from.sendRaw(world.address(1), new Uint8Array([1]));
      await world.advance(100);
      return got;
    };
    expect(await send()).toBe(1_000);
    conditions.setUsual({ loss: 0.3 });
    expect(await send()).toBeGreaterThan(600);
    expect(got).toBeLessThan(800);
    conditions.setUsual({ loss: 0, duplication: 0.5 });
    expect(await send()).toBeGreaterThan(1_400);
    expect(got).toBeLessThan(1_600);
  });
});

describe("cuts in the memory network", () => {
  it("hold a transfer up until they heal", async () => {
    const { world, client } = await scene();
    const { conditions } = world.network;
    const probe = new StreamProbe(await client.connection.open(), 1);
    conditions.cutOneWay(world.ip(0), world.ip(1));
    probe.stream.write(pattern(1, 0, 50_000));
    await world.advance(8_000);
    expect(probe.size).toBe(0);
    conditions.healOneWay(world.ip(0), world.ip(1));
    await world.run(probe.received(50_000));
    expect(probe.wrongAt).toBeUndefined();
    expect(client.closes).toBe(0);
  });

  it("catch what is on its way", async () => {
    const { world, client } = await scene({ link: { delay: [50, 50] } });
    const answer = askEcho(client.connection);
    await world.advance(10);
    world.network.conditions.partition([[world.ip(0)], [world.ip(1)]]);
    await world.advance(1_000);
    world.network.conditions.healAll();
    await world.run(answer);
    expect(world.clock.now()).toBeGreaterThan(1_000);
  });

  it("one way are noticed by the side that is not heard, then by the other", async () => {
    const { world, client, server } = await scene({}, { idleTimeout: 3_000, keepAlive: 1_000 });
    world.network.conditions.cutOneWay(world.ip(1), world.ip(0));
    expect((await world.run(client.closed)).by).toBe("timeout");
    const first = world.clock.now();
    expect((await world.run(server.closed)).by).toBe("timeout");
    expect(world.clock.now()).toBeGreaterThan(first);
  });

  it("part groups of hosts and leave each group whole", async () => {
    const { world, client, arrived } = await scene({}, { idleTimeout: 2_000, keepAlive: 500 });
    const third = world.transport(2, world.identity(2));
    world.network.conditions.partition([[world.ip(0)]]);
    expect((await world.run(client.closed)).by).toBe("timeout");
    const inside = new ConnectionProbe(
      await world.run(third.dial(world.address(1), { timeout: 1_000 })),
    );
    await world.run(arrived.take());
    await world.run(askEcho(inside.connection));
    const outside = world.transport(0, world.identity(0));
    await expect(
      world.run(outside.dial(world.address(1), { timeout: 1_000 })),
    ).rejects.toMatchObject({ code: "dial_failed" });
  });
});

describe("the end of a process in the memory network", () => {
  it("is silent after a crash: the peer finds out by its idle timeout", async () => {
    const { world, to, client, server } = await scene({}, { idleTimeout: 4_000, keepAlive: 1_000 });
    const crashed = world.clock.now();
    to.crash();
    to.crash();
    const info = await world.run(client.closed);
    expect(info.by).toBe("timeout");
    expect(world.clock.now() - crashed).toBeGreaterThan(3_000);
    expect(world.clock.now() - crashed).toBeLessThan(5_100);
    expect(server.closes).toBe(0);
    await expect(to.listen(world.address(1))).rejects.toMatchObject({ code: "closed" });
  });

  it("is noticed at once when the node is back with the same key", async () => {
    const { world, from, to, client } = await scene();
    to.crash();
    const again = world.transport(1, world.identity(1));
    arrivals(again, echo);
    await again.listen(world.address(1));
    void client.connection.open().then((stream) => stream.write(new Uint8Array(1)));
    const started = world.clock.now();
    const info = await world.run(client.closed);
    expect(info).toMatchObject({ by: "peer", code: 0 });
    expect(world.clock.now() - started).toBeLessThan(10);
    const back = new ConnectionProbe(
      await world.run(from.dial(world.address(1), { timeout: 100 })),
    );
    await world.run(askEcho(back.connection));
  });

  it("is not noticed at once when another node sits at its address", async () => {
    const { world, to, client } = await scene({}, { idleTimeout: 2_000, keepAlive: 500 });
    to.crash();
    await world.transport(1, world.identity(7)).listen(world.address(1));
    expect((await world.run(client.closed)).by).toBe("timeout");
  });

  it("is told again to whoever missed it", async () => {
    const { world, client, server } = await scene({}, { idleTimeout: 30_000, keepAlive: 1_000 });
    world.network.conditions.dropNext(world.ip(1), world.ip(0), 1);
    server.connection.close(9, "bye");
    expect(await world.run(client.closed)).toEqual({ by: "peer", code: 9, reason: "bye" });
    expect(world.clock.now()).toBeLessThan(3_000);
  });
});

describe("addresses in the memory network", () => {
  it("of the listening side must stay: a dialler does not follow it", async () => {
    const { world, to, client } = await scene({}, { idleTimeout: 2_000, keepAlive: 500 });
    to.rebind(toAddress("203.0.113.1", 443));
    expect((await world.run(client.closed)).by).toBe("timeout");
  });

  it("may be any of the host's when listening, by wildcard", async () => {
    const world = new World({ seed: 1 });
    const transport = world.transport(4, world.identity(4));
    expect(await transport.listen(toAddress("0.0.0.0", 9443))).toBe("0.0.0.0:9443");
    expect(transport.address).toBe(world.address(4));
    await expect(transport.listen(world.address(4))).rejects.toMatchObject({ code: "bad_config" });
  });

  it("run out with `address_in_use` when every free port is taken", async () => {
    const world = new World({ seed: 1 });
    const identity = world.identity(0);
    const transports = Array.from({ length: 16_384 }, () => world.transport(0, identity));
    const bound = await Promise.all(
      transports.map((transport) => transport.listen(world.address(0, 0))),
    );
    expect(new Set(bound).size).toBe(16_384);
    await expect(world.transport(0, identity).listen(world.address(0, 0))).rejects.toMatchObject({
      code: "address_in_use",
    });
  });
});

describe("arrivals in the memory network", () => {
  it("beyond the bound of handshakes take a round trip more", async () => {
    const world = new World({ seed: 1, link: { delay: [10, 10] } });
    const to = world.transport(1, world.identity(1), { handshakesMax: 1 });
    arrivals(to);
    await to.listen(world.address(1));
    const times: number[] = [];
    const dials = [2, 3].map(async (node) => {
      await world.transport(node, world.identity(node)).dial(world.address(1), { timeout: 1_000 });
      times.push(world.clock.now());
    });
    await world.run(Promise.all(dials));
    expect(times).toEqual([20, 40]);
  });

  it("that never finish their handshake are forgotten", async () => {
    const world = new World({ seed: 1 });
    const to = world.transport(1, world.identity(1), { handshakeTimeout: 2_000 });
    const arrived = arrivals(to);
    await to.listen(world.address(1));
    const from = world.transport(0, world.identity(0));
    world.network.conditions.cutOneWay(world.ip(1), world.ip(0));
    await expect(
      world.run(from.dial(world.address(1), { timeout: 60_000 }), { within: 1_000 }),
    ).rejects.toThrow("not done in time");
    expect(to.stats()).toMatchObject({ handshakes: 1, connections: 1 });
    from.crash();
    await world.advance(2_000);
    expect(to.stats()).toMatchObject({ handshakes: 0, connections: 0 });
    expect(arrived.length).toBe(0);
  });

  it("are checked with the stand-in where a world has one", async () => {
    const world = new World({ seed: 1, keys: "cheap" });
    const fake = (node: number) => world.identity(node);
    const to = world.transport(1, fake(1));
    const arrived = arrivals(to, echo);
    await to.listen(world.address(1));
    const dialled = await world.run(
      world.transport(0, fake(0)).dial(world.address(1), { timeout: 100 }),
    );
    new ConnectionProbe(dialled);
    expect(dialled.peer).toEqual(fake(1).id);
    expect((await world.run(arrived.take())).connection.peer).toEqual(fake(0).id);
  });
});
