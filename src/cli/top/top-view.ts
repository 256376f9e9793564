import { type Reason, reasonsOf } from "../../http/reasons.ts";
import type { LinkStatus, NodeStatus } from "../../index.ts";

/** A status, and when it was asked for: milliseconds of any clock that runs evenly. */
export interface Sample {
  readonly at: number;
  readonly status: NodeStatus;
}

export interface LinkView {
  readonly node: string;
  readonly transport: string;
  /** What the link is for. */
  readonly kind: "anchor" | "shortcut" | "transit" | "peer";
  /** How calls to that node go, where this one calls it. */
  readonly strategy: string | undefined;
  /** Milliseconds. */
  readonly roundTrip: number | undefined;
  readonly sentPerSecond: number;
  readonly receivedPerSecond: number;
  /** Bytes that wait to be sent. */
  readonly buffered: number;
}

/** How a node stands, and what it did between two looks at it. */
export interface TopView {
  readonly id: string;
  readonly mode: string;
  readonly ready: boolean;
  readonly health: "healthy" | "degraded";
  readonly reasons: readonly Reason[];
  /** Milliseconds. */
  readonly uptime: number;
  /** Milliseconds that the figures a second rest on; 0 where there was one look. */
  readonly over: number;
  /** Calls of this node that ended, by way and outcome. */
  readonly calls: readonly {
    strategy: string;
    outcome: string;
    perSecond: number;
    total: number;
  }[];
  /** Calls of other nodes that it answered. */
  readonly executedPerSecond: number;
  readonly forwarded: { readonly framesPerSecond: number; readonly bytesPerSecond: number };
  readonly handlersAtWork: number;
  readonly callsPending: number;
  readonly contacts: number;
  readonly records: number;
  readonly links: readonly LinkView[];
}

/** What happened between `before` and `now`. A node that was started again meanwhile is looked at for the first time. */
export function topView(before: Sample | undefined, now: Sample): TopView {
  const { status } = now;
  const isSame = before !== undefined && before.status.uptime <= status.uptime;
  const earlier = isSame ? before.status : undefined;
  const over = isSame ? Math.max(0, now.at - before.at) : 0;
  const rate = (count: number, was: number | undefined): number =>
    over === 0 || was === undefined ? 0 : Math.max(0, (count - was) * 1_000) / over;
  const counted = (name: string): number =>
    rate(status.counters[name] ?? 0, earlier && (earlier.counters[name] ?? 0));
  const reasons = reasonsOf(status);
  return {
    id: status.id,
    mode: status.mode,
    ready: status.ready,
    health: reasons.length === 0 ? "healthy" : "degraded",
    reasons,
    uptime: status.uptime,
    over,
    calls: status.calls.outcomes
      .filter(({ count }) => count > 0)
      .map(({ strategy, outcome, count }) => {
        const same = earlier?.calls.outcomes.find(
          (it) => it.strategy === strategy && it.outcome === outcome,
        );
        const perSecond = rate(count, earlier && (same?.count ?? 0));
        return { strategy, outcome, perSecond, total: count };
      }),
    executedPerSecond: counted("calls_executed"),
    forwarded: {
      framesPerSecond: counted("frames_forwarded"),
      bytesPerSecond: counted("bytes_forwarded"),
    },
    handlersAtWork: status.bounds.handlersAtWork?.used ?? 0,
    callsPending: status.bounds.callsPending?.used ?? 0,
    contacts: status.contacts.length,
    records: status.records.held,
    links: status.links.map((link) => linkView(link, status, earlier, rate)),
  };
}

function linkView(
  link: LinkStatus,
  { anchors, routing }: NodeStatus,
  earlier: NodeStatus | undefined,
  rate: (count: number, was: number | undefined) => number,
): LinkView {
  const { node, transport, roundTrip, buffered } = link;
  const was = earlier?.links.find((it) => it.node === node && it.address === link.address);
  return {
    node,
    transport,
    kind: kindOf(link, anchors),
    strategy: routing.destinations.find((it) => it.node === node)?.strategy,
    roundTrip,
    sentPerSecond: rate(link.framesSent, was?.framesSent),
    receivedPerSecond: rate(link.framesReceived, was?.framesReceived),
    buffered,
  };
}

function kindOf(link: LinkStatus, anchors: readonly string[]): LinkView["kind"] {
  if (link.shortcut) return "shortcut";
  if (anchors.includes(link.node)) return "anchor";
  return link.transit ? "transit" : "peer";
}
