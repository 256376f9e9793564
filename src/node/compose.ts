import { Deadlines } from "../base/deadlines.ts";
import { ERROR_CODES } from "../base/errors.ts";
import { Health } from "../base/health.ts";
import type { NodeId } from "../base/id.ts";
import { ContactUpdates } from "../dht/contact-updates.ts";
import { Dht } from "../dht/dht.ts";
import type { DhtContext } from "../dht/dht-context.ts";
import { Overlay } from "../dht/overlay.ts";
import { Registry } from "../dht/registry.ts";
import { StateKeeper } from "../dht/state-keeper.ts";
import type { Contact } from "../peer/contact.ts";
import { ContactBook } from "../peer/contact-book.ts";
import { type DialerContext, dial } from "../peer/dialer.ts";
import { Keeper } from "../peer/keeper.ts";
import type { Link } from "../peer/link.ts";
import { LinkTable } from "../peer/link-table.ts";
import { LIVENESS_LIMITS } from "../peer/liveness.ts";
import { POOL_LIMITS, Pool } from "../peer/pool.ts";
import { Upgrader } from "../peer/upgrader.ts";
import { anchorsOf } from "../routing/anchors.ts";
import { Courier } from "../routing/courier.ts";
import { Discoverer } from "../routing/discoverer.ts";
import { ForwardingQuota } from "../routing/forwarding-quota.ts";
import { MessageIds } from "../routing/message-ids.ts";
import { Router } from "../routing/router.ts";
import { Client } from "../rpc/client.ts";
import { Server } from "../rpc/server.ts";
import { Sealer } from "../seal/sealer.ts";
import type { CloseInfo, Connection } from "../transport/transport.ts";
import { CallJournal } from "./call-journal.ts";
import { DirectLinks } from "./direct-links.ts";
import { Emitter } from "./emitter.ts";
import { IdentityAlarm } from "./identity-alarm.ts";
import { Isolation } from "./isolation.ts";
import { type Membership, makeMembership } from "./membership.ts";
import { Roles } from "./modes.ts";
import { Movements } from "./movements.ts";
import type { NodeParts } from "./node-parts.ts";
import { OwnContact } from "./own-contact.ts";
import type { OwnToken } from "./own-token.ts";
import { Reachability } from "./reachability.ts";

/** A dial for a punch ends by its own time, or with the transport. */
const NEVER_ABORTED: AbortSignal = new AbortController().signal;

/** The parts of a running node, wired; `MeshNode` is the face in front of them. */
export interface Composition {
  readonly parts: NodeParts;
  readonly context: DhtContext;
  readonly membership: OwnToken;
  readonly pool: Pool;
  readonly keepers: readonly Keeper[];
  readonly upgrader: Upgrader;
  /** `undefined` where links are static. */
  readonly overlay: Overlay | undefined;
  /** `undefined` where nothing is kept. */
  readonly state: StateKeeper | undefined;
  readonly health: Health;
  readonly alarm: IdentityAlarm;
  readonly isolation: Isolation;
  readonly reachability: Reachability;
  readonly direct: DirectLinks;
  readonly movements: Movements;
  readonly courier: Courier;
  readonly discoverer: Discoverer;
  readonly router: Router;
  readonly dht: Dht;
  readonly registry: Registry;
  readonly updates: ContactUpdates;
  readonly server: Server;
  readonly client: Client;
  /** The nodes this one is reached through, as things are now. */
  readonly anchors: () => NodeId[];
  readonly events: Emitter;
  readonly journal: CallJournal;
}

/** Puts a node together, from the lowest layer up. It begins to dial at once. */
export function compose(parts: NodeParts): Composition {
  const { ports, transport } = parts;
  const health = new Health();
  const membership = makeMembership(parts, health, () => tokenRenewed(composed));
  const roles = new Roles(parts.mode, parts.links, () => membership.own.roles);
  const context = makeContext(parts, roles, membership, () => dht.sizeEstimate);
  const anchors = (): NodeId[] => anchorsOf(context, context.table);
  const discoverer = new Discoverer(context);
  const courier = new Courier(context, discoverer);
  const router = new Router(context, courier, discoverer);
  const dht = new Dht(context, courier, router);
  const registry = new Registry(context, dht, anchors);
  const server = new Server(context, courier, router);
  const direct = makeDirectLinks(parts, { context, courier, router, dht }, () => dialer);
  const calls = makeClient({ context, courier, router, registry, direct });
  const around = { context, router, roles, health };
  const reachability = makeReachability(parts, around, () => rolesChanged(composed));
  const contact = new OwnContact(
    context,
    () => reachability.claimed,
    anchors,
    () => registry.renewSoon(),
  );
  const updates = new ContactUpdates(
    context,
    router,
    () => contact.current(),
    (link, before) => contactUpdated(composed, link, before),
  );
  const movements = makeMovements(parts, direct, reachability, () => hasMoved(composed, pool));
  const composed: Wiring = {
    overlay: undefined,
    upgrader: undefined,
    movements,
    state: parts.storage && new StateKeeper(context, dht, parts.storage, health),
    membership: membership.own,
    health,
    alarm: new IdentityAlarm(context.self, ports, health),
    isolation: new Isolation(ports, health, () => isCutOff(parts, context)),
    reachability,
    direct,
    parts,
    context,
    discoverer,
    courier,
    router,
    dht,
    registry,
    server,
    anchors,
    ...calls,
    keepers: [],
    updates,
  };
  const pool = makePool(composed, router, contact);
  const dialer = { transport, pool, table: context.table, clock: ports.clock };
  transport.onConnection = (connection) => arrived(composed, pool, connection);
  watchIdentity(composed, contact);
  const upgrader = begin(composed, dialer);
  return { ...composed, pool, upgrader };
}

