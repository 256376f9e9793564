import { MeshError } from "../base/errors.ts";
import type { ReplyFailure } from "../wire/call.ts";
import { HandlerError } from "./handler-error.ts";

/** What the caller is told of what a handler threw. Never a stack. */
export function failureOf(cause: unknown): ReplyFailure {
  if (cause instanceof HandlerError) {
    return { code: "handler_error", remoteCode: cause.code, message: cause.message };
  }
  if (
    cause instanceof MeshError &&
    (cause.code === "encode_failed" || cause.code === "too_large")
  ) {
    return { code: cause.code, remoteCode: "", message: `the result: ${cause.message}` };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code: "handler_crash", remoteCode: "", message: `the handler failed: ${message}` };
}

/** The error a caller gets for a failure that came back. */
export function errorOf(failure: ReplyFailure): MeshError {
  const { code, remoteCode, message } = failure;
  const remote = code === "handler_error" ? { remote: { code: remoteCode, message } } : {};
  return new MeshError(code, message, remote);
}
