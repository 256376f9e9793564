import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "./place.ts";

/** What a request says of itself, before anything is done for it. */
export interface Asked {
  readonly scheme: "http" | "https";
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, as browsers set it. */
  readonly site: string | undefined;
  readonly authorization: string | undefined;
  /** The IP address of this machine that it came in at; `undefined` over a unix socket. */
  readonly local: string | undefined;
}

/** Who may ask. */
export interface Policy {
  /** Names in lower case that this listener is known by, beside those of the address a request came in at. */
  readonly hosts: ReadonlySet<string>;
  /** SHA-256 of the token that each request has to carry; `undefined` where none has to. */
  readonly token: Uint8Array | undefined;
}

/** Why a request is not answered. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const HERE: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** `name`, `ip` or `[ip]`, and a port, which says nothing: it may have been forwarded. */
const HOST = /^(\[[0-9a-f:.]+\]|[^\s:[\]/@?#]+)(?::\d{1,5})?$/i;

/**
 * Why a request is refused, if it is. A page from elsewhere can have a browser send requests here: under a name that it
 * has made point to this machine (DNS rebinding), or with an origin of its own. Neither is answered, token or not.
 */
export function refusal(asked: Asked, policy: Policy): Refusal | undefined {
  if (!isKnown(asked, policy.hosts)) {
    const message = "this listener is not known by that Host; name it with --http-host";
    return { status: 421, code: "foreign_host", message };
  }
  if (!isSameOrigin(asked)) {
    return { status: 403, code: "foreign_origin", message: "pages of other origins may not ask" };
  }
  if (policy.token !== undefined && !carries(asked.authorization, policy.token)) {
    const message = "send the token of the node's token file: Authorization: Bearer <token>";
    return { status: 401, code: "no_token", message };
  }
  return undefined;
}

export function hashOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

function isKnown({ host, local }: Asked, hosts: ReadonlySet<string>): boolean {
  const name = HOST.exec(host ?? "")?.[1]?.toLowerCase();
  if (name === undefined) return false;
  if (hosts.has(name)) return true;
  if ((local === undefined || isLoopback(local)) && HERE.has(name)) return true;
  if (local === undefined) return false;
  const ip = local.startsWith("::ffff:") ? local.slice("::ffff:".length) : local.toLowerCase();
  return name === (ip.includes(":") ? `[${ip}]` : ip);
}

function isSameOrigin({ scheme, host, origin, site }: Asked): boolean {
  const isFromHere = site === undefined || site === "same-origin" || site === "none";
  return isFromHere && (origin === undefined || origin === `${scheme}://${host}`);
}

/** Compares digests, so that the time it takes tells nothing of the token. */
function carries(authorization: string | undefined, token: Uint8Array): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  return given !== undefined && timingSafeEqual(hashOf(given), token);
}
