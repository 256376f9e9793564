import { utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, parseNodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { PROCEDURE_NAME_BYTES_MAX } from "../identity/realm.ts";
import { MAX_HOPS_DEFAULT } from "../routing/parcel.ts";
import { ROUTING_STRATEGIES, type RoutingStrategy } from "../routing/strategy.ts";
import { CALL_TIMEOUT_MAX } from "../wire/call.ts";
import { HOPS_LIMIT } from "../wire/limits.ts";
import { SELECTIONS, type Selection } from "./selection.ts";

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
  /**
   * It does no harm where the call is executed twice: another provider may be asked although the first one may have
   * executed it. False when left out.
   */
  readonly idempotent?: boolean;
  /** How one of several providers is chosen; `random` when left out. */
  readonly selection?: Selection;
  /**
   * Which ways this call may use: `hybrid` may lead to a direct link, `multi_hop_only` leads to none, `direct_only` goes over
   * one or fails with `no_direct_link`. That of the node when left out.
   */
  readonly routingStrategy?: RoutingStrategy;
}

/** Options as a call needs them. */
export interface CheckedOptions {
  readonly timeout: Millis;
  readonly signal: AbortSignal | undefined;
  readonly provider: NodeId | undefined;
  readonly maxHops: number;
  readonly idempotent: boolean;
  readonly selection: Selection;
  readonly routingStrategy: RoutingStrategy;
}

/** Checks a caller's options; `strategy` is that of its node. Throws `bad_config` naming the one that is wrong. */
export function checkOptions(options: CallOptions, strategy: RoutingStrategy): CheckedOptions {
  const timeout = options.timeout ?? CALL_TIMEOUT_DEFAULT;
  if (!(timeout > 0 && timeout <= CALL_TIMEOUT_MAX)) {
    throw bad(`timeout is ${timeout}; it is more than 0 and at most ${CALL_TIMEOUT_MAX} ms`);
  }
  const maxHops = options.maxHops ?? MAX_HOPS_DEFAULT;
  if (!Number.isInteger(maxHops) || maxHops < 0 || maxHops > HOPS_LIMIT) {
    throw bad(`maxHops is ${maxHops}; it is a whole number from 0 to ${HOPS_LIMIT}`);
  }
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw bad("signal has to be an AbortSignal");
  }
  const selection = options.selection ?? "random";
  if (!SELECTIONS.includes(selection)) {
    throw bad(`selection is "${String(selection)}"; it is one of ${SELECTIONS.join(", ")}`);
  }
  const { idempotent = false } = options;
  if (typeof idempotent !== "boolean") throw bad("idempotent is true or false");
  const routingStrategy = readStrategy(options.routingStrategy) ?? strategy;
  const provider = readProvider(options.provider);
  return { timeout, maxHops, provider, idempotent, selection, signal, routingStrategy };
}

function readStrategy(strategy: RoutingStrategy | undefined): RoutingStrategy | undefined {
  if (strategy === undefined || ROUTING_STRATEGIES.includes(strategy)) return strategy;
  const names = ROUTING_STRATEGIES.join(", ");
  throw bad(`routingStrategy is "${String(strategy)}"; it is one of ${names}`);
}

function readProvider(provider: string | undefined): NodeId | undefined {
  return provider === undefined ? undefined : parseNodeId(String(provider));
}

/** Checks the name of a procedure: 1 to 255 bytes of UTF-8. Throws `bad_config`. */
export function checkProcedure(name: string): void {
  if (typeof name !== "string") throw bad("a procedure's name has to be a string");
  // No character takes more than three bytes: most names need no second look.
  if (name.length > 0 && name.length * 3 <= PROCEDURE_NAME_BYTES_MAX) return;
  const length = utf8(name).length;
  if (length === 0 || length > PROCEDURE_NAME_BYTES_MAX) {
    throw bad(`a procedure's name has 1 to ${PROCEDURE_NAME_BYTES_MAX} bytes, this one ${length}`);
  }
}

function bad(what: string): MeshError {
  return new MeshError("bad_config", what);
}
