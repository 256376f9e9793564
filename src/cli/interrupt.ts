import { MeshError } from "../base/errors.ts";
import { supervised } from "./supervise/supervised.ts";

/** Ctrl-C and a polite kill, as an `AbortSignal`. A second one ends the process at once. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  /** Resolves when the user wants an end. */
  readonly requested: Promise<NodeJS.Signals>;
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

/** Takes over SIGINT and SIGTERM until it is disposed. */
export function watchInterrupt(): Interrupt {
  const controller = new AbortController();
  let settle: (signal: NodeJS.Signals) => void;
  const requested = new Promise<NodeJS.Signals>((resolve) => {
    settle = resolve;
  });
  const request = (signal: NodeJS.Signals): void => {
    settle(signal);
    controller.abort(new MeshError("cancelled", `ended by ${signal}`));
  };
  let wasSignalled = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (wasSignalled) process.exit(signal === "SIGINT" ? 130 : 143);
    wasSignalled = true;
    request(signal);
  };
  // A terminal tells this process and its supervisor alike, and that passes it on: one wish, not two.
  supervised()?.onEnd(request);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    requested,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      supervised()?.onEnd(undefined);
    },
  };
}
