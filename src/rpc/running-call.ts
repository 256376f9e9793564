import type { Bytes } from "../base/bytes.ts";
import { Expiring } from "../base/deadlines.ts";
import { idText } from "../base/id.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { CallContext } from "./handler.ts";

/** A call that a handler is answering. What is dear to make is made when it is asked for. */
export class RunningCall extends Expiring implements CallContext {
  readonly procedure: string;
  /** Empty for a cast. */
  readonly callId: Bytes;
  readonly arrival: Arrival;
  readonly #onExpire: (call: RunningCall) => void;
  #abort: AbortController | undefined;
  #aborted = false;

  constructor(
    procedure: string,
    callId: Bytes,
    arrival: Arrival,
    onExpire: (call: RunningCall) => void,
  ) {
    super();
    this.procedure = procedure;
    this.callId = callId;
    this.arrival = arrival;
    this.#onExpire = onExpire;
  }

  get caller(): string {
    return idText(this.arrival.source);
  }

  get hops(): number {
    return this.arrival.hops;
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
