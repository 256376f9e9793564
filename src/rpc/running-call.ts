import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import { Expiring } from "../base/deadlines.ts";
import { idText, type NodeId, sameId } from "../base/id.ts";
import type { Numbered } from "../base/numbered-table.ts";
import type { Arrival } from "../routing/arrival.ts";
import { readUint32 } from "../wire/frame.ts";
import type { CallContext } from "./handler.ts";

/** Who has sent a call or a cast, and from how many forwarders away. */
export interface Origin {
  readonly source: NodeId;
  readonly hops: number;
}

/** A call that a handler is answering. What is dear to make is made when it is asked for. */
export class RunningCall extends Expiring implements CallContext, Numbered<RunningCall> {
  readonly procedure: string;
  /** Empty for a cast. */
  readonly callId: Bytes;
  readonly number: number;
  sibling: RunningCall | undefined = undefined;
  /** How its latest repetition came, where there was one: the answer goes back that way. */
  arrival: Arrival | undefined = undefined;
  readonly #origin: Origin;
  readonly #onExpire: (call: RunningCall) => void;
  #abort: AbortController | undefined;
  #aborted = false;

  constructor(
    procedure: string,
    callId: Bytes,
    origin: Origin,
    onExpire: (call: RunningCall) => void,
  ) {
    super();
    this.procedure = procedure;
    this.callId = callId;
    this.number = callNumber(callId);
    this.#origin = origin;
    this.#onExpire = onExpire;
  }

  /** True where it is that call of that node. */
  is(source: NodeId, callId: Bytes): boolean {
    return equalBytes(this.callId, callId) && sameId(this.#origin.source, source);
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

/** A number for the table of calls at work: the end of the id, where its caller counts. 0 for a cast. */
export function callNumber(callId: Bytes): number {
  return callId.length === 0 ? 0 : readUint32(callId, callId.length - 4);
}
