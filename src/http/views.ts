import type { CallReport, MeshNode, NodeStatus } from "../index.ts";
import { isReachable, type Reason, reasonsOf } from "./reasons.ts";

/** What `GET /health` tells. */
export interface HealthView {
  readonly status: "healthy" | "degraded";
  /** It has its place, and calls get to it. */
  readonly ready: boolean;
  readonly uptimeSeconds: number;
  readonly reasons: readonly Reason[];
}

export function healthView(node: MeshNode): HealthView {
  const status = node.status();
  const reasons = reasonsOf(status);
  return {
    status: reasons.length === 0 ? "healthy" : "degraded",
    ready: isReady(status),
    uptimeSeconds: Math.floor(status.uptime / 1_000),
    reasons,
  };
}

export function isReady(status: NodeStatus): boolean {
  return status.ready && isReachable(status);
}

/** Whom a node is linked to and whom it knows: what `macula peers --json` and `GET /api/peers` tell. */
export function peersView({ id, anchors, links, contacts }: NodeStatus): object {
  return { id, anchors, links, contacts };
}

/** The contact table. */
export function tableView({ id, contacts, sizeEstimate }: NodeStatus): object {
  return { id, sizeEstimate, contacts };
}

/** What it holds for the mesh, and what it provides itself. */
export function recordsView({ id, records, registrations, bounds }: NodeStatus): object {
  return { id, ...records, max: bounds.records?.max, registrations };
}

/** Its links, and what it has learned of the ways to those it calls. */
export function linksView({ id, anchors, links, overlay, routing, bootstrap }: NodeStatus): object {
  return { id, anchors, links, overlay, routing, bootstrap };
}

/** A report with its errors as plain objects: what `macula trace --json` and `POST /api/explain` tell. */
export function reportView({ error, attempts, ...report }: CallReport): object {
  return {
    ok: error === undefined,
    error: plain(error),
    ...report,
    attempts: attempts.map(({ failure, ...attempt }) => ({ ...attempt, failure: plain(failure) })),
  };
}

function plain(cause: CallReport["error"]): object | undefined {
  return cause && { code: cause.code, message: cause.message };
}
