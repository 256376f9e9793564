import { Expiring } from "../base/deadlines.ts";
import { idText, type NodeId } from "../base/id.ts";
import type { CallContext } from "./handler.ts";

/** Who has sent a call or a cast, and from how many forwarders away. */
export interface Origin {
  readonly source: NodeId;
  readonly hops: number;
}

/** A call that a handler is answering. What is dear to make is made when it is asked for. */
export class RunningCall extends Expiring implements CallContext {
  readonly procedure: string;
  /** Names it among the calls at work; empty for a cast, and before its handler turns out to take time. */
  key = "";
  readonly #origin: Origin;
  readonly #onExpire: (call: RunningCall) => void;
  #abort: AbortController | undefined;
  #aborted = false;

  constructor(procedure: string, origin: Origin, onExpire: (call: RunningCall) => void) {
    super();
    this.procedure = procedure;
    this.#origin = origin;
    this.#onExpire = onExpire;
  }

  get caller(): string {
    return idText(this.#origin.source);
  }

  get hops(): number {
    return this.#origin.hops;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#aborted) this.#abort.abort();
    return this.#abort.signal;
  }

  /** Nobody waits for the result any more. */
  abandon(): void {
    this.#aborted = true;
    this.#abort?.abort();
  }

  override expire(): void {
    this.#onExpire(this);
  }
}