/** This node is at home elsewhere than before. */
function hasMoved({ reachability, updates }: Wiring, pool: Pool): void {
  pool.askAll();
  reachability.moved();
  updates.changedNow();
}

function watchIdentity({ dht, alarm }: Wiring, contact: OwnContact): void {
  dht.onOwnContact = (heard) => {
    if (contact.isForeign(heard)) alarm.raise(heard.id, "a contact of it is about");
  };
}

/** Starts to dial. */
function begin(composed: Wiring, dialer: DialerContext): Upgrader {
  const { parts, keepers, health } = composed;
  for (const { kind, problem } of parts.transport.state().drivers) {
    if (problem !== undefined) health.degraded(kind, problem);
  }
  const upgrader = new Upgrader(dialer);
  composed.upgrader = upgrader;
  const overlay = parts.links === "auto" ? makeOverlay(composed, dialer) : undefined;
  composed.overlay = overlay;
  const isNeeded = overlay && ((): boolean => overlay.needsEntrance);
  for (const target of parts.bootstrap) {
    keepers.push(new Keeper(target, dialer, parts.ports, isNeeded));
  }
  return upgrader;
}

/** Who holds something that the old token has signed gets it with the new one; who was refused is dialled again. */
function tokenRenewed({ updates, registry, keepers }: Wiring): void {
  updates.changedNow();
  registry.renewSoon();
  for (const keeper of keepers) keeper.retry();
}

function makeContext(
  parts: NodeParts,
  roles: Roles,
  { members, own: ownToken }: Membership,
  meshSize: () => number,
): DhtContext {
  const { ports, signer, verify, links, book } = parts;
  const own = { self: signer.id, realm: members.realm, signer, verify, ports };
  return {
    ...own,
    members,
    get token() {
      return ownToken.token;
    },
    get transit() {
      return roles.transit;
    },
    get serves() {
      return roles.serves;
    },
    isCore: roles.isCore,
    deadlines: new Deadlines(ports.clock),
    table: new LinkTable(ports.random),
    book: book ?? new ContactBook(members, verify, ports.meter),
    searches: () => links === "static",
    ids: new MessageIds(ports.random),
    sealer: new Sealer(own),
    forwarding: parts.forwarding && new ForwardingQuota(parts.forwarding),
    meshSize,
  };
}

/** Makes calls, counts how they end, and tells of them. */
function makeClient({
  context,
  courier,
  router,
  registry,
  direct: { shortcuts },
}: Pick<Wiring, "context" | "courier" | "router" | "registry" | "direct">): Pick<
  Wiring,
  "events" | "journal" | "client"
> {
  const events = new Emitter(context.ports.log);
  const journal = new CallJournal(context.ports.clock, events, (id) => shortcuts.at(id));
  const client = new Client(context, courier, router, registry, shortcuts, journal);
  return { events, journal, client };
}

function makeDirectLinks(
  { transport, routingStrategy = "multi_hop_only", locals = () => [] }: NodeParts,
  { context, courier, router, dht }: Pick<Wiring, "context" | "courier" | "router" | "dht">,
  dialer: () => DialerContext,
): DirectLinks {
  return new DirectLinks(context, courier, router, {
    transport,
    dht,
    locals,
    strategy: routingStrategy,
    dial: (to, peer, timeout) =>
      dial(
        dialer(),
        { addresses: [to], expect: peer, datagrams: "opened" },
        timeout,
        NEVER_ABORTED,
      ),
  });
}

function makeReachability(
  parts: NodeParts,
  {
    context,
    router,
    roles,
    health,
  }: Pick<Wiring, "context" | "router" | "health"> & { readonly roles: Roles },
  onChange: () => void,
): Reachability {
  return new Reachability(context, router, {
    ...parts,
    listening: parts.listening ?? (() => parts.addresses),
    roles,
    health,
    isFirst: parts.bootstrap.length === 0,
    onChange,
  });
}

