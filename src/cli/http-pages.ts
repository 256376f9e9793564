import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HttpListener } from "../http/index.ts";
import { loadOrCreateToken } from "../http/token-file.ts";
import { MeshError, type MeshNode } from "../index.ts";
import type { Arguments } from "./command.ts";
import { note } from "./output.ts";
import { UsageError } from "./usage-error.ts";

/**
 * How to get to the dashboard, for people who have just started the node at a terminal; `undefined` where a program reads, or where the
 * listener is none that a browser can open. The token stands in the fragment, which no browser sends.
 */
export function dashboardLink(
  given: Arguments,
  url: string | undefined,
  isTerminal: boolean,
): string | undefined {
  if (url === undefined || !isTerminal || given.isSet("json") || !/^https?:/.test(url))
    return undefined;
  return `dashboard: ${url}/#token=${loadOrCreateToken(tokenPath(given))}`;
}

/** The listeners of a node that tell how it is. Where there are none, they are `undefined`. */
export interface HttpPages extends AsyncDisposable {
  readonly health: HttpListener | undefined;
  readonly admin: HttpListener | undefined;
}

/**
 * Opens the listeners that the flags name. The health page is there unless it is switched off; where nobody has said where,
 * and another process has its usual place, as the first node of a machine does, the node does without.
 *
 * @throws {MeshError} What `serveHealth` and `serveAdmin` throw.
 */
export async function openPages(given: Arguments, node: MeshNode): Promise<HttpPages> {
  const health = await openHealth(given, node);
  try {
    const admin = await openAdmin(given, node);
    const close = async (): Promise<void> => {
      await Promise.all([health?.close(), admin?.close()]);
    };
    return { health, admin, [Symbol.asyncDispose]: close };
  } catch (error) {
    await health?.close();
    throw error;
  }
}

async function openHealth(given: Arguments, node: MeshNode): Promise<HttpListener | undefined> {
  const listen = given.text("health");
  if (listen === "off") return undefined;
  const hosts = given.list("http-host");
  const { serveHealth } = await import("../http/index.ts");
  if (listen !== undefined) return await serveHealth(node, { listen, hosts });
  try {
    return await serveHealth(node, { hosts });
  } catch (error) {
    if (!(error instanceof MeshError)) throw error;
    note(`no health page: ${error.message}`);
    return undefined;
  }
}

/** What stands against the listeners that the flags name, before anything is opened. Throws `UsageError`. */
export function checkPages(given: Arguments): void {
  const isHalf =
    (given.text("admin-cert") === undefined) !== (given.text("admin-key") === undefined);
  if (isHalf) throw new UsageError("--admin-cert and --admin-key go together");
  if (given.text("admin") !== undefined && given.text("admin") !== "off") tokenPath(given);
}

async function openAdmin(given: Arguments, node: MeshNode): Promise<HttpListener | undefined> {
  const listen = given.text("admin");
  if (listen === undefined || listen === "off") return undefined;
  const { serveAdmin } = await import("../http/index.ts");
  const [cert, key] = [pem(given, "admin-cert"), pem(given, "admin-key")];
  checkPages(given);
  return await serveAdmin(node, {
    listen,
    token: tokenPath(given),
    hosts: given.list("http-host"),
    ...(cert !== undefined && key !== undefined && { tls: { cert, key } }),
  });
}

function tokenPath(given: Arguments): string {
  const said = given.text("admin-token");
  if (said !== undefined) return said;
  const state = given.text("state");
  if (state !== undefined) return join(state, "admin.token");
  throw new UsageError("--admin needs a file for its token: --admin-token, or a --state directory");
}

function pem(given: Arguments, flag: string): string | undefined {
  const path = given.text(flag);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new MeshError("bad_config", `--${flag} can't be read: ${(cause as Error).message}`);
  }
}
