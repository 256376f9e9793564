import { afterEach, beforeEach, expect, it } from "vitest";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { line, never, settled } from "../rpc/line.ts";

let warnings: string[];
const note = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);

beforeEach(() => {
  warnings = [];
  process.on("warning", note);
});

afterEach(() => {
  process.off("warning", note);
});

/** Warnings are told a turn after their cause. */
async function told(): Promise<string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return warnings;
}

it("one signal for many calls at once is no leak", async () => {
  const { world, client, provider } = await line(1);
  await world.run(provider.register("slow", never));
  const options = { signal: new AbortController().signal, timeout: 500 };
  const work = Array.from({ length: 50 }, () => [
    settled(client.call("slow", null, options)),
    settled(provider.call("slow", null, options)),
    settled(client.cast("slow", null, options)),
    settled(client.ready(options)),
    settled(client.explain("slow", null, options)),
  ]);
  await world.run(Promise.all(work.flat()));
  expect(await told()).toEqual([]);
});

it("many procedures at once are no leak, nor are they when their records are renewed", async () => {
  const { world, client, provider } = await line(1);
  const { signal } = new AbortController();
  const names = Array.from({ length: 50 }, (_, at) => `procedure ${at}`);
  await world.run(
    Promise.all(names.map((name) => provider.register(name, () => name, { signal }))),
  );
  await world.advance(700_000);
  for (const name of names) expect(await world.run(client.call(name))).toBe(name);
  expect(await told()).toEqual([]);
});

it("many bootstrap nodes are no leak", async () => {
  const world = new World({ seed: 1 });
  const bootstrap = Array.from({ length: 50 }, (_, at) => at + 1);
  const node = await startSimNode(world, 0, { mode: "edge", bootstrap });
  await world.run(Promise.all([1, 2, 3].map(() => settled(node.ready({ timeout: 5_000 })))));
  await world.run(node.close());
  expect(await told()).toEqual([]);
});