function makeMovements(
  { ports, locals = () => [] }: NodeParts,
  direct: DirectLinks,
  reachability: Reachability,
  onMoved: () => void,
): Movements {
  const isWatched = (): boolean => reachability.isProving;
  return new Movements(ports.clock, direct.sightings, { locals, isWatched, onMoved });
}

function makePool(composed: Wiring, router: Router, contact: OwnContact): Pool {
  return new Pool({
    ...composed.context,
    liveness: composed.parts.liveness ?? LIVENESS_LIMITS,
    limits: POOL_LIMITS,
    instance: contact.instance,
    onCopy: (id, evidence) => composed.alarm.raise(id, evidence),
    hello: (observed) => contact.hello(observed),
    onFrame: (link, bytes, start, end, owned) => router.receive(link, bytes, start, end, owned),
    onLink: (link) => linkAdded(composed, link),
    onLinkLost: (link, info) => linkLost(composed, link, info),
    onAway: () => wasAway(composed),
    onSuspect: (link) => composed.overlay?.suspected(link),
    isAnchor: ({ pinned, contact: peer }) => pinned && peer.transit && !composed.context.transit,
  });
}

function makeOverlay(
  { context, dht, keepers, updates, state }: Wiring,
  dialer: DialerContext,
): Overlay {
  return new Overlay(context, dht, dialer, {
    onIsolated: () => {
      for (const keeper of keepers) keeper.nudge();
    },
    onPlanned: () => updates.changed(),
    knownPeers: () => state?.peers ?? [],
  });
}

/** The parts while they are put together: the pool and who dials over it come last. */
type Wiring = Omit<Composition, "pool" | "overlay" | "upgrader" | "keepers"> & {
  overlay: Overlay | undefined;
  upgrader: Upgrader | undefined;
  readonly keepers: Keeper[];
};

function rolesChanged({ overlay, updates }: Wiring): void {
  overlay?.rolesChanged();
  updates.changedNow();
}

function contactUpdated(
  { dht, overlay, registry, isolation }: Wiring,
  link: Link,
  before: Contact,
): void {
  dht.addContact(link.contact);
  overlay?.contactUpdated(link);
  isolation.check();
  if (link.contact.serves && !before.serves) servesNow(overlay, registry);
}

/** Whether nobody is linked through whom this node could be part of a mesh. One that comes in through nobody is one. */
function isCutOff({ bootstrap, links }: NodeParts, { table }: DhtContext): boolean {
  if (bootstrap.length === 0) return false;
  if (links === "static") return table.size === 0;
  for (const { contact, isShortcut } of table) {
    if (!isShortcut && (contact.serves || contact.transit)) return false;
  }
  return true;
}

/** Where this node has not looked for the right holders of its records, every neighbour that serves may be one. */
function servesNow(overlay: Overlay | undefined, registry: Registry): void {
  if (overlay?.state().joined !== true) registry.linkAdded();
}

/** A node that does not listen for others is at home to those alone whom it has agreed on a link with. */
function arrived({ parts, context, direct }: Wiring, pool: Pool, connection: Connection): void {
  if (parts.addresses.length > 0 || direct.puncher.expects(connection.peer)) {
    pool.accept(connection);
    return;
  }
  context.ports.meter.count("handshakes_refused");
  connection.close(ERROR_CODES.refused.wire, "this node takes no connections");
}

/** Peers have given this node up, records have expired, and it may be somewhere else. */
function wasAway({ movements, registry, keepers, overlay }: Wiring): void {
  movements.wasAway();
  registry.renewSoon();
  for (const keeper of keepers) keeper.nudge();
  overlay?.changed();
}

function linkAdded(composed: Wiring, link: Link): void {
  composed.direct.linkAdded(link);
  const { dht, discoverer, registry, events, overlay, updates } = composed;
  dht.addContact(link.contact);
  discoverer.linkAdded();
  overlay?.linkAdded(link);
  composed.upgrader?.linkAdded(link);
  updates.changed();
  composed.reachability.linkAdded();
  composed.isolation.check();
  if (overlay === undefined && link.contact.serves) registry.linkAdded();
  events.emit("link", { node: link.peerText, address: link.remoteAddress });
}

function linkLost(composed: Wiring, link: Link, info: CloseInfo): void {
  composed.discoverer.linkLost(link);
  composed.router.linkLost(link);
  composed.client.linkLost(link);
  composed.direct.linkLost(link, info);
  composed.dht.linkLost(link);
  for (const keeper of composed.keepers) keeper.linkLost(link);
  composed.overlay?.linkLost(link, info);
  composed.reachability.linkLost(link);
  composed.isolation.check();
  composed.updates.changed();
  composed.events.emit("link_lost", { node: link.peerText, code: info.code, reason: info.reason });
}
