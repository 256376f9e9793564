import type { Carried, Order, Sign } from "./message.ts";

/** What this process has of its supervisor. */
export interface Supervised {
  readonly carried: Carried;
  /** Tells that the node has found its place, and what it is to be again. */
  ready(carried: Carried): void;
  /** Called when the supervisor wants an end, also where it has gone; at once where it did before. */
  onEnd(listener: ((signal: NodeJS.Signals) => void) | undefined): void;
}

let own: Supervised | undefined;

/** `undefined` in a process without a supervisor. */
export function supervised(): Supervised | undefined {
  return own;
}

/** Waits for the first word of the supervisor that has started this process, and gives signs of life from then on. */
export async function beSupervised(): Promise<void> {
  const end = new End();
  const begin = await new Promise<Order>((resolve) => process.once("message", resolve));
  process.on("message", (order: Order) => {
    if (order.kind === "end") end.request(order.signal);
  });
  // Without one nobody would end this process, or start it again.
  process.on("disconnect", () => end.request("SIGTERM"));
  if (begin.kind === "begin") giveSigns(begin.beat);
  own = {
    carried: begin.kind === "begin" ? begin.carried : {},
    ready: (carried) => tell({ kind: "ready", carried }),
    onEnd: (listener) => end.listen(listener),
  };
  process.channel?.unref();
}

function giveSigns(every: number): void {
  let isUnderWay = false;
  setInterval(() => {
    // A supervisor that does not run takes nothing: they are not to pile up.
    if (isUnderWay) return;
    isUnderWay = true;
    tell({ kind: "alive" }, () => {
      isUnderWay = false;
    });
  }, every).unref();
}

function tell(sign: Sign, done: () => void = () => {}): void {
  if (process.connected) process.send?.(sign, undefined, undefined, done);
}

/** The wish for an end, and who is to be told of it. */
class End {
  #signal: NodeJS.Signals | undefined;
  #listener: ((signal: NodeJS.Signals) => void) | undefined;
  #wasHeard = false;

  request(signal: NodeJS.Signals): void {
    this.#signal = signal;
    if (this.#listener !== undefined) {
      this.#wasHeard = true;
      this.#listener(signal);
    }
  }

  listen(listener: ((signal: NodeJS.Signals) => void) | undefined): void {
    this.#listener = listener;
    if (this.#signal === undefined || this.#wasHeard || listener === undefined) return;
    this.#wasHeard = true;
    listener(this.#signal);
  }
}
