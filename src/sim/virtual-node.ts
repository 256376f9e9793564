import { signerFromSeed, verify } from "../identity/keys.ts";
import type { MeshNode, Mode } from "../node/api.ts";
import { assembleNode } from "../node/node.ts";
import type { World } from "./world.ts";

export interface VirtualNodeOptions {
  /** Number of the node in its world. */
  readonly node: number;
  /** How it is called in the trace. */
  readonly name: string;
  readonly mode: Mode;
  /** Numbers of the nodes it keeps links to. */
  readonly bootstrap: readonly number[];
  /** Whether others can dial it. */
  readonly listens: boolean;
}

/** Realm of simulated nodes. */
const REALM = "com.example.simulation";

/** Starts a node in a world: the code of a real one over virtual ports. The caller closes it. */
export async function startNode(world: World, options: VirtualNodeOptions): Promise<MeshNode> {
  const { node, name, mode, bootstrap, listens } = options;
  const signer = signerFromSeed(world.keySeed(node));
  const transport = world.transport(node, world.identity(node));
  const address = world.address(node);
  if (listens) await transport.listen(address);
  return assembleNode({
    ports: world.ports(node, name),
    transport,
    signer,
    verify,
    realm: REALM,
    mode,
    bootstrap: bootstrap.map((number) => ({
      name: world.address(number),
      expect: undefined,
      resolve: async () => [world.address(number)],
    })),
    addresses: listens ? [address] : [],
  });
}
