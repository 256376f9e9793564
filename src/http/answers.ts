import { type ErrorCode, toMeshError } from "../base/errors.ts";
import { toJson } from "./json.ts";
import type { RouteAnswer } from "./routes.ts";

const STATUS_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  bad_config: 400,
  bad_frame: 400,
  encode_failed: 400,
  too_large: 413,
  overloaded: 503,
  closed: 503,
  timeout: 504,
};

export function json(value: unknown, status = 200): RouteAnswer {
  return { status, type: "application/json; charset=utf-8", body: `${toJson(value)}\n` };
}

/** `{ error: { code, message } }`. */
export function failure(status: number, code: string, message: string): RouteAnswer {
  return json({ error: { code, message } }, status);
}

/** The same for what was thrown. */
export function failed(cause: unknown): RouteAnswer {
  const { code, message } = toMeshError(cause);
  return failure(STATUS_OF[code] ?? 500, code, message);
}
