import { MeshError, toMeshError } from "../base/errors.ts";
import type { ReplyFailure } from "../wire/call.ts";
import { RefusedArguments } from "./handler.ts";
import { HandlerError } from "./handler-error.ts";

/**
 * What the caller is told of what a handler threw. Never a stack. Also a `MeshError` is the handler's own affair: it
 * may stem from a call that the handler has made, and its code would say that this one was not executed.
 */
export function failureOf(cause: unknown): ReplyFailure {
  if (cause instanceof HandlerError) {
    return { code: "handler_error", remoteCode: textOf(cause.code), message: textOf(cause) };
  }
  if (cause instanceof RefusedArguments) {
    return { code: "bad_arguments", remoteCode: "", message: cause.message };
  }
  return { code: "handler_crash", remoteCode: "", message: `the handler failed: ${textOf(cause)}` };
}

/** What the caller is told of a failure of this node's own: no such procedure, a result without encoding. */
export function ownFailureOf(cause: unknown): ReplyFailure {
  const { code, message } = toMeshError(cause);
  return { code, remoteCode: "", message };
}

/** Handlers may throw anything, also what has no text. */
function textOf(cause: unknown): string {
  try {
    return cause instanceof Error ? `${cause.message}` : String(cause);
  } catch {
    return "it threw something that has no text";
  }
}

/** The error a caller gets for a failure that came back. */
export function errorOf(failure: ReplyFailure): MeshError {
  const { code, remoteCode, message } = failure;
  const remote = code === "handler_error" ? { remote: { code: remoteCode, message } } : {};
  return new MeshError(code, message, remote);
}
