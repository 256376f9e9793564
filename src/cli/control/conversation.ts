import type { Socket } from "node:net";
import { MeshError, toMeshError } from "../../base/errors.ts";
import type { Millis } from "../../base/ports.ts";
import { toJson } from "../../http/json.ts";
import type { MeshNode } from "../../index.ts";
import { reachPeer } from "../doctor/reach-peer.ts";
import {
  CONNECTIONS_MAX,
  CONTROL_VERSION,
  type ControlAnswer,
  type ControlRequest,
  REQUEST_BYTES_MAX,
  readRequest,
  TIME_MAX,
} from "./message.ts";
import { readLine } from "./read-line.ts";

/** Time that is left to take the answer. */
const PARTING: Millis = 1_000;

/** Reads one request, answers it and ends. A socket that takes longer than it may is destroyed. */
export async function answerAt(socket: Socket, node: MeshNode): Promise<void> {
  const life = new AbortController();
  const late = setTimeout(
    () => life.abort(new MeshError("timeout", `a request is done within ${TIME_MAX} ms, or not`)),
    TIME_MAX,
  );
  const end = setTimeout(() => socket.destroy(), TIME_MAX + PARTING);
  const gone = (): void => life.abort(new MeshError("cancelled", "whoever asked has gone"));
  socket.once("close", () => {
    clearTimeout(late);
    clearTimeout(end);
    gone();
  });
  try {
    const request = readRequest(await readLine(socket, REQUEST_BYTES_MAX, life.signal));
    // What else comes is of no interest, but its end is.
    socket.once("end", gone).resume();
    const value = await valueFor(request, node, life.signal);
    say(socket, { version: CONTROL_VERSION, ok: true, value });
  } catch (cause) {
    say(socket, failed(life.signal.aborted ? life.signal.reason : cause));
  }
}

/** Says that as many ask already as may. */
export function refuse(socket: Socket): void {
  const text = `${CONNECTIONS_MAX} ask at this control socket already`;
  say(socket, failed(new MeshError("overloaded", text)));
  socket.setTimeout(PARTING, () => socket.destroy());
}

async function valueFor(
  request: ControlRequest,
  node: MeshNode,
  signal: AbortSignal,
): Promise<unknown> {
  if (request.ask === "status") return node.status();
  const { timeout } = request;
  if (request.ask === "reach") return await reachPeer(node, request.peer, timeout, signal);
  return await node.lookup(request.procedure, { timeout, signal });
}

function failed(cause: unknown): ControlAnswer {
  const { code, message } = toMeshError(cause);
  return { version: CONTROL_VERSION, ok: false, error: { code, message } };
}

function say(socket: Socket, answer: ControlAnswer): void {
  socket.end(`${toJson(answer)}\n`);
  socket.resume();
}
