import type { Bytes } from "../base/bytes.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import { sameId } from "../base/id.ts";
import { NumberedTable } from "../base/numbered-table.ts";
import type { Clock, Millis } from "../base/ports.ts";
import { Slab } from "../base/slab.ts";
import type { Provider } from "../dht/registry.ts";
import type { Link } from "../peer/link.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { Courier } from "../routing/courier.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import { linkless } from "../routing/routing-errors.ts";
import { CALL_ID_BYTES, readReply, replyIdAt, writeCancel } from "../wire/call.ts";
import { TYPE } from "../wire/frame.ts";
import type { Value } from "../wire/value.ts";
import type { FrameWriter } from "../wire/writer.ts";
import { cancelled, lostLink, noProvider, outOfTime, unanswered } from "./call-errors.ts";
import type { CallObserver } from "./call-observer.ts";
import { type CallOptions, checkOptions, checkProcedure } from "./call-options.ts";
import { Caster } from "./caster.ts";
import type { Directory } from "./directory.ts";
import { errorOf } from "./failure.ts";
import { noteAnswer } from "./note-answer.ts";
import { Patience } from "./patience.ts";
import { PendingCall, type PendingCallOwner } from "./pending-call.ts";
import { Selector } from "./selection.ts";
import type { Ways } from "./ways.ts";

/** Calls that may wait for their replies at once; one more is refused with `overloaded`. */
export const PENDING_MAX = 65_536;

/** Providers tried for one call. */
const PROVIDERS_TRIED_MAX = 3;

/** When a call is first looked at again: by then it is known where it was sent. */
const FIRST_LOOK: Millis = 250;

/** Repetitions of an idempotent call to one provider, before another one is asked. */
const REPETITIONS_BEFORE_NEXT = 2;

/** Each repetition waits so many times as long as the one before. */
const GROWTH = 1.5;

/** Copies that leave at once, each over a way of its own, where one repetition after another was not answered. */
const COPIES_MAX = 16;

/** Replies and refusals after which another provider may be asked, because the call was not executed. */
const NOT_EXECUTED: ReadonlySet<string> = new Set(["no_provider", "overloaded"]);

/** Failures that say less of a call whose link was lost than the loss does. */
const WAYLESS: ReadonlySet<string> = new Set(["no_route", "no_provider", "no_direct_link"]);

/** Makes calls: finds providers, sends, waits, tries the next one. */
export class Client implements PendingCallOwner {
  readonly #context: RoutingContext;
  readonly #courier: Courier;
  readonly #registry: Directory;
  readonly #ways: Ways;
  readonly #observer: CallObserver | undefined;
  readonly #caster: Caster;
  readonly #pending = new NumberedTable<PendingCall>(PENDING_MAX);
  readonly #selector: Selector;
  readonly #patience = new Patience();
  readonly #slab = new Slab();
  readonly copyOf: (bytes: Bytes) => Bytes = (bytes) => this.#slab.copy(bytes);
  #closed: MeshError | undefined;

  constructor(
    context: RoutingContext,
    courier: Courier,
    router: Router,
    registry: Directory,
    ways: Ways,
    observer?: CallObserver,
  ) {
    this.#context = context;
    this.#courier = courier;
    this.#registry = registry;
    this.#ways = ways;
    this.#observer = observer;
    this.#selector = new Selector(context.self, context.ports.random, context.table);
    this.#caster = new Caster(context, courier, registry, this.#selector, ways);
    router.on(TYPE.reply, (arrival, _, bytes, start, end, owned) =>
      this.#replied(arrival, bytes, start, end, owned),
    );
  }

  get clock(): Clock {
    return this.#context.ports.clock;
  }

  /** Calls that wait for their replies. */
  get pending(): number {
    return this.#pending.size;
  }

  callId(number: number): Bytes {
    return this.#context.ids.bytes(number);
  }

