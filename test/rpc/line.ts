import type { MeshNode } from "../../src/node/api.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";

/** A client and a provider with gateways between them, each linked to the next alone, in virtual time. */
export interface Line {
  readonly world: World;
  readonly client: MeshNode;
  readonly gateways: readonly MeshNode[];
  readonly provider: MeshNode;
}

/** `forwarders` gateways stand between the ends; without any the client dials the provider itself. */
export async function line(forwarders: number, seed = 1): Promise<Line> {
  const world = new World({ seed, link: { delay: [1, 5] } });
  const gateways: MeshNode[] = [];
  for (let number = 1; number <= forwarders; number++) {
    const bootstrap = number > 1 ? [number - 1] : [];
    gateways.push(await startSimNode(world, number, { mode: "gateway", listen: true, bootstrap }));
  }
  const last = forwarders + 1;
  const provider =
    forwarders === 0
      ? await startSimNode(world, last, { mode: "gateway", listen: true })
      : await startSimNode(world, last, { mode: "edge", bootstrap: [forwarders] });
  const client = await startSimNode(world, 0, { mode: "edge", bootstrap: [1] });
  await world.run(Promise.all([...gateways, provider, client].map((node) => node.ready())));
  return { world, client, gateways, provider };
}

/** What `work` resolves to; the code it fails with in place of a failure. */
export function settled(work: Promise<unknown>): Promise<unknown> {
  return work.catch((cause: { code?: unknown }) => cause.code ?? cause);
}

/** Runs the world until `work` settles, and settles as `settled` does. */
export function outcome(world: World, work: Promise<unknown>): Promise<unknown> {
  return world.run(settled(work));
}

/** Never answers. */
export const never = (): Promise<never> => new Promise<never>(() => {});
