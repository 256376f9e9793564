import { codeFromWire, MeshError } from "../../src/base/errors.ts";
import { type NodeId, shortId } from "../../src/base/id.ts";
import { signerFromSeed, verify } from "../../src/identity/keys.ts";
import { type ContactClaim, signContact } from "../../src/peer/contact.ts";
import { dial } from "../../src/peer/dialer.ts";
import type { Link } from "../../src/peer/link.ts";
import { LinkTable } from "../../src/peer/link-table.ts";
import { LIVENESS_LIMITS } from "../../src/peer/liveness.ts";
import { POOL_LIMITS, Pool, type PoolLimits } from "../../src/peer/pool.ts";
import { World } from "../../src/sim/world.ts";
import type { MemoryTransport } from "../../src/transport/memory/memory-transport.ts";
import { openMembers, REALM } from "./nodes.ts";

const CLAIM: ContactClaim = { addresses: [], anchors: [], transit: true, serves: false };

/** A pool without a node around it. */
export interface Member {
  readonly id: NodeId;
  readonly pool: Pool;
  readonly table: LinkTable;
  readonly transport: MemoryTransport;
  readonly lost: string[];
  readonly suspected: Set<string>;
  /** Whose key it has found in use by two, in the short form. */
  readonly copies: string[];
  dial(target: number, expect?: NodeId): Promise<Link>;
}

/** Starts a pool at the place of node `number`; `key` makes it use another node's key, `life` gives its instance. */
export async function member(
  world: World,
  number: number,
  limits: Partial<PoolLimits> = {},
  key = number,
  life?: Uint8Array,
): Promise<Member> {
  const ports = world.ports(number);
  const signer = signerFromSeed(world.keySeed(key));
  const transport = world.transport(number, world.identity(key));
  const table = new LinkTable(ports.random);
  const lost: string[] = [];
  const suspected = new Set<string>();
  const copies: string[] = [];
  const instance = life ?? ports.random.bytes(8);
  const pool = new Pool({
    self: signer.id,
    members: openMembers(),
    ports,
    verify,
    liveness: LIVENESS_LIMITS,
    limits: { ...POOL_LIMITS, ...limits },
    table,
    instance,
    onCopy: (id) => copies.push(shortId(id)),
    hello: (observed) => ({
      versions: [2],
      realm: REALM,
      instance,
      observed,
      contact: signContact(signer, REALM, CLAIM, ports.clock.wall()).bytes,
      token: new Uint8Array(0),
    }),
    onLink: () => {},
    onLinkLost: (_, info) => lost.push(codeFromWire(info.code)),
    onAway: () => {},
    onSuspect: ({ peerText }) => suspected.add(peerText),
    isAnchor: ({ pinned }) => pinned,
    onFrame: () => {
      throw new MeshError("bad_frame", "nothing is expected here");
    },
  });
  transport.onConnection = (connection) => pool.accept(connection);
  await world.run(transport.listen(world.address(number)));
  const dialTo = (target: number, expected?: NodeId): Promise<Link> =>
    dial(
      { transport, pool, table, clock: world.clock },
      { addresses: [world.address(target)], ...(expected ? { expect: expected } : {}) },
      2_000,
      new AbortController().signal,
    );
  return { id: signer.id, pool, table, transport, lost, suspected, copies, dial: dialTo };
}

export const newWorld = (seed = 1) => new World({ seed, link: { delay: [5, 5] } });

export async function code(world: World, work: Promise<unknown>): Promise<unknown> {
  return world.run(work.then(() => "done").catch((cause: MeshError) => cause.code));
}