  /**
   * Calls a procedure of another node. `onStart` sees the call as it begins. The arguments may be changed once
   * this returns.
   */
  call(
    procedure: string,
    args: Value,
    options: CallOptions,
    onStart?: (call: PendingCall) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      checkProcedure(procedure);
      const checked = checkOptions(options, this.#ways.strategy);
      const number = this.#context.ids.next();
      const traced = onStart !== undefined || this.#observer?.wantsTrace() === true;
      const settings = { number, procedure, args, options: checked, traced, resolve, reject };
      const call = this.#begin(new PendingCall(this, settings));
      onStart?.(call);
      try {
        if (checked.provider) this.#sendTo(call, { id: checked.provider, anchors: [] });
        else this.#choose(call);
        call.snapshot();
      } catch (cause) {
        this.#fail(call, toMeshError(cause));
      }
    });
  }

  /** Sends a call that nobody answers. Resolves when a provider is known and the message has left. */
  cast(procedure: string, args: Value, options: CallOptions): Promise<void> {
    return this.#caster.cast(procedure, args, options);
  }

  due(call: PendingCall): void {
    const now = this.clock.now();
    if (now >= call.deadline) {
      this.#fail(call, outOfTime(call));
      return;
    }
    if (call.rule === "direct") this.#doubt(call);
    else {
      const isUnderWay = call.isUncertain || !this.#courier.isSearching(call);
      const isWaiting = call.attempts > 0 && call.isRepeatable && isUnderWay;
      if (isWaiting && call.attempts === call.attemptsSeen) this.#repeat(call);
    }
    this.#lookAgain(call, now);
  }

  undeliverable(call: PendingCall, error: MeshError, isHint: boolean): void {
    if (this.#pending.get(call.number) !== call) return;
    const mayBeAtWork = call.isUncertain && call.lost === undefined && !this.#mayAskAnother(call);
    // It is sent again when it is looked at next.
    if ((isHint && error.code !== "overloaded") || mayBeAtWork) call.hint = error;
    else this.#next(call, error);
  }

  /**
   * A link ended: what was sent over it is sent again another way; unless another link has taken its place, which the
   * answer will come over.
   */
  linkLost(link: Link): void {
    const successor = this.#context.table.successor(link);
    for (const call of this.#pending.all()) {
      if (call.via !== link) continue;
      call.via = successor;
      if (successor) continue;
      this.#leave(call, link);
      this.#lookAgain(call, this.clock.now());
    }
  }

  close(error: MeshError): void {
    this.#closed = error;
    for (const call of this.#pending.all()) this.#fail(call, error);
  }

  #begin(call: PendingCall): PendingCall {
    const { timeout, signal } = call.settings.options;
    if (this.#closed) throw this.#closed;
    if (signal?.aborted) throw cancelled();
    if (this.#pending.isFull) {
      throw new MeshError("overloaded", `${PENDING_MAX} calls wait for their replies already`);
    }
    this.#pending.add(call);
    this.#context.deadlines.add(call, Math.min(timeout, FIRST_LOOK));
    if (signal) this.#watch(call, signal);
    return call;
  }

  #watch(call: PendingCall, signal: AbortSignal): void {
    const onAbort = (): void => {
      this.#fail(call, cancelled());
      const { target, via, maxHops, isDirectOnly, messageId } = call;
      if (target === undefined || via === undefined) return;
      const write = (writer: FrameWriter): void => writeCancel(writer, messageId);
      this.#caster.send({ target, payloadType: TYPE.cancel, maxHops, isDirectOnly, write });
    };
    signal.addEventListener("abort", onAbort, { once: true });
    call.release = () => signal.removeEventListener("abort", onAbort);
  }

  /** Sends the call to a provider that was not tried yet. */
  #choose(call: PendingCall): void {
    const known = this.#registry.known(call.settings.procedure);
    const provider = known && this.#pick(known, call);
    if (provider) this.#sendTo(call, provider);
    else this.#find(call, undefined);
  }

  /** Asks the mesh for providers, once for each call that needs it. */
  #find(call: PendingCall, lastError: MeshError | undefined): void {
    this.#registry.find(call.settings.procedure).then(
      (found) => {
        if (this.#pending.get(call.number) !== call) return;
        call.askedAt = this.clock.now();
        const provider = this.#pick(found.providers, call);
        if (provider) this.#sendTo(call, provider);
        // Where the mesh says that nobody provides it any more, that is why nobody was reached.
        else if (lastError && (found.providers.length > 0 || found.answered === 0))
          this.#fail(call, lastError);
        else this.#fail(call, noProvider(call.settings.procedure, found, lastError));
      },
      (cause) => this.#fail(call, toMeshError(cause)),
    );
  }

  #pick(providers: readonly Provider[], call: PendingCall): Provider | undefined {
    if (providers.length === 1 && call.target === undefined) return providers[0];
    const untried = providers.filter((provider) => !call.hasAsked(provider));
    const { procedure, options } = call.settings;
    return this.#selector.choose(procedure, untried, options.selection);
  }

  #sendTo(call: PendingCall, provider: Provider): void {
    call.ask(provider);
    if (call.settings.options.selection === "least_loaded") this.#load(call, provider);
    this.#send(call, provider);
  }

  #send(call: PendingCall, provider: Provider): void {
    if (call.isDirectOnly && this.#context.table.to(provider.id) === undefined) {
      this.#openFor(call, provider);
      return;
    }
    try {
      this.#courier.send(call);
    } catch (cause) {
      this.#fail(call, toMeshError(cause));
    }
  }

  /** The call waits until there is a link to its provider, or no hope of one. */
  #openFor(call: PendingCall, provider: Provider): void {
    const isWaiting = (): boolean =>
      this.#pending.get(call.number) === call && call.target === provider;
    call.hint = linkless(provider.id);
    this.#ways.open(provider).then(
      () => isWaiting() && this.#send(call, provider),
      (cause) => isWaiting() && this.#next(call, toMeshError(cause)),
    );
  }

  /** An answer over a shortcut is late: where nothing else comes over it either, the mesh is the better way. */
  #doubt(call: PendingCall): void {
    const { via } = call;
    if (via === undefined || !call.isRepeatable || !via.isSilent()) return;
    if (via.doubt()) this.#ways.doubted(via);
    this.#leave(call, via);
  }

  /** The link that carried it is lost, or as good as that: it is sent again another way. */
  #leave(call: PendingCall, link: Link): void {
    call.lost = lostLink(call, link.peer);
    call.via = undefined;
    call.rule = undefined;
    call.trace?.failed(call.lost);
    if (call.isDirectOnly && call.target) this.#send(call, call.target);
    else this.#repeat(call);
  }

  /** Nobody has answered, or the link is gone: once more, over another way, or to another provider where that may be. */
  #repeat(call: PendingCall): void {
    call.hint = undefined;
    call.trace?.unanswered(unanswered(this.clock.now() - call.startedAt));
    call.repetitions += 1;
    this.#context.ports.meter.count("calls_sent_again");
    if (call.repetitions > REPETITIONS_BEFORE_NEXT && this.#mayAskAnother(call)) {
      const known = this.#registry.known(call.settings.procedure);
      const provider = known && this.#pick(known, call);
      if (provider) {
        this.#courier.forget(call.number);
        this.#sendTo(call, provider);
        return;
      }
    }
    try {
      this.#courier.again(call, Math.min(2 ** (call.repetitions - 1), COPIES_MAX));
    } catch (cause) {
      this.#fail(call, toMeshError(cause));
    }
  }

  /** True where no harm is done, should the present provider have executed it, or execute it yet. */
  #mayAskAnother(call: PendingCall): boolean {
    const { provider, idempotent } = call.settings.options;
    const isSafe = idempotent || !call.isUncertain;
    return isSafe && provider === undefined && call.asked < PROVIDERS_TRIED_MAX;
  }

  /** When the call is looked at next: when an answer is overdue, or at its deadline where that would change nothing. */
  #lookAgain(call: PendingCall, now: Millis): void {
    if (this.#pending.get(call.number) !== call) return;
    this.#context.deadlines.remove(call);
    call.attemptsSeen = call.attempts;
    if (call.target && !call.isRepeatable) {
      this.#context.deadlines.add(call, call.deadline - now);
      return;
    }
    const patience = call.target ? this.#patience.for(call.target.id) : FIRST_LOOK;
    const wait = patience * GROWTH ** Math.min(call.repetitions, 6);
    this.#context.deadlines.add(call, Math.min(wait, call.deadline - now));
  }

  #load(call: PendingCall, provider: Provider): void {
    call.unload?.();
    call.unload = this.#selector.loaded(provider.id);
  }

  /** The present provider was not reached: the next one, or the end. */
  #next(call: PendingCall, error: MeshError): void {
    if (!this.#mayAskAnother(call)) {
      // What befell the call before says more than that there is no way any more.
      this.#fail(call, WAYLESS.has(error.code) ? (call.lost ?? error) : error);
      return;
    }
    this.#registry.drop(call.settings.procedure, call.destination);
    const known = this.#registry.known(call.settings.procedure);
    const provider = known && this.#pick(known, call);
    if (provider) this.#sendTo(call, provider);
    else this.#find(call, error);
    this.#lookAgain(call, this.clock.now());
  }

  #replied(arrival: Arrival, bytes: Bytes, start: number, end: number, owned: boolean): void {
    const idAt = replyIdAt(start);
    const number = idAt + CALL_ID_BYTES <= end ? this.#context.ids.numberAt(bytes, idAt) : 0;
    const call = this.#pending.get(number);
    if (call === undefined || !sameId(arrival.source, call.destination)) {
      this.#context.ports.meter.count("replies_unexpected");
      return;
    }
    const reply = readReply(bytes, start, end, owned);
    this.#courier.learn(arrival);
    if (arrival.labels !== undefined) this.#patience.learn(call, this.clock.now());
    noteAnswer(this.#ways, call, arrival, this.clock.now());
    if (reply.ok) {
      call.forwarders = arrival.hops;
      this.#settle(call, undefined, arrival.link.usedAt);
      call.settings.resolve(reply.result);
      return;
    }
    const error = errorOf(reply.failure);
    if (!NOT_EXECUTED.has(error.code)) {
      this.#fail(call, error);
      return;
    }
    this.#courier.forget(call.number);
    call.declined();
    call.trace?.failed(error);
    this.#next(call, error);
  }

  #fail(call: PendingCall, error: MeshError): void {
    if (this.#pending.get(call.number) !== call) return;
    call.trace?.unanswered(error);
    this.#settle(call, error);
    call.settings.reject(error);
  }

  #settle(call: PendingCall, error: MeshError | undefined, at: Millis = this.clock.now()): void {
    this.#pending.delete(call);
    this.#context.deadlines.remove(call);
    this.#courier.forget(call.number);
    call.release?.();
    call.unload?.();
    this.#observer?.ended(call, error, at);
  }
}
