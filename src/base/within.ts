import { MeshError } from "./errors.ts";
import type { Clock, Millis } from "./ports.ts";

/** Made once: the reason that is made otherwise costs more than all the rest here. */
const DONE: MeshError = new MeshError("cancelled", "the work is done");

/**
 * Runs `work` with a signal, and settles no later than after `time` or when `outer` fires, whether or not the
 * work heeds its signal. The signal fires in each of these cases, and also when the work is done.
 *
 * @throws {MeshError} `timeout`, `cancelled`, and what `work` throws.
 */
export async function within<T>(
  clock: Clock,
  time: Millis,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (outer?.aborted) throw cancelled();
  const limit = new AbortController();
  const timer = clock.timer(time, () =>
    limit.abort(new MeshError("timeout", `not done within ${time} ms`)),
  );
  const onAbort = (): void => limit.abort(cancelled());
  outer?.addEventListener("abort", onAbort, { once: true });
  const over = new Promise<never>((_, reject) => {
    limit.signal.addEventListener("abort", () => reject(limit.signal.reason), { once: true });
  });
  try {
    return await Promise.race([work(limit.signal), over]);
  } finally {
    timer.cancel();
    outer?.removeEventListener("abort", onAbort);
    limit.abort(DONE);
  }
}

function cancelled(): MeshError {
  return new MeshError("cancelled", "the caller has cancelled");
}
