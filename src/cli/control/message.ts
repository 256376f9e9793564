import { MeshError } from "../../base/errors.ts";
import type { Millis } from "../../base/ports.ts";

/** Changes when an older command could no longer read what a newer node answers, or the reverse. */
export const CONTROL_VERSION = 1;

/** Bytes of a request, its newline included, and of an answer. */
export const REQUEST_BYTES_MAX: number = 64 << 10;
export const ANSWER_BYTES_MAX: number = 16 << 20;

/** Who asks at once; one more is told that the node is overloaded. */
export const CONNECTIONS_MAX = 16;

/** Time from the connection to the answer. */
export const TIME_MAX: Millis = 10_000;

/** What a running node is asked: one line of JSON. */
export type ControlRequest =
  | { readonly ask: "status" }
  | { readonly ask: "lookup"; readonly procedure: string; readonly timeout: Millis }
  /** How calls get to one node: a `PeerFacts`. */
  | { readonly ask: "reach"; readonly peer: string; readonly timeout: Millis };

/** What it answers: one line of JSON, and then the end. */
export type ControlAnswer = { readonly version: number } & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }
);

/** @throws {MeshError} `bad_frame` on what is no request, `unknown_type` on one this version does not know. */
export function readRequest(line: string): ControlRequest {
  const { ask, procedure, peer, timeout } = readObject(line);
  if (ask === "status") return { ask };
  if (ask !== "lookup" && ask !== "reach") {
    const asked = String(ask).slice(0, 80);
    const known = "there are status, lookup and reach";
    throw new MeshError("unknown_type", `"${asked}" is nothing to ask; ${known}`);
  }
  const what = ask === "lookup" ? procedure : peer;
  const isTime = typeof timeout === "number" && timeout >= 1;
  if (typeof what !== "string" || !isTime) {
    const needed = ask === "lookup" ? "a procedure" : "a peer";
    throw new MeshError("bad_frame", `a ${ask} has ${needed}, a text, and a timeout in ms`);
  }
  const time = Math.min(timeout, TIME_MAX);
  return ask === "lookup"
    ? { ask, procedure: what, timeout: time }
    : { ask, peer: what, timeout: time };
}

/** @throws {MeshError} `bad_frame` on what is no answer, `unsupported_version` on one of another version. */
export function readAnswer(line: string): ControlAnswer {
  const fields = readObject(line);
  if (fields.version !== CONTROL_VERSION) {
    const text = `the node answers in version ${String(fields.version).slice(0, 20)}, this command reads ${CONTROL_VERSION}`;
    throw new MeshError("unsupported_version", text);
  }
  const { ok, value, error } = fields;
  if (ok === true) return { version: CONTROL_VERSION, ok, value };
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== "string" || typeof message !== "string") throw noMessage();
  return { version: CONTROL_VERSION, ok: false, error: { code, message } };
}

function readObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below, in words that fit.
  }
  throw noMessage();
}

function noMessage(): MeshError {
  return new MeshError("bad_frame", "this is no line of JSON that the control socket speaks");
}
