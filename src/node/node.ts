import { setMaxListeners } from "node:events";
import { MeshError } from "../base/errors.ts";
import { idText } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { within } from "../base/within.ts";
import { procedureKey } from "../identity/realm.ts";
import { type CallOptions, checkProcedure } from "../rpc/call-options.ts";
import type { Handler } from "../rpc/handler.ts";
import { callLocally, castLocally } from "../rpc/local-call.ts";
import type { PendingCall } from "../rpc/pending-call.ts";
import {
  type Callable,
  checkArguments,
  checkedHandler,
  nameOf,
  readResult,
} from "../rpc/procedure.ts";
import type { Value } from "../wire/value.ts";
import type {
  CallReport,
  LookupReport,
  MeshNode,
  NodeEvents,
  Registration,
  WaitOptions,
} from "./api.ts";
import { type Composition, compose } from "./compose.ts";
import { Counters } from "./counters.ts";
import { localReport, outcomeOf, reportOf } from "./explain.ts";
import type { NodeParts } from "./node-parts.ts";
import type { NodeStatus } from "./node-status.ts";
import { statusOf } from "./status.ts";

/** Milliseconds that `ready` and `register` wait where nothing else is said. */
const WAIT_DEFAULT: Millis = 10_000;

/** How often expired records are forgotten. */
const SWEEP_EVERY: Millis = 60_000;

/** Makes a node of its parts: real ones, or virtual ones in a simulation. */
export function assembleNode(
  parts: Omit<NodeParts, "ports"> & { readonly ports: Omit<NodeParts["ports"], "meter"> },
): MeshNode {
  const counters = new Counters();
  return new Member(compose({ ...parts, ports: { ...parts.ports, meter: counters } }), counters);
}

class Member implements MeshNode {
  readonly id: string;
  readonly #node: Composition;
  readonly #counters: Counters;
  readonly #startedAt: Millis;
  /** Fires when the node begins to close. */
  readonly #life = new AbortController();
  #sweep: { cancel(): void };
  #closing: Promise<void> | undefined;

  constructor(node: Composition, counters: Counters) {
    this.#node = node;
    this.#counters = counters;
    this.id = idText(node.context.self);
    this.#startedAt = node.parts.ports.clock.now();
    this.#sweep = this.#scheduleSweep();
    node.state?.load().catch(() => {}); // It tells of every failure itself.
  }

  get addresses(): readonly string[] {
    const { addresses, listening } = this.#node.parts;
    return (listening?.() ?? addresses).map((address) => `${this.id}@${address}`);
  }

  async ready(options: WaitOptions = {}): Promise<void> {
    this.#checkOpen();
    if (this.#isReady()) return;
    const { keepers, overlay, parts } = this.#node;
    const time = options.timeout ?? WAIT_DEFAULT;
    const sources = overlay ? [overlay] : keepers;
    try {
      await this.#whileOpen(options.signal, (outer) =>
        within(parts.ports.clock, time, outer, (signal) => firstOf(sources, signal)),
      );
    } catch (cause) {
      throw cause instanceof MeshError && cause.code === "timeout" ? this.#notReady(cause) : cause;
    }
  }

