import { describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import type { MeshError } from "../../src/base/errors.ts";
import { dial } from "../../src/peer/dialer.ts";
import type { Link } from "../../src/peer/link.ts";
import type { World } from "../../src/sim/world.ts";
import { type Member, member, newWorld } from "./member.ts";

const NEVER = new AbortController().signal;

function dialAll(world: World, a: Member, addresses: Address[], time = 2_000): Promise<Link> {
  const context = { transport: a.transport, pool: a.pool, table: a.table, clock: world.clock };
  return world.run(dial(context, { addresses }, time, NEVER));
}

const addressesOf = (world: World, ...numbers: number[]): Address[] =>
  numbers.map((number) => world.address(number));

describe("a dial", () => {
  it("names the cause at every address, of eight at most", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    const all = addressesOf(world, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
    const error = await dialAll(world, a, all, 1_000).catch((cause: MeshError) => cause);
    expect(error).toMatchObject({ code: "dial_failed" });
    const causes = (error as MeshError).message.split("; ");
    expect(causes.map((cause) => cause.split(": ")[0])).toEqual(all.slice(0, 8));
    for (const cause of causes) expect(cause).toMatch(/: \S+ did not answer within 1000 ms$/);
  });

  it("keeps the first address that answers", async () => {
    const world = newWorld();
    const [a] = [await member(world, 0), await member(world, 1)];
    const link = await dialAll(world, a, addressesOf(world, 7, 1), 5_000);
    expect(link.remoteAddress).toBe(world.address(1));
    expect(world.clock.now()).toBeLessThan(1_000);
  });

  it("leaves the second address alone where the first one answers soon", async () => {
    const world = newWorld();
    const [a, , c] = [await member(world, 0), await member(world, 1), await member(world, 2)];
    await dialAll(world, a, addressesOf(world, 1, 2));
    await world.advance(2_000);
    expect([c.transport.stats().datagramsReceived, c.table.size]).toEqual([0, 0]);
  });

  it("gives up the others once one has answered", async () => {
    const world = newWorld();
    const [a] = [await member(world, 0), await member(world, 1)];
    await dialAll(world, a, addressesOf(world, 7, 1), 10_000);
    const late = await member(world, 7);
    await world.advance(10_000);
    expect([late.table.size, a.table.size]).toEqual([0, 1]);
  });

  it("of no address says so", async () => {
    const world = newWorld();
    const a = await member(world, 0);
    await expect(dialAll(world, a, [])).rejects.toMatchObject({
      code: "dial_failed",
      message: "the node has no address that can be dialled",
    });
  });
});
