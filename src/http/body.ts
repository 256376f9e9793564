import type { IncomingMessage } from "node:http";
import { MeshError } from "../base/errors.ts";

/** Bytes of what a POST brings. */
export const BODY_BYTES_MAX: number = 64 << 10;

/**
 * The JSON in a request. How long it may take to come is up to the server.
 *
 * @throws {MeshError} `bad_frame` where it is none, `too_large`.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers["content-type"] ?? "";
  // Forms of other pages, which no browser asks about first, can't have this type.
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new MeshError("bad_frame", "send JSON, with Content-Type: application/json");
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES_MAX) {
      throw new MeshError("too_large", `a request has at most ${BODY_BYTES_MAX} bytes`);
    }
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString()) as unknown;
  } catch {
    throw new MeshError("bad_frame", "what was sent is no JSON");
  }
}
