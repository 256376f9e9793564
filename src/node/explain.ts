import { type MeshError, toMeshError } from "../base/errors.ts";
import { idText, type NodeId } from "../base/id.ts";
import type { StrategyState } from "../routing/strategy.ts";
import type { PendingCall } from "../rpc/pending-call.ts";
import type { Attempt as SentOnce } from "../rpc/trace.ts";
import type { Attempt, CallReport, Hop } from "./api.ts";

/** What became of a traced call. */
export interface Outcome<T> {
  readonly result: T | undefined;
  readonly error: MeshError | undefined;
}

/** Waits for a call, whatever becomes of it. */
export async function outcomeOf<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { result: await call, error: undefined };
  } catch (cause) {
    return { result: undefined, error: toMeshError(cause) };
  }
}

/** The report of a call that has ended. `elapsed` is in milliseconds; `strategyFor` says what was learned of a provider. */
export function reportOf(
  procedure: string,
  call: PendingCall | undefined,
  elapsed: number,
  error: MeshError | undefined,
  strategyFor: (id: NodeId) => StrategyState,
): CallReport {
  const target = call?.target;
  const direct = call?.rule === "direct";
  return {
    procedure,
    provider: error || target === undefined ? undefined : idText(target.id),
    strategy: direct ? "direct" : "multi_hop",
    routing: target && routingOf(strategyFor(target.id)),
    rule: call?.rule,
    hops:
      call === undefined ? [] : hopsOf(call, direct && error === undefined ? elapsed : undefined),
    forwarders: call?.forwarders,
    attempts: call?.trace?.attempts.map(attemptOf) ?? [],
    elapsed,
    error,
  };
}

function routingOf({ strategy, reason }: StrategyState): CallReport["routing"] {
  return { strategy, reason };
}

function attemptOf({ at, provider, via, rule, failure }: SentOnce): Attempt {
  return { at, provider: idText(provider), via: idText(via), rule, failure };
}

/** The report of a call that this node has answered itself. */
export function localReport(
  procedure: string,
  self: string,
  elapsed: number,
  error: MeshError | undefined,
): CallReport {
  const provider = error ? undefined : self;
  const nothing = { hops: [], attempts: [], routing: undefined, forwarders: undefined };
  return { procedure, provider, strategy: "local", rule: "deliver", ...nothing, elapsed, error };
}

/** Stations in the order of the way; of two reports from one place the later attempt counts. */
function hopsOf(call: PendingCall, direct: number | undefined): Hop[] {
  const { target } = call;
  if (direct !== undefined && target) {
    return [{ node: idText(target.id), rule: "deliver", roundTrip: direct }];
  }
  const byHop = new Map((call.trace?.reports ?? []).map((report) => [report.hop, report]));
  return [...byHop.values()]
    .sort((a, b) => a.hop - b.hop)
    .map(({ node, rule, roundTrip }) => ({ node: idText(node), rule, roundTrip }));
}
