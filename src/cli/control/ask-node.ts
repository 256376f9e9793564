import { createConnection, type Socket } from "node:net";
import { ERROR_CODES, type ErrorCode, MeshError } from "../../base/errors.ts";
import type { Millis } from "../../base/ports.ts";
import { ANSWER_BYTES_MAX, type ControlRequest, readAnswer } from "./message.ts";
import { NoNodeError } from "./no-node-error.ts";
import { readLine } from "./read-line.ts";

/**
 * Asks the node behind the control socket at `path`, and resolves to what it answers.
 *
 * @throws {NoNodeError} Nobody listens there.
 * @throws {MeshError} What the node says; `timeout`, `bad_config` where this user may not ask it, `bad_frame` and
 *   `unsupported_version` where the answer can't be read; the reason of `outer`.
 */
export async function askNode(
  path: string,
  request: ControlRequest,
  timeout: Millis,
  outer: AbortSignal,
): Promise<unknown> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new MeshError("timeout", `the node did not answer within ${timeout} ms`)),
    timeout,
  );
  const signal = AbortSignal.any([outer, late.signal]);
  const socket = createConnection(path);
  try {
    await connected(socket, path, signal);
    socket.write(`${JSON.stringify(request)}\n`);
    const answer = readAnswer(await readLine(socket, ANSWER_BYTES_MAX, signal));
    if (answer.ok) return answer.value;
    const { code, message } = answer.error;
    throw new MeshError(
      Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "internal",
      message,
    );
  } finally {
    clearTimeout(timer);
    socket.on("error", () => {}); // All is said.
    socket.destroy();
  }
}

function connected(socket: Socket, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", resolve);
    socket.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      const isNobody = code === "ECONNREFUSED" || code === "ENOENT" || code === "ENOTDIR";
      if (isNobody) reject(new NoNodeError(path));
      else reject(new MeshError("bad_config", `the control socket can't be used: ${message}`));
    });
  });
}
