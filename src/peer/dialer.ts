import type { Address } from "../base/address.ts";
import { type ErrorCode, MeshError, toMeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Clock, Millis } from "../base/ports.ts";
import { sleep } from "../base/sleep.ts";
import type { Transport } from "../transport/transport.ts";
import type { Link } from "./link.ts";
import type { LinkTable } from "./link-table.ts";
import type { Pool } from "./pool.ts";

/** Head start of an address over the next one in the list (RFC 8305, 5). */
const STAGGER: Millis = 250;

/** Addresses of one target tried in one dial. */
const ADDRESSES_TRIED_MAX = 8;

const OVER: MeshError = new MeshError("cancelled", "the dial is over");

export interface DialTarget {
  readonly addresses: readonly Address[];
  /** Refuse any other node there. */
  readonly expect?: NodeId;
  /** See `DialOptions`. */
  readonly datagrams?: "opened";
}

export interface DialerContext {
  readonly transport: Transport;
  readonly pool: Pool;
  readonly table: LinkTable;
  readonly clock: Clock;
}

/**
 * Dials the addresses of a target, each a quarter second after the one before, and keeps the first link.
 *
 * @throws {MeshError} `dial_failed` with a cause for every address; the cause's own code (such as
 *   `realm_mismatch`) where all addresses agree on it; `cancelled`.
 */
export async function dial(
  context: DialerContext,
  target: DialTarget,
  timeout: Millis,
  signal: AbortSignal,
): Promise<Link> {
  const existing = target.expect && context.table.to(target.expect);
  if (existing) return existing;
  const addresses = target.addresses.slice(0, ADDRESSES_TRIED_MAX);
  // Not AbortSignal.any: what that makes is never quite let go by a signal that lives as long as the node.
  const over = new AbortController();
  // A reason of our own: the one that is made otherwise costs more than all the rest here.
  const stop = (): void => over.abort(OVER);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const attempts = addresses.map(async (address, index) => {
    if (index > 0) await sleep(context.clock, index * STAGGER, over.signal);
    return attempt(context, target, address, timeout, over.signal);
  });
  try {
    return await Promise.any(attempts);
  } catch (cause) {
    throw allFailed(
      addresses,
      (cause as AggregateError).errors.map((it) => toMeshError(it)),
    );
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

async function attempt(
  context: DialerContext,
  target: DialTarget,
  address: Address,
  timeout: Millis,
  signal: AbortSignal,
): Promise<Link> {
  const { addresses: _, ...how } = target;
  const connection = await context.transport.dial(address, { timeout, signal, ...how });
  try {
    return await context.pool.greet(connection);
  } catch (cause) {
    // The peer dialled us at the same moment and its connection is the one that stays.
    const existing = context.table.to(connection.peer);
    if (existing && toMeshError(cause).code === "duplicate_link") return existing;
    throw cause;
  }
}

function allFailed(addresses: readonly Address[], causes: readonly MeshError[]): MeshError {
  const lines = causes.map((cause, index) => `${addresses[index]}: ${cause.message}`);
  const codes = new Set<ErrorCode>(causes.map((cause) => cause.code));
  const [only] = codes;
  const code = codes.size === 1 && only !== undefined ? only : "dial_failed";
  const text = lines.length > 0 ? lines.join("; ") : "the node has no address that can be dialled";
  return new MeshError(code, text);
}
