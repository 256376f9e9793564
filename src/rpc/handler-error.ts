import type { RemoteFailure } from "../base/errors.ts";

/** A failure that a handler wants its caller to know: arrives as `handler_error` with this code and message. */
export class HandlerError extends Error implements RemoteFailure {
  override readonly name = "HandlerError";
  /** The procedure's own code; at most 42 characters arrive. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
