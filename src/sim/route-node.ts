import type { Bytes } from "../base/bytes.ts";
import type { Deadlines } from "../base/deadlines.ts";
import { ID_BYTES, type Key } from "../base/id.ts";
import type { Clock, Log, Meter } from "../base/ports.ts";
import type { Provider } from "../dht/registry.ts";
import type { Contact } from "../peer/contact.ts";
import { type Carrier, Link } from "../peer/link.ts";
import { LinkTable } from "../peer/link-table.ts";
import { LIVENESS_LIMITS, Liveness } from "../peer/liveness.ts";
import { Courier } from "../routing/courier.ts";
import { Discoverer } from "../routing/discoverer.ts";
import { MessageIds } from "../routing/message-ids.ts";
import { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import { Client } from "../rpc/client.ts";
import { Server } from "../rpc/server.ts";
import { MESH_ALONE } from "../rpc/ways.ts";
import { Sealer } from "../seal/sealer.ts";
import type { Value } from "../wire/value.ts";
import { cheapSigner, cheapVerify } from "./cheap-keys.ts";
import { SeededRandom } from "./random.ts";

const NOTHING: Bytes = new Uint8Array(0);

/** What one entry takes, about. */
const ROUTE_BYTES = 256;
const SEARCHED_BYTES = 256;

const REALM: Key = new Uint8Array(ID_BYTES) as Key;

const NO_LOG: Log = { write: () => {} };

/** What the nodes of one model share. */
export interface RouteNodeContext {
  readonly seed: number;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly meter: Meter;
  /** Nodes there are. */
  readonly size: number;
  /** Who provides what. */
  providers(procedure: string): readonly Provider[];
}

/**
 * A node without transport, handshake and DHT: the real routing and calls over links that are simply there. For
 * questions that need more nodes, or odder links, than whole nodes could be given.
 */
export class RouteNode {
  readonly number: number;
  readonly context: RoutingContext;
  readonly courier: Courier;
  readonly router: Router;
  readonly discoverer: Discoverer;
  readonly client: Client;
  readonly server: Server;
  readonly contact: Contact;
  isDead = false;

  constructor(shared: RouteNodeContext, number: number, transit: boolean) {
    const random = new SeededRandom(shared.seed, number * 2 + 1);
    const signer = cheapSigner(new SeededRandom(shared.seed, number * 2 + 2).bytes(32));
    const { clock, deadlines, meter, size } = shared;
    this.number = number;
    const ports = { clock, random, log: NO_LOG, meter };
    const own = { self: signer.id, realm: REALM, signer, verify: cheapVerify, ports };
    this.context = {
      ...own,
      transit,
      deadlines,
      sealer: new Sealer(own),
      table: new LinkTable(random),
      ids: new MessageIds(random),
      meshSize: () => size,
    };
    this.contact = {
      id: signer.id,
      addresses: [],
      anchors: [],
      transit,
      serves: transit,
      seq: 1,
      expires: Number.MAX_SAFE_INTEGER,
      memberUntil: Number.POSITIVE_INFINITY,
      bytes: NOTHING,
    };
    this.discoverer = new Discoverer(this.context);
    this.courier = new Courier(this.context, this.discoverer);
    this.router = new Router(this.context, this.courier, this.discoverer);
    this.server = new Server(this.context, this.courier, this.router);
    this.client = new Client(
      this.context,
      this.courier,
      this.router,
      {
        known: (procedure) => shared.providers(procedure),
        find: () => Promise.resolve({ providers: [], asked: 0, answered: 0 }),
        drop: () => {},
      },
      MESH_ALONE,
    );
  }

  /** Makes a link to `peer` of what carries its frames. */
  link(peer: RouteNode, carrier: Carrier): Link {
    const { table, ports } = this.context;
    const link = new Link({
      channel: carrier,
      contact: peer.contact,
      told: NOTHING,
      instance: NOTHING,
      label: table.freeLabel(),
      liveness: new Liveness(LIVENESS_LIMITS, ports.clock.now()),
      clock: ports.clock,
    });
    table.add(link);
    return link;
  }

  /** A frame came in over `link`. */
  receive(link: Link, frame: Bytes): void {
    if (this.isDead || link.ended !== undefined) return;
    link.liveness.heard(this.context.ports.clock.now());
    this.router.receive(link, frame, 0, frame.length, true);
  }

  /** The link is known to be gone. */
  lose(link: Link): void {
    if (link.ended !== undefined) return;
    link.ended = { code: 0, reason: "the peer is gone", by: "timeout" };
    this.context.table.remove(link);
    this.discoverer.linkLost(link);
    this.router.linkLost(link);
    this.client.linkLost(link);
  }

  /** Bytes it keeps for routing, as far as they can be told: frames not yet told of, learned routes, searched messages. */
  get stateBytes(): number {
    let bytes = this.courier.routes.size * ROUTE_BYTES + this.router.searched * SEARCHED_BYTES;
    for (const { custody } of this.context.table) bytes += custody.memory;
    return bytes;
  }

  call(procedure: string, args: Value, timeout: number, maxHops: number): Promise<Value> {
    return this.client.call(procedure, args, { timeout, maxHops });
  }
}
