import type { Bytes } from "../../src/base/bytes.ts";
import { Deadlines } from "../../src/base/deadlines.ts";
import type { NodeId } from "../../src/base/id.ts";
import type { DhtContext } from "../../src/dht/dht-context.ts";
import type { Contact } from "../../src/peer/contact.ts";
import { LinkTable } from "../../src/peer/link-table.ts";
import { MessageIds } from "../../src/routing/message-ids.ts";
import { Sealer } from "../../src/seal/sealer.ts";
import { World } from "../../src/sim/world.ts";
import { tinyId } from "../base/tiny.ts";
import { openMembers } from "../peer/nodes.ts";

/** What the parts of the DHT work with, in a world in which nobody else is. */
export function lonely(changed: Partial<DhtContext> = {}): { world: World; context: DhtContext } {
  const world = new World({ seed: 1 });
  const ports = world.ports(0);
  const realm = tinyId(99);
  const own = {
    self: tinyId(0),
    realm,
    ports,
    signer: world.signer(0),
    verify: world.verify,
  };
  const context: DhtContext = {
    ...own,
    serves: true,
    transit: true,
    isCore: true,
    deadlines: new Deadlines(ports.clock),
    sealer: new Sealer(own),
    table: new LinkTable(ports.random),
    ids: new MessageIds(ports.random),
    book: world.contacts,
    members: openMembers(realm),
    token: undefined,
    searches: () => false,
    meshSize: () => 1,
    ...changed,
  };
  return { world, context };
}

/** A contact that nobody has signed. Its signed form is its id. */
export function contactOf(id: NodeId): Contact {
  return {
    id,
    addresses: [],
    anchors: [],
    transit: true,
    serves: true,
    seq: 1,
    expires: 1e15,
    memberUntil: Number.POSITIVE_INFINITY,
    bytes: id as Bytes,
  };
}
