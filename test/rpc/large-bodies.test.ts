import { describe, expect, it } from "vitest";
import type { MeshNode } from "../../src/node/api.ts";
import { BODY_MAX } from "../../src/wire/limits.ts";
import { line, outcome, settled } from "./line.ts";

/** The longest byte string a call can carry: five bytes say what it is. */
const LONGEST: number = BODY_MAX - 5;

function bodyOf(length: number, mark: number): Uint8Array {
  const body = new Uint8Array(length).fill(mark);
  body[0] = 1;
  body[length - 1] = 2;
  return body;
}

const same = (a: unknown, b: Uint8Array) => Buffer.compare(a as Uint8Array, b) === 0;

const buffered = (node: MeshNode) =>
  node.status().links.reduce((sum, link) => sum + link.buffered, 0);

describe.each([0, 1])("bodies of 16 MiB over %i forwarders", (forwarders) => {
  it("arrive both ways at once, and small calls meanwhile", { timeout: 20_000 }, async () => {
    const { world, client, provider } = await line(forwarders);
    await world.run(provider.register("echo", (args) => args));
    await world.run(client.register("back", (args) => args));
    const bodies = [1, 2].map((mark) => bodyOf(LONGEST, mark));
    const options = { timeout: 600_000 };
    const calls = [
      ...bodies.map((body) => client.call("echo", body, options)),
      ...bodies.map((body) => provider.call("back", body, options)),
    ];
    let small = 0;
    const asked = (async () => {
      for (; small < 20; small++) await client.call("echo", small, { timeout: 1_000 });
    })();
    await world.run(asked);
    const results = await world.run(Promise.all(calls));
    expect(results.map((it, at) => same(it, bodies[at % 2] as Uint8Array))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    for (const node of [client, provider]) expect(buffered(node)).toBe(0);
  });

  it("are the longest there are", async () => {
    const { world, client, provider } = await line(forwarders);
    await world.run(provider.register("length", (args: Uint8Array) => args.length));
    const options = { timeout: 60_000 };
    expect(await outcome(world, client.call("length", bodyOf(LONGEST, 0), options))).toBe(LONGEST);
    expect(await outcome(world, client.call("length", bodyOf(LONGEST + 1, 0)))).toBe("too_large");
  });
});

describe("large bodies that wait", () => {
  it("are bounded: beyond 64 MiB a call is refused at once, and the others arrive", async () => {
    const { world, client, provider } = await line(0);
    await world.run(provider.register("length", (args: Uint8Array) => args.length));
    await world.run(client.call("length", new Uint8Array(1)));
    const body = bodyOf(15 << 20, 3);
    const calls = Array.from({ length: 6 }, () =>
      settled(client.call("length", body, { timeout: 60_000 })),
    );
    expect(buffered(client)).toBeLessThanOrEqual(64 << 20);
    const lengths = new Array(4).fill(15 << 20);
    expect(await world.run(Promise.all(calls))).toEqual([...lengths, "overloaded", "overloaded"]);
    expect(await outcome(world, client.call("length", body))).toBe(15 << 20);
  });

  it("end with their call's deadline where the way is too slow", async () => {
    const { world, client, provider } = await line(0);
    await world.run(provider.register("length", (args: Uint8Array) => args.length));
    world.network.conditions.cutOneWay(world.ip(0), world.ip(1));
    const call = client.call("length", bodyOf(1 << 20, 1), {
      timeout: 1_000,
      provider: provider.id,
    });
    expect(await outcome(world, call)).toBe("timeout");
  });
});
