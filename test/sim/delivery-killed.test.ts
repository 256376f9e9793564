import { describe, expect, it } from "vitest";
import { distancesFrom, type Graph, neighboursIn } from "../../src/sim/graph.ts";
import { RouteMesh } from "../../src/sim/route-mesh.ts";
import { GraphMesh } from "./graph-mesh.ts";
import { connectedGraphs } from "./graphs.ts";

/** Milliseconds into the call at which a hop dies: links take 1 to 5 each, the handler as long as HANDLER. */
const MOMENTS = [0, 2, 4, 7, 11, 16, 22, 30];

const HOPS = 10;

interface Death {
  readonly from: number;
  readonly to: number;
  readonly victim: number;
}

/** Every pair of ends that are not linked, with every node that they can do without. */
function deathsIn(graph: Graph): Death[] {
  const deaths: Death[] = [];
  for (let from = 0; from < graph.size; from++) {
    const all = distancesFrom(neighboursIn(graph), from);
    for (let victim = 0; victim < graph.size; victim++) {
      const without = distancesFrom(neighboursIn(graph), from, (node) => node !== victim);
      for (let to = 0; to < graph.size; to++) {
        const isNeeded = victim === from || victim === to || !Number.isFinite(without[to]);
        if (!isNeeded && (all[to] as number) > 1) deaths.push({ from, to, victim });
      }
    }
  }
  return deaths;
}

/** What became of a call during which the node died, at that moment. */
async function survives(
  graph: Graph,
  death: Death,
  moment: number,
  seed: number,
): Promise<unknown> {
  const mesh = await GraphMesh.start(graph, seed);
  // The first call finds a way; the one after it goes by what was learned.
  if (seed % 2 === 0) await mesh.world.run(mesh.call(death.from, death.to, "before"));
  const call = mesh.call(death.from, death.to, "it", { timeout: 10_000 });
  await mesh.world.advance(moment);
  mesh.world.crash(death.victim);
  const answer = await mesh.world.run(call);
  const executions = mesh.executions.get("it");
  return answer === death.to && executions === 1 ? "well" : { death, moment, answer, executions };
}

describe("a hop that dies while it is needed", () => {
  it.each([4, 5])("costs no call in graphs of %i nodes, whichever it is and when", async (size) => {
    let seed = size * 100_000;
    for (const graph of connectedGraphs(size)) {
      for (const death of deathsIn(graph)) {
        seed += 1;
        const moment = MOMENTS[seed % MOMENTS.length] as number;
        const outcome = await survives(graph, death, moment, seed);
        expect({ graph: graph.edges, seed, outcome }).toMatchObject({ outcome: "well" });
      }
    }
  });

  it.each([0, 1, 2])(
    "nor in those of 6, in the model without transport (part %i)",
    async (part) => {
      let seed = 600_000;
      for (const graph of connectedGraphs(6)) {
        for (const death of deathsIn(graph)) {
          seed += 1;
          if (seed % 3 !== part) continue;
          const outcome = await survivesQuietly(graph, death, seed);
          expect({ graph: graph.edges, seed, outcome }).toMatchObject({ outcome: "well" });
        }
      }
    },
  );
});

/** The same in the model, where a death is noticed after 4 s or never. */
async function survivesQuietly(graph: Graph, death: Death, seed: number): Promise<unknown> {
  const { from, to, victim } = death;
  const mesh = new RouteMesh({ seed, graph });
  if (seed % 2 === 0) await mesh.run(mesh.call(from, to, "before", 5_000, HOPS));
  const moment = MOMENTS[Math.floor(seed / 2) % MOMENTS.length] as number;
  const call = mesh.call(from, to, "it", 10_000, HOPS);
  mesh.clock.timer(moment, () => mesh.kill(victim, seed % 4 < 2 ? 4_000 : undefined));
  const answer = await mesh.run(call);
  const executions = mesh.executions.get("it");
  const isWell = typeof answer === "number" && executions === 1;
  return isWell ? "well" : { death, moment, answer, executions };
}
