import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { NumberedTable } from "../base/numbered-table.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { Courier } from "../routing/courier.ts";
import { withoutAttempt } from "../routing/message-ids.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import {
  CALL_TIMEOUT_MAX,
  type Call,
  type ReplyFailure,
  readCall,
  readCancel,
  readCast,
  writeFailure,
  writeResult,
} from "../wire/call.ts";
import { TYPE } from "../wire/frame.ts";
import type { Value } from "../wire/value.ts";
import { checkProcedure } from "./call-options.ts";
import { Executed, type Execution } from "./executed.ts";
import { failureOf, ownFailureOf } from "./failure.ts";
import type { CallContext, Handler } from "./handler.ts";
import { ReplyCache } from "./reply-cache.ts";
import { callNumber, type Origin, RunningCall } from "./running-call.ts";

/** Procedures one node may provide. */
export const PROCEDURES_MAX = 4_096;

/** Handlers that may be at work at once; calls beyond are refused with `overloaded`. */
export const RUNNING_MAX = 4_096;

/** Handlers of casts that may be at work at once; casts beyond are dropped and counted. */
export const CASTS_MAX = 4_096;

const NO_ID: Bytes = new Uint8Array(0);

const OVERLOADED = `the provider has ${RUNNING_MAX} calls at work; try again later`;

/** Runs the procedures that this node provides. */
export class Server {
  readonly #context: RoutingContext;
  readonly #courier: Courier;
  readonly #handlers = new Map<string, Handler>();
  /** Calls whose handler has not answered at once. */
  readonly #running = new NumberedTable<RunningCall>(RUNNING_MAX);
  readonly #casts = new Set<RunningCall>();
  /** Calls and casts that were executed, so that none is executed twice. */
  readonly #executed = new Executed();
  readonly #replies = new ReplyCache();
  /** How to end the calls of this node to itself. */
  readonly #local = new Set<(error: MeshError) => void>();

