import { MeshError } from "../base/errors.ts";
import type { MeshNode } from "../index.ts";
import { adminRoutes } from "./admin-routes.ts";
import { dashboardRoutes } from "./dashboard-routes.ts";
import { EventLoopWatch } from "./event-loop.ts";
import { hashOf } from "./guard.ts";
import { healthRoutes } from "./health-routes.ts";
import { Listener, type TlsFiles } from "./listener.ts";
import { isPrivate, parsePlace, placeText } from "./place.ts";
import { RecentCalls } from "./recent-calls.ts";
import { loadOrCreateToken } from "./token-file.ts";

export type { TlsFiles } from "./listener.ts";
export type { Reason } from "./reasons.ts";
export type { HealthView } from "./views.ts";

/** A running listener. The caller closes it; it does not close the node. */
export interface HttpListener extends AsyncDisposable {
  /** `http://127.0.0.1:8080`, or the path of the unix socket. */
  readonly url: string;
  close(): Promise<void>;
}

export interface HealthOptions {
  /** `ip:port`, port 0 for any free one, or the path of a unix socket. 127.0.0.1:8080 when left out. */
  readonly listen?: string;
  /** Names it may be asked by, beside `localhost` and the address that a request comes in at. */
  readonly hosts?: readonly string[];
}

export interface AdminOptions {
  /** As for `serveHealth`. What is not a loopback address or a unix socket needs `tls`. 127.0.0.1:8081 when left out. */
  readonly listen?: string;
  /** Path of the file with the token that each request carries; made with mode 0600 where there is none. */
  readonly token: string;
  readonly hosts?: readonly string[];
  readonly tls?: TlsFiles;
}

/** Where they are where nothing is said. */
export const HEALTH_PLACE = "127.0.0.1:8080";
export const ADMIN_PLACE = "127.0.0.1:8081";

/**
 * Tells how a node is, to whoever asks: `/health`, `/ready`, `/live` and `/metrics`.
 *
 * @throws {MeshError} `address_in_use`, `bad_config`.
 */
export async function serveHealth(
  node: MeshNode,
  { listen = HEALTH_PLACE, hosts = [] }: HealthOptions = {},
): Promise<HttpListener> {
  const place = parsePlace(listen);
  const loop = new EventLoopWatch();
  try {
    const listener = await Listener.open({
      place,
      purpose: { name: "health page", flag: "--health" },
      policy: { hosts: named(hosts), token: undefined },
      routes: healthRoutes(node, loop),
    });
    return withEnd(listener, () => loop[Symbol.dispose]());
  } catch (cause) {
    loop[Symbol.dispose]();
    throw cause;
  }
}

/**
 * Lets whoever has the token see all that a node knows of itself, and make calls through it: `/api/status` and others, and the dashboard at `/`.
 *
 * @throws {MeshError} `address_in_use`; `bad_config` where others could listen in, because `listen` is a public
 *   address and there is no `tls`, or where the token file can't be used.
 */
export async function serveAdmin(node: MeshNode, options: AdminOptions): Promise<HttpListener> {
  const { listen = ADMIN_PLACE, token, hosts = [], tls } = options;
  const place = parsePlace(listen);
  if (!isPrivate(place) && tls === undefined) {
    const what = `${placeText(place)} is open to other machines, and the admin page has no certificate`;
    const how = "take a loopback address or a unix socket, or give it --admin-cert and --admin-key";
    throw new MeshError("bad_config", `${what}; ${how}`);
  }
  const hash = hashOf(loadOrCreateToken(token));
  const calls = new RecentCalls(node);
  try {
    const listener = await Listener.open({
      place,
      purpose: { name: "admin page", flag: "--admin" },
      policy: { hosts: named(hosts), token: hash },
      routes: [...dashboardRoutes(), ...adminRoutes(node, calls)],
      tls,
    });
    return withEnd(listener, () => calls[Symbol.dispose]());
  } catch (cause) {
    calls[Symbol.dispose]();
    throw cause;
  }
}

function named(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.map((host) => host.toLowerCase()));
}

function withEnd(listener: Listener, end: () => void): HttpListener {
  const close = async (): Promise<void> => {
    end();
    await listener.close();
  };
  return { url: listener.url, close, [Symbol.asyncDispose]: close };
}
