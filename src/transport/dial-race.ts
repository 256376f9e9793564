import { ERROR_CODES, type ErrorCode, MeshError, toMeshError } from "../base/errors.ts";
import type { Clock, Millis } from "../base/ports.ts";
import type { Connection, DialOptions } from "./transport.ts";

/** One driver in a race. */
export interface Lane {
  /** Its name, for the text of an error. */
  readonly kind: string;
  dial(options: DialOptions): Promise<Connection>;
}

/** No node of the mesh has answered. Whatever else is said comes from one, and another driver would hear it again. */
const UNANSWERED: ReadonlySet<ErrorCode> = new Set(["dial_failed", "bad_certificate"]);

const OVER: MeshError = new MeshError("cancelled", "another driver was quicker");

/**
 * Dials over `first`, and over `second` once `headStart` is over or as soon as `first` has found nobody (RFC 8305, section 5).
 * The first verified connection wins; the other dial is ended. A refusal begins nothing, and stops nothing that is under way.
 *
 * @throws {MeshError} with the cause of each driver that was tried, and the code of the one that had an answer.
 */
export async function raceDials(
  clock: Clock,
  [first, second]: readonly [Lane, Lane],
  headStart: Millis,
  options: DialOptions,
): Promise<Connection> {
  const begunAt = clock.now();
  // Not AbortSignal.any: what that makes is never quite let go by a signal that lives as long as the node.
  const over = new AbortController();
  const stop = (): void => over.abort(OVER);
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  const { signal } = over;
  const leading = first.dial({ ...options, signal });
  const following = turnOf(leading, clock, headStart).then((comes) => {
    const timeout = options.timeout - (clock.now() - begunAt);
    return comes && timeout > 0 ? second.dial({ ...options, timeout, signal }) : undefined;
  });
  try {
    const winner = await Promise.any([leading, following.then(somebody)]);
    for (const dial of [leading, following]) endUnless(winner, dial);
    return winner;
  } catch {
    throw allFailed([
      [first.kind, await causeOf(leading)],
      [second.kind, await causeOf(following)],
    ]);
  } finally {
    options.signal?.removeEventListener("abort", stop);
    stop();
  }
}

/** Resolves when the turn of the second driver has come, or can't come any more. */
function turnOf(leading: Promise<Connection>, clock: Clock, headStart: Millis): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.timer(headStart, () => resolve(true));
    const settle = (comes: boolean): void => {
      timer.cancel();
      resolve(comes);
    };
    leading.then(
      () => settle(false),
      (cause) => settle(UNANSWERED.has(toMeshError(cause).code)),
    );
  });
}

/** Rejects where the dial was not begun. */
function somebody(connection: Connection | undefined): Connection {
  if (connection === undefined) throw OVER;
  return connection;
}

function endUnless(winner: Connection, dial: Promise<Connection | undefined>): void {
  dial.then(
    (connection) => {
      if (connection !== winner) connection?.close(ERROR_CODES.unneeded.wire, OVER.message);
    },
    () => {}, // It has failed, or was ended with the race.
  );
}

function causeOf(dial: Promise<Connection | undefined>): Promise<MeshError | undefined> {
  return dial.then(
    () => undefined,
    (cause) => toMeshError(cause),
  );
}

/** Silence says less than an answer. */
function allFailed(outcomes: readonly (readonly [string, MeshError | undefined])[]): MeshError {
  const tried = outcomes.flatMap(([kind, cause]) => (cause === undefined ? [] : [{ kind, cause }]));
  const [only] = tried;
  if (tried.length === 1 && only !== undefined) return only.cause;
  const answer = tried.find(({ cause }) => cause.code !== "dial_failed");
  const text = tried.map(({ kind, cause }) => `${kind}: ${cause.message}`).join("; ");
  return new MeshError(answer?.cause.code ?? "dial_failed", text);
}
