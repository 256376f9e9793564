import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MeshError } from "../../src/index.ts";
import { Chain, hostPort } from "./chain.ts";

/** In which calls must succeed again once B is back, in milliseconds. */
const RECOVERY = 5_000;
const DEADLINE = 1_000;

describe("a chain that loses the node in its middle", () => {
  let chain: Chain;
  beforeAll(async () => {
    chain = await Chain.start();
  });
  afterAll(async () => {
    await chain?.[Symbol.asyncDispose]();
  });

  it("names the failure within the deadline, and heals when B is back", async () => {
    const { client } = chain;
    expect(await client.call("echo", 1)).toBe(1);
    const b = chain.node("B");

    b.running.kill("SIGKILL");
    await b.running.ended;
    const before = performance.now();
    const lost = await client.call("echo", 2, { timeout: DEADLINE }).catch((error) => error);
    const after = performance.now() - before;

    expect(["no_route", "timeout", "provider_gone", "link_lost"]).toContain(
      (lost as MeshError).code,
    );
    expect(after).toBeLessThan(DEADLINE + 500);

    await chain.startGateway("B", hostPort(b.address), "A");
    expect(chain.node("B").id).toBe(b.id);
    const back = performance.now();
    let answer: unknown;
    while (answer !== 3 && performance.now() - back < RECOVERY) {
      answer = await client.call("echo", 3, { timeout: DEADLINE }).catch(() => undefined);
    }

    expect(answer).toBe(3);
    expect(performance.now() - back).toBeLessThan(RECOVERY);
  });
});
