import { createNode, ERROR_CODES, type ErrorCode, MeshError, type MeshNode } from "../index.ts";
import { createNodeAs } from "../node/create-node.ts";
import type { Arguments } from "./command.ts";
import { ControlServer } from "./control/control-server.ts";
import { socketPath } from "./control/socket-path.ts";
import { EXIT } from "./exit-code.ts";
import { hasColour } from "./help.ts";
import { dashboardLink, type HttpPages, openPages } from "./http-pages.ts";
import { watchInterrupt } from "./interrupt.ts";
import { nodeOptions } from "./node-options.ts";
import { note, print, printJson } from "./output.ts";
import { Past } from "./past.ts";
import { tellWhenSlow } from "./progress.ts";
import { StartError } from "./start-error.ts";
import { supervised } from "./supervise/supervised.ts";

/** Makes the node that the flags describe. It is the caller's to close. Unless it is kept, it leaves its state directory alone. */
export async function createFrom(
  given: Arguments,
  { isKept }: { readonly isKept: boolean } = { isKept: true },
): Promise<MeshNode> {
  const options = nodeOptions(given);
  const { state: _, ...unkept } = options;
  return await createNode(isKept ? options : unkept);
}

/** Waits until the node has its place. Throws `StartError` when that takes longer than the flags allow. */
export async function settle(node: MeshNode, given: Arguments, signal: AbortSignal): Promise<void> {
  const entrances = node.status().bootstrap.map(({ target }) => target);
  using _slow = tellWhenSlow(`joining the mesh through ${entrances.join(", ")}`);
  try {
    await node.ready({ timeout: given.number("timeout") as number, signal });
  } catch (error) {
    const isLate = error instanceof MeshError && error.code === "timeout";
    throw new StartError((isLate ? hopeless(node) : undefined) ?? error);
  }
}

/** Why no bootstrap node can ever be linked as things are configured, where they all agree on it. */
function hopeless(node: MeshNode): MeshError | undefined {
  const reasons = node.status().bootstrap.map(({ lastError }) => lastError ?? "");
  const codes = new Set(reasons.map((reason) => reason.split(":", 1)[0] as ErrorCode));
  const [code] = codes;
  if (codes.size !== 1 || code === undefined || ERROR_CODES[code]?.retry !== false)
    return undefined;
  return new MeshError(code, (reasons[0] as string).slice(code.length + 2));
}

/** What is said of a node once it is ready, beside who it is. */
export interface Announcement {
  readonly procedures?: readonly string[];
  /** What others join its mesh with. */
  readonly join?: string;
}

/**
 * Runs a node until Ctrl-C or a polite kill. `prepare` is done once the node has found its place; then
 * the one line on stdout says that it is ready.
 */
export async function runUntilStopped(
  given: Arguments,
  prepare: (node: MeshNode) => Promise<Announcement>,
): Promise<number> {
  using interrupt = watchInterrupt();
  const past = Past.of(given);
  await using node = await createNodeAs(past.options, past.seed);
  await using control = await openControl(given, node);
  await using pages = await openPages(given, node);
  await settle(node, given, interrupt.signal);
  const announced = await prepare(node);
  past.keep(node);
  await tellReady(given, node, { ...announced, control: control?.path, ...urlsOf(pages) });
  const link = dashboardLink(given, pages.admin?.url, process.stderr.isTTY === true);
  if (link !== undefined) note(link);
  const signal = await interrupt.requested;
  note(`${signal}: closing`);
  await node.close();
  return EXIT.ok;
}

/**
 * The control socket of the node, from its first moment on, so that one that finds no place can be asked why. One
 * that nobody has asked for by name is done without where there can be none.
 */
async function openControl(given: Arguments, node: MeshNode): Promise<ControlServer | undefined> {
  const path = socketPath(given);
  if (path === undefined) return undefined;
  try {
    return await ControlServer.open(path, node);
  } catch (error) {
    const isWanted = given.text("control") !== undefined;
    if (isWanted || !(error instanceof MeshError) || error.code !== "bad_config") throw error;
    note(`no control socket: ${error.message}`);
    return undefined;
  }
}

/** Where a running node is asked. */
interface Places {
  readonly control: string | undefined;
  readonly health: string | undefined;
  readonly admin: string | undefined;
}

function urlsOf({ health, admin }: HttpPages): Pick<Places, "health" | "admin"> {
  return { health: health?.url, admin: admin?.url };
}

async function tellReady(
  given: Arguments,
  { id, addresses }: MeshNode,
  { procedures = [], join, ...places }: Announcement & Places,
): Promise<void> {
  if (given.isSet("json")) {
    const served = procedures.length === 0 ? {} : { procedures };
    await printJson({ event: "ready", id, addresses, ...served, ...places, join });
    return;
  }
  const place = addresses.length === 0 ? `${id}, listens nowhere` : addresses.join(" ");
  const served = procedures.length === 0 ? "" : `, serves ${procedures.join(", ")}`;
  // Quoted, because some shells take the brackets of an IPv6 address for a pattern.
  const invitation = join === undefined ? "" : `\njoin with: macula join '${join}'`;
  await print(`ready: ${place}${served}${invitation}`);
  if (join === undefined) return;
  if (process.stdout.isTTY && !given.isSet("no-qr")) await printQrCode(join);
}

/** Once: a node that is started again has the same one. */
async function printQrCode(join: string): Promise<void> {
  if (supervised()?.carried.listen !== undefined) return;
  const { qrCode } = await import("./show/qr-code.ts");
  const { text, columns } = qrCode(join, hasColour());
  if (columns <= process.stdout.columns) await print(text);
  else note(`no QR code: it is ${columns} columns wide`);
}
