import { MeshError } from "../base/errors.ts";

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
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    settle(signal);
    controller.abort(new MeshError("cancelled", `ended by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    requested,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