  async register(
    callable: Callable,
    handler: Handler,
    options: WaitOptions = {},
  ): Promise<Registration> {
    this.#checkOpen();
    const { server, registry } = this.#node;
    const procedure = nameOf(callable);
    server.add(procedure, checkedHandler(callable, handler));
    try {
      await this.#whileOpen(options.signal, (outer) =>
        registry.advertise(procedure, options.timeout ?? WAIT_DEFAULT, outer),
      );
    } catch (cause) {
      server.remove(procedure);
      throw cause;
    }
    let ending: Promise<void> | undefined;
    const unregister = (): Promise<void> => {
      // Once: the name may be registered anew meanwhile.
      if (ending === undefined) {
        server.remove(procedure);
        ending = registry.withdraw(procedure);
      }
      return ending;
    };
    return {
      procedure,
      get copies(): number {
        return registry.copies(procedure);
      },
      unregister,
      [Symbol.asyncDispose]: unregister,
    };
  }

  call(callable: Callable, args: Value = null, options: CallOptions = {}): Promise<never> {
    return this.#start(callable, args, options) as Promise<never>;
  }

  async cast(callable: Callable, args: Value = null, options: CallOptions = {}): Promise<void> {
    this.#checkOpen();
    checkArguments(callable, args);
    const procedure = nameOf(callable);
    sharedByMany(options.signal);
    const { client, context, server } = this.#node;
    if (this.#isLocal(procedure, options)) castLocally(context, server, procedure, args, options);
    else await client.cast(procedure, args, options);
  }

  async explain(
    callable: Callable,
    args: Value = null,
    options: CallOptions = {},
  ): Promise<{ readonly result: never; readonly report: CallReport }> {
    const { clock } = this.#node.parts.ports;
    const procedure = nameOf(callable);
    const before = clock.now();
    const local = this.#isLocal(procedure, options);
    let traced: PendingCall | undefined;
    const call = this.#start(callable, args, options, (started) => {
      traced = started;
    });
    const { result, error } = await outcomeOf(call);
    const elapsed = clock.now() - before;
    const report = local
      ? localReport(procedure, this.id, elapsed, error)
      : reportOf(procedure, traced, elapsed, error, (id) => this.#node.direct.shortcuts.at(id));
    return { result: result as never, report };
  }

  async lookup(procedure: string, options: WaitOptions = {}): Promise<LookupReport> {
    this.#checkOpen();
    const { context, dht, parts } = this.#node;
    const { clock } = parts.ports;
    checkProcedure(procedure);
    const key = procedureKey(context.realm, procedure);
    const before = clock.now();
    const time = options.timeout ?? WAIT_DEFAULT;
    const found = await this.#whileOpen(options.signal, (outer) =>
      within(clock, time, outer, (signal) => dht.findRecords(key, signal)),
    );
    const { holder, steps, asked, answered } = found;
    const providers = found.records.map(({ owner, anchors, expires }) => ({
      node: idText(owner),
      anchors: anchors.map(idText),
      expires,
    }));
    const elapsed = clock.now() - before;
    return { procedure, providers, holder, steps, asked, answered, elapsed };
  }

  status(): NodeStatus {
    return statusOf(this.#node, {
      id: this.id,
      addresses: this.addresses,
      ready: !this.#life.signal.aborted && this.#isReady(),
      startedAt: this.#startedAt,
      counters: this.#counters,
    });
  }

  on<E extends keyof NodeEvents>(event: E, listener: (detail: NodeEvents[E]) => void): () => void {
    return this.#node.events.on(event, listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(
    callable: Callable,
    args: Value,
    options: CallOptions,
    onStart?: (call: PendingCall) => void,
  ): Promise<Value> {
    if (typeof callable === "string") return this.#send(callable, args, options, onStart);
    return this.#startChecked(callable, args, options, onStart);
  }

  async #startChecked(
    callable: Callable,
    args: Value,
    options: CallOptions,
    onStart?: (call: PendingCall) => void,
  ): Promise<Value> {
    checkArguments(callable, args);
    return readResult(callable, await this.#send(nameOf(callable), args, options, onStart));
  }

  #send(
    procedure: string,
    args: Value,
    options: CallOptions,
    onStart?: (call: PendingCall) => void,
  ): Promise<Value> {
    const { client, context, server } = this.#node;
    if (this.#life.signal.aborted) return Promise.reject(closed());
    sharedByMany(options.signal);
    if (!this.#isLocal(procedure, options)) return client.call(procedure, args, options, onStart);
    return callLocally(context, server, procedure, args, options);
  }

  #isLocal(procedure: string, options: CallOptions): boolean {
    const { provider } = options;
    if (provider !== undefined) return String(provider).toLowerCase() === this.id;
    return this.#node.server.has(procedure);
  }

  #isReady(): boolean {
    const { keepers, overlay } = this.#node;
    if (keepers.length === 0) return true;
    return overlay ? overlay.state().joined : keepers.some((keeper) => keeper.state().connected);
  }

  /** Runs `work` with a signal that fires when `outer` does; and when the node closes, which rejects with `closed`. */
  async #whileOpen<T>(
    outer: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const either = new AbortController();
    const abort = (): void => either.abort();
    const signals = outer ? [outer, this.#life.signal] : [this.#life.signal];
    for (const signal of signals) sharedByMany(signal);
    for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
    if (outer?.aborted) abort();
    try {
      return await work(either.signal);
    } catch (cause) {
      this.#checkOpen();
      throw cause;
    } finally {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    }
  }

  #notReady(cause: MeshError): MeshError {
    const states = this.#node.keepers.map((keeper) => keeper.state());
    const lines = states.map(
      ({ name, connected, lastError }) =>
        `${name}: ${connected ? "linked" : (lastError?.message ?? "no answer yet")}`,
    );
    const problem = states.some(({ connected }) => connected)
      ? "a bootstrap node is linked, but the place in the mesh is not found yet"
      : "no bootstrap node could be linked";
    return new MeshError("timeout", `${problem}; ${lines.join("; ")}`, { cause });
  }

  #scheduleSweep(): { cancel(): void } {
    const { dht, updates, parts } = this.#node;
    return parts.ports.clock.timer(SWEEP_EVERY, () => {
      dht.sweep();
      updates.changed();
      this.#sweep = this.#scheduleSweep();
    });
  }

  #checkOpen(): void {
    if (this.#life.signal.aborted) throw closed();
  }

  async #close(): Promise<void> {
    const { registry, client, dht, discoverer, server, keepers, overlay, updates } = this.#node;
    const { pool, parts, context, router, reachability, direct, movements } = this.#node;
    const { alarm, isolation, upgrader, membership } = this.#node;
    const error = closed();
    this.#sweep.cancel();
    this.#life.abort();
    isolation.close();
    await this.#node.state?.close();
    await registry.close();
    client.close(error);
    dht.close(error);
    discoverer.close(error);
    server.close(error);
    overlay?.close();
    updates.close();
    movements.close();
    reachability.close(error);
    direct.close(error);
    alarm.close();
    upgrader.close();
    membership.close();
    for (const keeper of keepers) keeper.close();
    router.close();
    pool.close(error);
    context.deadlines.clear();
    await parts.transport.close(0, error.message);
  }
}

/** One signal may stop any number of calls; Node takes more than ten listeners for a leak and says so. */
function sharedByMany(signal: AbortSignal | undefined): void {
  if (signal instanceof AbortSignal) setMaxListeners(0, signal);
}

/** What tells once when a node is ready as far as it can say. */
interface Readiness {
  onReady(tell: () => void): () => void;
}

/** Resolves when the first of `sources` tells. Rejects with the signal's reason when that fires first. */
function firstOf(sources: readonly Readiness[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops = sources.map((source) => source.onReady(resolve));
    const end = (): void => {
      for (const stop of stops) stop();
      reject(signal.reason);
    };
    signal.addEventListener("abort", end, { once: true });
  });
}

function closed(): MeshError {
  return new MeshError("closed", "the node is closed");
}