  constructor(context: RoutingContext, courier: Courier, router: Router) {
    this.#context = context;
    this.#courier = courier;
    router.on(TYPE.call, (arrival, _, bytes, start, end, owned) =>
      this.#called(arrival, readCall(bytes, start, end, owned, arrival.messageId)),
    );
    router.on(TYPE.cast, (arrival, _, bytes, start, end) => {
      const { procedure, args } = readCast(bytes, start, end);
      if (this.#isRepeated(arrival)) this.#context.ports.meter.count("casts_repeated");
      else this.cast(procedure, args, arrival);
    });
    router.on(TYPE.cancel, (arrival, _, bytes, start, end) => {
      const call = this.#find(arrival, readCancel(bytes, start, end));
      if (call && this.#end(call)) call.abandon();
    });
  }

  get procedures(): string[] {
    return [...this.#handlers.keys()];
  }

  /** Calls whose handlers are at work. */
  get running(): number {
    return this.#running.size + this.#local.size;
  }

  /** Casts whose handlers are at work. */
  get casts(): number {
    return this.#casts.size;
  }

  /** Callers whose calls are told apart. */
  get callersKnown(): number {
    return this.#executed.size;
  }

  /** Bytes in which replies are kept. */
  get replyBytes(): number {
    return this.#replies.memory;
  }

  /** @throws {MeshError} `bad_config` on a bad or taken name, or where 4,096 are provided. */
  add(procedure: string, handler: Handler): void {
    checkProcedure(procedure);
    if (typeof handler !== "function") {
      throw new MeshError("bad_config", `the handler of "${procedure}" has to be a function`);
    }
    if (this.#handlers.has(procedure)) {
      throw new MeshError("bad_config", `"${procedure}" is registered on this node already`);
    }
    if (this.#handlers.size >= PROCEDURES_MAX) {
      throw new MeshError("bad_config", `a node provides at most ${PROCEDURES_MAX} procedures`);
    }
    this.#handlers.set(procedure, handler);
  }

  remove(procedure: string): void {
    this.#handlers.delete(procedure);
  }

  has(procedure: string): boolean {
    return this.#handlers.has(procedure);
  }

  /**
   * Takes a place for a call of this node to itself; `end` is called when the node closes. Returns how to leave.
   *
   * @throws {MeshError} `overloaded` where 4,096 handlers are at work already.
   */
  enter(end: (error: MeshError) => void): () => void {
    if (this.running >= RUNNING_MAX) throw new MeshError("overloaded", OVERLOADED);
    this.#local.add(end);
    return () => {
      this.#local.delete(end);
    };
  }

  /** Runs a procedure for this node itself. Rejects with what the handler throws. */
  async runLocally(args: Value, context: CallContext): Promise<Value> {
    const handler = this.#handlers.get(context.procedure);
    if (handler === undefined) throw noSuchProcedure(context.procedure);
    return await handler(args, context);
  }

  /** Runs a procedure without an answer. A failure is logged, a procedure that nobody knows counted. */
  cast(procedure: string, args: Value, origin: Origin): void {
    const { meter } = this.#context.ports;
    const handler = this.#handlers.get(procedure);
    if (handler === undefined || this.#casts.size >= CASTS_MAX) {
      meter.count(handler === undefined ? "casts_unknown" : "casts_refused");
      return;
    }
    const running = new RunningCall(procedure, NO_ID, origin, (it) => {
      this.#casts.delete(it);
      it.abandon();
    });
    try {
      const result = handler(args, running);
      if (isThenable(result)) this.#awaitCast(running, result);
    } catch (cause) {
      this.#castFailed(procedure, cause);
    }
  }

  /** Nobody is answered any more; calls of this node to itself fail with `error`. */
  close(error: MeshError): void {
    for (const call of [...this.#running.all(), ...this.#casts]) call.abandon();
    for (const end of [...this.#local]) end(error);
    this.#running.clear();
    this.#casts.clear();
    this.#handlers.clear();
  }

  #called(arrival: Arrival, call: Call): void {
    const state = this.#executed.state(arrival.source, call.callId);
    if (state !== "new" || arrival.isRepeated) {
      this.#repeated(arrival, call.callId, state);
      return;
    }
    const handler = this.#handlers.get(call.procedure);
    if (handler === undefined) {
      this.#fail(arrival, call.callId, ownFailureOf(noSuchProcedure(call.procedure)));
      return;
    }
    if (this.running >= RUNNING_MAX) {
      this.#fail(arrival, call.callId, ownFailureOf(new MeshError("overloaded", OVERLOADED)));
      return;
    }
    this.#executed.mark(arrival.source, call.callId, this.#context.ports.clock.now());
    this.#context.ports.meter.count("calls_executed");
    const running = new RunningCall(call.procedure, call.callId, arrival, (it) => {
      if (this.#end(it)) it.abandon();
    });
    try {
      const result = handler(call.args, running);
      if (isThenable(result)) this.#await(running, arrival, call, result);
      else this.#answer(arrival, call.callId, result);
    } catch (cause) {
      this.#end(running);
      this.#failed(arrival, call.callId, failureOf(cause));
    }
  }

  /** The call is at work or was answered: where the answer is still there, it is given again, the way the call came now. */
  #repeated(arrival: Arrival, callId: Bytes, state: Execution): void {
    const { meter } = this.#context.ports;
    meter.count("calls_repeated");
    const running = this.#find(arrival, callId);
    if (running) {
      running.arrival = arrival;
      return;
    }
    const reply = this.#replies.get(arrival.source, callId);
    if (reply) this.#courier.answer(arrival, TYPE.reply, (writer) => writer.raw(reply));
    else meter.count(state === "too_old" ? "calls_too_old" : "replies_forgotten");
  }

  /** True where a cast that came in a route frame was here before. */
  #isRepeated({ source, messageId }: Arrival): boolean {
    if (messageId === undefined) return false;
    const id = withoutAttempt(messageId);
    if (this.#executed.state(source, id) !== "new") return true;
    this.#executed.mark(source, id, this.#context.ports.clock.now());
    return false;
  }

  #await(running: RunningCall, arrival: Arrival, call: Call, result: PromiseLike<Value>): void {
    const { callId, timeout } = call;
    this.#running.add(running);
    this.#context.deadlines.add(running, Math.min(timeout, CALL_TIMEOUT_MAX));
    result.then(
      (value) => {
        if (this.#end(running)) this.#answer(running.arrival ?? arrival, callId, value);
      },
      (cause) => {
        const way = running.arrival ?? arrival;
        if (this.#end(running)) this.#failed(way, callId, failureOf(cause));
      },
    );
  }

  #awaitCast(running: RunningCall, result: PromiseLike<Value>): void {
    this.#casts.add(running);
    this.#context.deadlines.add(running, CALL_TIMEOUT_MAX);
    const over = (): void => {
      this.#casts.delete(running);
      this.#context.deadlines.remove(running);
    };
    result.then(over, (cause) => {
      over();
      this.#castFailed(running.procedure, cause);
    });
  }

  #castFailed(procedure: string, cause: unknown): void {
    const { code, message } = failureOf(cause);
    this.#context.ports.log.write("warn", "cast_failed", { procedure, code, reason: message });
  }

  #find({ source }: Arrival, callId: Bytes): RunningCall | undefined {
    return this.#running.get(callNumber(callId), (call) => call.is(source, callId));
  }

  /** The call is over: answered, or nobody waits any more. False where it was over before. */
  #end(running: RunningCall): boolean {
    if (!this.#running.delete(running)) return false;
    this.#context.deadlines.remove(running);
    return true;
  }

  #answer(arrival: Arrival, callId: Bytes, result: Value): void {
    try {
      this.#courier.answer(arrival, TYPE.reply, (writer) => {
        const { at } = writer;
        writeResult(writer, callId, result);
        this.#replies.keep(arrival.source, callId, writer.bytes, at, writer.at);
      });
    } catch (cause) {
      this.#failed(arrival, callId, ownFailureOf(cause));
    }
  }

  /** The call was executed, and this is what came of it. */
  #failed(arrival: Arrival, callId: Bytes, failure: ReplyFailure): void {
    this.#context.ports.meter.count("calls_failed");
    this.#courier.answer(arrival, TYPE.reply, (writer) => {
      const { at } = writer;
      writeFailure(writer, callId, failure);
      this.#replies.keep(arrival.source, callId, writer.bytes, at, writer.at);
    });
  }

  /** The call is not executed; where it comes again it may be. */
  #fail(arrival: Arrival, callId: Bytes, failure: ReplyFailure): void {
    this.#context.ports.meter.count("calls_failed");
    this.#courier.answer(arrival, TYPE.reply, (writer) => writeFailure(writer, callId, failure));
  }
}

function isThenable(value: Value): value is PromiseLike<Value> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/** The failure of a call for a procedure that this node does not provide. */
export function noSuchProcedure(procedure: string): MeshError {
  return new MeshError("no_provider", `this node does not provide "${procedure}"`);
}
