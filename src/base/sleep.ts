import { MeshError } from "./errors.ts";
import type { Clock, Millis } from "./ports.ts";

/** Resolves after `delay`. Rejects with `cancelled` as soon as `signal` fires. */
export function sleep(clock: Clock, delay: Millis, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const onAbort = (): void => {
      timer.cancel();
      reject(cancelled());
    };
    const timer = clock.timer(delay, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function cancelled(): MeshError {
  return new MeshError("cancelled", "waiting was cancelled");
}
