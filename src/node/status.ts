import { idText } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { PUNCHES_MAX } from "../nat/punch-table.ts";
import { SHORTCUTS_MAX } from "../nat/shortcuts.ts";
import type { Link } from "../peer/link.ts";
import { TOKENS_REMEMBERED_MAX } from "../peer/members.ts";
import { POOL_LIMITS } from "../peer/pool.ts";
import { LEARNED_ROUTES_MAX } from "../routing/learned-routes.ts";
import { SEARCHED_MAX } from "../routing/search-memory.ts";
import { STRATEGIES_MAX } from "../routing/strategy.ts";
import { PENDING_MAX } from "../rpc/client.ts";
import { CALLERS_MAX } from "../rpc/executed.ts";
import { REPLIES_BYTES_MAX } from "../rpc/reply-cache.ts";
import { CASTS_MAX, PROCEDURES_MAX, RUNNING_MAX } from "../rpc/server.ts";
import { CALLER_SESSIONS_MAX } from "../seal/caller-sessions.ts";
import { PROVIDER_SESSIONS_MAX } from "../seal/provider-sessions.ts";
import type { Mapping } from "../wire/punch.ts";
import type { Composition } from "./compose.ts";
import type { Counters } from "./counters.ts";
import type { ContactStatus, LinkStatus, NodeStatus } from "./node-status.ts";

/** What the status needs beside the parts. */
export interface StatusFacts {
  readonly id: string;
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly startedAt: Millis;
  readonly counters: Counters;
}

export function statusOf(node: Composition, facts: StatusFacts): NodeStatus {
  const { parts, context, keepers, server, dht, registry } = node;
  const anchors = node.anchors().map(idText);
  return {
    id: facts.id,
    realm: parts.realm,
    mode: parts.mode,
    addresses: facts.addresses,
    transport: transportOf(node),
    ready: facts.ready,
    dialable: node.reachability.state,
    uptime: parts.ports.clock.now() - facts.startedAt,
    clockOffset: clockOffset(context.table, parts.ports.clock.wall()),
    links: [...context.table].map((link) =>
      linkStatus(link, node.direct.puncher.mappingOf(link.peer)),
    ),
    anchors,
    overlay: node.overlay?.state(),
    routing: node.direct.state(),
    bootstrap: keepers.map((keeper) => {
      const { name, connected, failures, lastError } = keeper.state();
      const text = lastError && `${lastError.code}: ${lastError.message}`;
      return { target: name, connected, failures, lastError: text };
    }),
    health: node.health.state(),
    membership: node.membership.state(),
    contacts: contactsOf(node, new Set(anchors)),
    sizeEstimate: Math.round(dht.sizeEstimate),
    records: { held: dht.store.size, keys: dht.store.keys, owners: dht.store.owners },
    procedures: server.procedures,
    registrations: registry.advertised.map((procedure) => ({
      procedure,
      copies: registry.copies(procedure),
    })),
    calls: node.journal.state(),
    bounds: boundsOf(node),
    counters: { ...facts.counters.snapshot(), ...parts.transport.stats() },
  };
}

function transportOf({ parts }: Composition): NodeStatus["transport"] {
  const { drivers, datagrams } = parts.transport.state();
  return { drivers, udp: datagrams };
}

function boundsOf({
  context,
  courier,
  router,
  discoverer,
  dht,
  registry,
  server,
  client,
  direct,
}: Composition): NodeStatus["bounds"] {
  return {
    links: { used: context.table.size, max: POOL_LIMITS.linksMax },
    shortcuts: { used: direct.shortcuts.size, max: SHORTCUTS_MAX },
    punches: { used: direct.puncher.size, max: PUNCHES_MAX },
    strategies: { used: direct.shortcuts.known, max: STRATEGIES_MAX },
    learnedRoutes: { used: courier.routes.size, max: LEARNED_ROUTES_MAX },
    messagesUnderWay: { used: courier.size, max: courier.sizeMax },
    messagesSearched: { used: router.searched, max: SEARCHED_MAX },
    routeSearches: { used: discoverer.size, max: discoverer.sizeMax },
    tokensKnown: { used: context.members.size, max: TOKENS_REMEMBERED_MAX },
    contacts: { used: dht.contacts.size, max: dht.contacts.sizeMax },
    records: { used: dht.store.size, max: dht.store.limits.recordsMax },
    providersCached: registry.cached,
    procedures: { used: server.procedures.length, max: PROCEDURES_MAX },
    handlersAtWork: { used: server.running, max: RUNNING_MAX },
    castsAtWork: { used: server.casts, max: CASTS_MAX },
    callsPending: { used: client.pending, max: PENDING_MAX },
    callersKnown: { used: server.callersKnown, max: CALLERS_MAX },
    replyBytes: { used: server.replyBytes, max: REPLIES_BYTES_MAX },
    sessionsBegun: { used: context.sealer.begun.size, max: CALLER_SESSIONS_MAX },
    sessionsTaken: { used: context.sealer.taken.size, max: PROVIDER_SESSIONS_MAX },
  };
}

function contactsOf(
  { context, dht, parts }: Composition,
  anchors: ReadonlySet<string>,
): ContactStatus[] {
  const now = parts.ports.clock.now();
  return [...dht.contacts.places()].map(({ bucket, contact, heardAt }) => {
    const node = idText(contact.id);
    const link = context.table.to(contact.id);
    return {
      node,
      bucket,
      addresses: contact.addresses,
      transit: contact.transit,
      heardAgo: now - Math.max(heardAt, link?.liveness.heardAt ?? heardAt),
      linked: link !== undefined,
      anchor: anchors.has(node),
    };
  });
}

/** The one in the middle: a single neighbour with a wrong clock, or that lies, moves it by little. */
function clockOffset(links: Iterable<Link>, now: Millis): Millis | undefined {
  const ahead = [...links].map(({ contact }) => contact.seq - now).sort((a, b) => a - b);
  return ahead[(ahead.length - 1) >> 1];
}

function linkStatus(link: Link, mapping: Mapping): LinkStatus {
  return {
    node: link.peerText,
    transport: link.kind,
    address: link.remoteAddress,
    direction: link.dialled ? "dialled" : "accepted",
    addresses: link.contact.addresses,
    mapping,
    observedAs: link.observedAs,
    transit: link.contact.transit,
    shortcut: link.isShortcut,
    roundTrip: link.liveness.roundTrip,
    ...link.stats,
    buffered: link.buffered,
  };
}
