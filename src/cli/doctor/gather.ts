import { networkInterfaces } from "node:os";
import { parseNodeId } from "../../base/id.ts";
import { createNode, type MeshNode, type NodeStatus } from "../../index.ts";
import type { Arguments } from "../command.ts";
import { askRunning } from "../control/ask-running.ts";
import { NoNodeError } from "../control/no-node-error.ts";
import { socketPath } from "../control/socket-path.ts";
import { meshOf } from "../mesh-of.ts";
import { tellWhenSlow } from "../progress.ts";
import { stderrLog } from "../stderr-log.ts";
import { UsageError } from "../usage-error.ts";
import type { DoctorFacts, PeerFacts } from "./facts.ts";
import { checkKey, checkState } from "./places.ts";
import { reachPeer } from "./reach-peer.ts";

/** How often a node of one's own is looked at while it finds its place, in milliseconds. */
const LOOK_EVERY = 100;

/** Of the time for an answer of a running node, what it may spend on its calls to a peer. */
const SHARE = 0.9;

export interface Gathered {
  /** Whom the facts are about: a node that runs here, or one that was started for the purpose. */
  readonly from: "running" | "own";
  readonly facts: DoctorFacts;
}

/**
 * Asks a running node where one is named and runs, else starts one, waits as long as the flags allow, and closes it.
 *
 * @throws {UsageError} Nobody to ask and nobody to join through. What else stands in the way of a start.
 */
export async function gather(given: Arguments, signal: AbortSignal): Promise<Gathered> {
  const peer = given.text("peer");
  if (peer !== undefined) parseNodeId(peer);
  const running = await askStatus(given);
  if (running === undefined) return { from: "own", facts: await factsOfOwn(given, signal) };
  if (peer === undefined) return { from: "running", facts: factsFrom(given, running, undefined) };
  const timeout = (given.number("timeout") as number) * SHARE;
  const reached = (await askRunning(given, { ask: "reach", peer, timeout })) as PeerFacts;
  return { from: "running", facts: factsFrom(given, running, reached) };
}

async function askStatus(given: Arguments): Promise<NodeStatus | undefined> {
  const canJoin = meshOf(given).bootstrap.length > 0;
  if (socketPath(given) !== undefined) {
    try {
      return (await askRunning(given, { ask: "status" })) as NodeStatus;
    } catch (error) {
      if (!(error instanceof NoNodeError && canJoin)) throw error;
    }
  }
  if (canJoin) return undefined;
  const text = "name a running node with --control or --state, or one to join the mesh through";
  throw new UsageError(`${text}: --bootstrap host:port, or --join <string>`);
}

/**
 * It has a key of its own: with that of a running node it would be refused, and raise an alarm. A closed realm lets nobody
 * in but with the key that the token was issued for.
 */
async function factsOfOwn(given: Arguments, signal: AbortSignal): Promise<DoctorFacts> {
  const timeout = given.number("timeout") as number;
  const peer = given.text("peer");
  const [identity, token] = [given.text("identity"), given.text("token")];
  await using node = await createNode({
    ...meshOf(given),
    ...(identity === undefined || token === undefined ? {} : { identity, token }),
    listen: given.text("listen") ?? false,
    log: stderrLog(given.text("log") as "warn"),
  });
  using _slow = tellWhenSlow("looking at the network from a node of its own");
  await settled(node, timeout, signal);
  const reached = peer === undefined ? undefined : await reachPeer(node, peer, timeout, signal);
  return factsFrom(given, node.status(), reached);
}

/**
 * Waits until the node has its place, knows whether it can be dialled, and has tried each bootstrap address; `timeout` ms at
 * most. Throws the reason of `signal`.
 */
async function settled(node: MeshNode, timeout: number, signal: AbortSignal): Promise<void> {
  const tried = new Set<string>();
  for (const end = performance.now() + timeout; performance.now() < end; ) {
    const { ready, addresses, dialable, bootstrap } = node.status();
    for (const { target, connected, lastError } of bootstrap) {
      if (connected || lastError !== undefined) tried.add(target);
    }
    const isJudged = addresses.length === 0 || dialable !== "unproved";
    if (ready && isJudged && bootstrap.every(({ target }) => tried.has(target))) return;
    signal.throwIfAborted();
    await new Promise((resume) => setTimeout(resume, LOOK_EVERY));
  }
}

function factsFrom(given: Arguments, status: NodeStatus, peer: PeerFacts | undefined): DoctorFacts {
  const [identity, state] = [given.text("identity"), given.text("state")];
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return {
    status,
    udp: status.transport.udp,
    hosts: interfaces.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address)),
    key: identity === undefined ? undefined : checkKey(identity),
    state: state === undefined ? undefined : checkState(state),
    peer,
  };
}
