import type { MeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Clock, Millis } from "../base/ports.ts";
import type { StrategyState } from "../routing/strategy.ts";
import type { CallObserver } from "../rpc/call-observer.ts";
import { type CallsStatus, CallTally, type CallWay } from "../rpc/call-tally.ts";
import type { PendingCall } from "../rpc/pending-call.ts";
import type { Emitter } from "./emitter.ts";
import { reportOf } from "./explain.ts";

/** While somebody listens for calls, one in so long has its stations report. */
const TRACE_EVERY: Millis = 1_000;

/** Counts how the calls of this node ended, and tells whoever listens for that. */
export class CallJournal implements CallObserver {
  readonly #clock: Clock;
  readonly #events: Emitter;
  readonly #strategyFor: (id: NodeId) => StrategyState;
  /** Made with the first call: most nodes of a simulated world make none. */
  #tally: CallTally | undefined;
  #tracedAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, events: Emitter, strategyFor: (id: NodeId) => StrategyState) {
    this.#clock = clock;
    this.#events = events;
    this.#strategyFor = strategyFor;
  }

  state(): CallsStatus {
    this.#tally ??= new CallTally();
    return this.#tally.state();
  }

  wantsTrace(): boolean {
    if (!this.#events.isHeard("call")) return false;
    const now = this.#clock.now();
    if (now - this.#tracedAt < TRACE_EVERY) return false;
    this.#tracedAt = now;
    return true;
  }

  ended(call: PendingCall, error: MeshError | undefined, at: Millis): void {
    this.#tally ??= new CallTally();
    const elapsed = at - call.startedAt;
    if (error) this.#tally.failed(wayOf(call), error.code);
    else this.#tally.answered(wayOf(call), elapsed, call.forwarders ?? 0);
    if (!this.#events.isHeard("call")) return;
    const { procedure } = call.settings;
    this.#events.emit("call", reportOf(procedure, call, elapsed, error, this.#strategyFor));
  }
}

function wayOf({ rule }: PendingCall): CallWay {
  if (rule === undefined) return "none";
  return rule === "direct" ? "direct" : "multi_hop";
}
