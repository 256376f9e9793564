import type { Value } from "../wire/value.ts";

/** What a handler learns of the call it answers. */
export interface CallContext {
  readonly procedure: string;
  /** Hexadecimal id of the caller. Over a link it is proven; on a routed call it is the frame's claim. */
  readonly caller: string;
  /** Forwarding nodes the call has passed. */
  readonly hops: number;
  /** Fires when the caller has cancelled or does not wait any more. */
  readonly signal: AbortSignal;
}

/** Arguments that the declared schema of a procedure refuses; its handler was not called. */
export class RefusedArguments extends Error {}

/**
 * Answers calls. What it returns, or resolves to, is the result. A thrown `HandlerError` reaches the caller as
 * `handler_error` with its code and message, anything else as `handler_crash` with its message; a stack never.
 */
// biome-ignore lint/suspicious/noExplicitAny: a handler states the shape of its own arguments.
export type Handler = (args: any, call: CallContext) => Value | Promise<Value>;
