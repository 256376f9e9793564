import { MeshError } from "../base/errors.ts";
import { type NodeId, parseNodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { MAX_HOPS_DEFAULT } from "../routing/courier.ts";
import { CALL_TIMEOUT_MAX } from "../wire/call.ts";
import { HOPS_LIMIT } from "../wire/limits.ts";

/** Milliseconds a call may take where its caller says nothing. */
export const CALL_TIMEOUT_DEFAULT: Millis = 5_000;

export interface CallOptions {
  /** Milliseconds until the call fails with `timeout`; 5,000 when left out, at most an hour. */
  readonly timeout?: Millis;
  /** Cancels the call, here and at the provider. */
  readonly signal?: AbortSignal;
  /** Hexadecimal id of the one node to call, whoever else provides the procedure. */
  readonly provider?: string;
  /** Forwarding nodes the call may pass, 0 to 16; 10 when left out. */
  readonly maxHops?: number;
}

/** Options as a call needs them. */
export interface CheckedOptions {
  readonly timeout: Millis;
  readonly signal: AbortSignal | undefined;
  readonly provider: NodeId | undefined;
  readonly maxHops: number;
}

/** Checks a caller's options. Throws `bad_config` naming the one that is wrong. */
export function checkOptions(options: CallOptions): CheckedOptions {
  const timeout = options.timeout ?? CALL_TIMEOUT_DEFAULT;
  if (!(timeout > 0 && timeout <= CALL_TIMEOUT_MAX)) {
    throw bad(`timeout is ${timeout}; it is more than 0 and at most ${CALL_TIMEOUT_MAX} ms`);
  }
  const maxHops = options.maxHops ?? MAX_HOPS_DEFAULT;
  if (!Number.isInteger(maxHops) || maxHops < 0 || maxHops > HOPS_LIMIT) {
    throw bad(`maxHops is ${maxHops}; it is a whole number from 0 to ${HOPS_LIMIT}`);
  }
  const provider = options.provider === undefined ? undefined : parseNodeId(options.provider);
  return { timeout, maxHops, provider, signal: options.signal };
}

function bad(what: string): MeshError {
  return new MeshError("bad_config", what);
}
