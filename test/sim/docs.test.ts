import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { join, Population, startSimNode, World } from "../../src/sim/index.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const page = read("../../docs/simulation.md");

/** Parts between blank lines, without what lines begin with: a program on a page is not set in like one in a test. */
const parts = (text: string): string[] =>
  text
    .replaceAll(/"(?:\.\.\/)+src\/sim\/index\.ts"/g, '"macula-mesh/sim"')
    .replaceAll(/^[ \t]+/gm, "")
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter((part) => part !== "");

const programs = ["docs.test.ts", "example.test.ts"].map((file) => parts(read(file)).join("\n\n"));
const shown = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text as string);

describe("the programs of the simulation page", () => {
  it("are three", () => {
    expect(shown).toHaveLength(3);
  });

  it.each(shown)("are run by a test: %#", (text) => {
    const missing = programs.map((program) =>
      parts(text).filter((part) => !part.startsWith("import ") && !program.includes(part)),
    );
    expect(missing).toContainEqual([]);
  });

  it("name only what the simulator gives out", async () => {
    const given = Object.keys(await import("../../src/sim/index.ts"));
    const imported = [...page.matchAll(/import \{ ([^}]*) \} from "macula-mesh\/sim"/g)];
    const names = imported.flatMap(([, names]) => (names as string).split(", "));
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !given.includes(name))).toEqual([]);
  });
});

it("a first world", async () => {
  const world = new World({ seed: 7, link: { delay: [5, 80], loss: 0.02 } });
  const gateway = await startSimNode(world, 0, { mode: "gateway", listen: true });
  const edge = await startSimNode(world, 1, { mode: "edge", bootstrap: [0] });

  await world.run(edge.ready());
  await world.run(gateway.register("echo", (value) => value));
  const answer = await world.run(edge.call("echo", 42), { within: 60_000 });

  expect(answer).toBe(42);
});

it("a population, and a scenario", async () => {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const population = new Population(world, { nodes: 30, gatewaysOfTen: 4, isKept: true });
  await population.start();
  await population.ready();

  const [member] = population.alive.slice(-1);
  if (member) population.crash(member);
  await world.advance(60_000);
  if (member) await population.restart(member);
  await population.ready();

  const report = await join({ nodes: 40, seed: 1 });
  expect(report).toMatchObject({ ok: true, found: report.lookups });
});
