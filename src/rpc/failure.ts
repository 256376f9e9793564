import { MeshError } from "../base/errors.ts";
import type { ReplyFailure } from "../wire/call.ts";
import { HandlerError } from "./handler-error.ts";

/** What can be wrong with a result, or with the lack of a handler; other codes are the handler's own affair. */
const OWN_CODES: ReadonlySet<string> = new Set(["encode_failed", "too_large", "no_provider"]);

/** What the caller is told of what a handler threw. Never a stack. */
export function failureOf(cause: unknown): ReplyFailure {
  if (cause instanceof HandlerError) {
    return { code: "handler_error", remoteCode: textOf(cause.code), message: textOf(cause) };
  }
  if (cause instanceof MeshError && OWN_CODES.has(cause.code)) {
    return { code: cause.code, remoteCode: "", message: cause.message };
  }
  return { code: "handler_crash", remoteCode: "", message: `the handler failed: ${textOf(cause)}` };
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
