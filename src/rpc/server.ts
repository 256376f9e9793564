import { type Bytes, toHex, utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { idText, type NodeId } from "../base/id.ts";
import { PROCEDURE_NAME_BYTES_MAX } from "../identity/realm.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { Courier } from "../routing/courier.ts";
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
import { failureOf } from "./failure.ts";
import type { Handler } from "./handler.ts";
import { RunningCall } from "./running-call.ts";

/** Procedures one node may provide. */
export const PROCEDURES_MAX = 4_096;

/** Handlers that may be at work at once; calls beyond are refused with `overloaded`. */
export const RUNNING_MAX = 4_096;

/** Runs the procedures that this node provides. */
export class Server {
  readonly #context: RoutingContext;
  readonly #courier: Courier;
  readonly #handlers = new Map<string, Handler>();
  /** Calls whose handler has not answered at once, by caller and call id. */
  readonly #running = new Map<string, RunningCall>();

  constructor(context: RoutingContext, courier: Courier, router: Router) {
    this.#context = context;
    this.#courier = courier;
    router.on(TYPE.call, (arrival, _, bytes, start, end, owned) =>
      this.#called(arrival, readCall(bytes, start, end, owned)),
    );
    router.on(TYPE.cast, (arrival, _, bytes, start, end) => {
      const { procedure, args } = readCast(bytes, start, end);
      this.#cast(arrival, procedure, args);
    });
    router.on(TYPE.cancel, (arrival, _, bytes, start, end) => {
      this.#running.get(keyOf(arrival, readCancel(bytes, start, end)))?.abandon();
    });
  }

  get procedures(): string[] {
    return [...this.#handlers.keys()];
  }

  /** Handlers at work that have not answered at once. */
  get running(): number {
    return this.#running.size;
  }

  /** @throws {MeshError} `bad_config` on a bad or taken name, or where 4,096 are provided. */
  add(procedure: string, handler: Handler): void {
    const length = utf8(procedure).length;
    if (length === 0 || length > PROCEDURE_NAME_BYTES_MAX) {
      throw new MeshError(
        "bad_config",
        `a procedure's name has 1 to ${PROCEDURE_NAME_BYTES_MAX} bytes, this one ${length}`,
      );
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

  /** Runs a procedure for this node itself. Rejects with what the handler throws. */
  async runLocally(
    procedure: string,
    args: Value,
    caller: NodeId,
    signal: AbortSignal,
  ): Promise<Value> {
    const handler = this.#handlers.get(procedure);
    if (handler === undefined) {
      throw new MeshError("no_provider", `this node does not provide "${procedure}"`);
    }
    return await handler(args, { procedure, caller: idText(caller), hops: 0, signal });
  }

  close(): void {
    for (const call of this.#running.values()) call.abandon();
    this.#running.clear();
    this.#handlers.clear();
  }

  #called(arrival: Arrival, call: Call): void {
    const handler = this.#handlers.get(call.procedure);
    if (handler === undefined) {
      this.#fail(arrival, call.callId, {
        code: "no_provider",
        remoteCode: "",
        message: `this node does not provide "${call.procedure}"`,
      });
      return;
    }
    if (this.#running.size >= RUNNING_MAX) {
      this.#fail(arrival, call.callId, overloaded());
      return;
    }
    const running = new RunningCall(call.procedure, call.callId, arrival, (it) => {
      if (this.#end(it)) it.abandon();
    });
    try {
      const result = handler(call.args, running);
      if (isThenable(result)) this.#await(running, result, call.timeout);
      else this.#answer(arrival, call.callId, result);
    } catch (cause) {
      this.#fail(arrival, call.callId, failureOf(cause));
    }
  }

  #await(running: RunningCall, result: PromiseLike<Value>, timeout: number): void {
    const { arrival, callId } = running;
    this.#running.set(keyOf(arrival, callId), running);
    this.#context.deadlines.add(running, Math.min(timeout, CALL_TIMEOUT_MAX));
    result.then(
      (value) => {
        if (this.#end(running)) this.#answer(arrival, callId, value);
      },
      (cause) => {
        if (this.#end(running)) this.#fail(arrival, callId, failureOf(cause));
      },
    );
  }

  /** The call is over: answered, or nobody waits any more. False where it was over before. */
  #end(running: RunningCall): boolean {
    const key = keyOf(running.arrival, running.callId);
    if (this.#running.get(key) !== running) return false;
    this.#running.delete(key);
    this.#context.deadlines.remove(running);
    return true;
  }

  #cast(arrival: Arrival, procedure: string, args: Value): void {
    const handler = this.#handlers.get(procedure);
    if (handler === undefined) {
      this.#context.ports.meter.count("casts_unknown");
      return;
    }
    const failed = (cause: unknown): void => {
      const { code, message } = failureOf(cause);
      this.#context.ports.log.write("warn", "cast_failed", { procedure, code, reason: message });
    };
    try {
      const running = new RunningCall(procedure, new Uint8Array(0), arrival, () => {});
      const result = handler(args, running);
      if (isThenable(result)) result.then(undefined, failed);
    } catch (cause) {
      failed(cause);
    }
  }

  #answer(arrival: Arrival, callId: Bytes, result: Value): void {
    try {
      this.#courier.answer(arrival, TYPE.reply, (writer) => writeResult(writer, callId, result));
    } catch (cause) {
      this.#fail(arrival, callId, failureOf(cause));
    }
  }

  #fail(arrival: Arrival, callId: Bytes, failure: ReplyFailure): void {
    this.#context.ports.meter.count("calls_failed");
    this.#courier.answer(arrival, TYPE.reply, (writer) => writeFailure(writer, callId, failure));
  }
}

function keyOf(arrival: Arrival, callId: Bytes): string {
  return idText(arrival.source) + toHex(callId);
}

function isThenable(value: Value): value is PromiseLike<Value> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

function overloaded(): ReplyFailure {
  const message = `the provider has ${RUNNING_MAX} calls at work; try again later`;
  return { code: "overloaded", remoteCode: "", message };
}
