import type { Bytes } from "../base/bytes.ts";
import { Expiring } from "../base/deadlines.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, sameId } from "../base/id.ts";
import type { Numbered } from "../base/numbered-table.ts";
import type { Clock, Millis } from "../base/ports.ts";
import type { Provider } from "../dht/registry.ts";
import type { Link } from "../peer/link.ts";
import type { Parcel } from "../routing/parcel.ts";
import { writeCall } from "../wire/call.ts";
import { TYPE } from "../wire/frame.ts";
import type { HopReport, Rule } from "../wire/route-control.ts";
import { encodeForKeeps, type Value } from "../wire/value.ts";
import type { FrameWriter } from "../wire/writer.ts";
import type { CheckedOptions } from "./call-options.ts";
import { Trace } from "./trace.ts";

/** Shared by all calls that have none, which are most. */
const NO_PROVIDERS: readonly Provider[] = [];
const NO_ATTEMPTS: readonly number[] = [];

/** Bytes of arguments from which on a call may just take long to be carried. */
const REPEATED_MAX: number = 64 << 10;

/** What a pending call asks and tells the client that owns it. */
export interface PendingCallOwner {
  readonly clock: Clock;
  /** The 16 bytes behind the number of a call. */
  callId(number: number): Bytes;
  /** A copy that lives about as long as a call. */
  readonly copyOf: (bytes: Bytes) => Bytes;
  /** The moment has come that it was to be looked at again, or its time is over. */
  due(call: PendingCall): void;
  /** The attempt at its present provider has failed; with `isHint` others say so, and may be wrong. */
  undeliverable(call: PendingCall, error: MeshError, isHint: boolean): void;
}

/** What a call is made of. */
export interface CallSettings {
  readonly number: number;
  readonly procedure: string;
  readonly args: Value;
  readonly options: CheckedOptions;
  readonly traced: boolean;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: MeshError) => void;
}

/** A call that waits for its reply. */
export class PendingCall extends Expiring implements Parcel, Numbered<PendingCall> {
  readonly number: number;
  sibling: PendingCall | undefined = undefined;
  /** Names the call at the provider too. */
  readonly messageId: Bytes;
  readonly settings: CallSettings;
  readonly startedAt: Millis;
  /** When `target` was asked first: later than the start where its record had to be found, or others were asked before. */
  askedAt: Millis;
  /** When it fails, on the monotonic clock. */
  readonly deadline: Millis;
  attempts = 0;
  /** Attempts when it was last looked at; where there was none since, the last one has had its time. */
  attemptsSeen = 0;
  /** How often it was sent again because nobody answered. */
  repetitions = 0;
  /** What was said of the failure of the last attempt. */
  hint: MeshError | undefined = undefined;
  /** Set where it went over a link that was lost. */
  lost: MeshError | undefined = undefined;
  readonly payloadType: number = TYPE.call;
  /** The provider that is asked now. */
  target: Provider | undefined = undefined;
  /** The link it left over, and how that was chosen. */
  via: Link | undefined = undefined;
  rule: Rule | undefined = undefined;
  /** That its result passed. */
  forwarders: number | undefined = undefined;
  /** Only of traced calls. */
  readonly trace: Trace | undefined;
  /** Takes the listener off the caller's signal. */
  release: (() => void) | undefined = undefined;
  /** Takes it off the load of its provider, where that is counted. */
  unload: (() => void) | undefined = undefined;
  readonly #owner: PendingCallOwner;
  #encoded: Bytes | undefined = undefined;
  /** Attempts when `target` was first asked, and those since of which somebody has said that nothing came. */
  #attemptsBefore = 0;
  #undone: readonly number[] = NO_ATTEMPTS;
  /** Providers asked before `target`. */
  #before: readonly Provider[] = NO_PROVIDERS;

  constructor(owner: PendingCallOwner, settings: CallSettings) {
    super();
    this.#owner = owner;
    this.settings = settings;
    this.number = settings.number;
    this.messageId = owner.callId(settings.number);
    this.startedAt = owner.clock.now();
    this.askedAt = this.startedAt;
    this.deadline = this.startedAt + settings.options.timeout;
    this.trace = settings.traced ? new Trace() : undefined;
  }

  /**
   * The arguments as they were when this was first asked for, encoded: later attempts send the same.
   *
   * @throws {MeshError} `encode_failed`, `too_large`.
   */
  snapshot(): Bytes {
    this.#encoded ??= encodeForKeeps(this.settings.args, this.#owner.copyOf);
    return this.#encoded;
  }

  /** `provider` is asked from now on. */
  ask(provider: Provider): void {
    if (this.target) {
      this.#before = [...this.#before, this.target];
      this.askedAt = this.#owner.clock.now();
    }
    this.target = provider;
    this.via = undefined;
    this.rule = undefined;
    this.declined();
    this.repetitions = 0;
  }

  /** Providers asked so far, `target` included. */
  get asked(): number {
    return this.#before.length + (this.target ? 1 : 0);
  }

  /** Whether it was asked where its record says now that it is: who has registered anew is worth another attempt. */
  hasAsked({ id, seq = 0 }: Provider): boolean {
    const asked = this.target ? [...this.#before, this.target] : this.#before;
    return asked.some((it) => sameId(it.id, id) && (it.seq ?? seq) >= seq);
  }

  /** `target` may have executed it: of some attempt nobody has said that nothing came of it. */
  get isUncertain(): boolean {
    return this.lost !== undefined || this.attempts - this.#attemptsBefore > this.#undone.length;
  }

  /** `target` itself has said that it has not executed it: in its present life, which a lost link may have ended. */
  declined(): void {
    this.#attemptsBefore = this.attempts;
    this.#undone = NO_ATTEMPTS;
  }

  undone(attempt: number): void {
    const isOld = ((attempt - this.#attemptsBefore) & 0xff) >= this.attempts - this.#attemptsBefore;
    if (!isOld && !this.#undone.includes(attempt)) this.#undone = [...this.#undone, attempt];
  }

  /**
   * A link carries it or ends, and what is large may just take long: neither is sent again for want of an answer. Behind
   * a shortcut there is the mesh.
   */
  get isRepeatable(): boolean {
    if (this.isDirectOnly || (this.rule === "direct" && this.via?.isShortcut !== true))
      return false;
    return this.snapshot().length < REPEATED_MAX;
  }

  get isDirectOnly(): boolean {
    return this.settings.options.routingStrategy === "direct_only";
  }

  get traced(): boolean {
    return this.trace !== undefined;
  }

  get destination(): NodeId {
    return this.#asked.id;
  }

  get anchors(): readonly Bytes[] {
    return this.#asked.anchors;
  }

  get boxKey(): Bytes | undefined {
    return this.#asked.boxKey;
  }

  get maxHops(): number {
    return this.settings.options.maxHops;
  }

  writeBody(writer: FrameWriter, messageId?: Bytes): void {
    const timeLeft = this.deadline - this.#owner.clock.now();
    const { procedure } = this.settings;
    const callId = messageId === this.messageId ? undefined : this.messageId;
    writeCall(writer, callId, procedure, timeLeft, this.snapshot());
  }

  sent(link: Link, rule: Rule): void {
    this.via = link;
    this.rule = rule;
    const at = this.#owner.clock.now() - this.startedAt;
    this.trace?.sent({ at, provider: this.destination, via: link.peer, rule });
  }

  refused(error: MeshError): void {
    this.trace?.failed(error);
  }

  failed(error: MeshError, isHint: boolean): void {
    this.trace?.failed(error);
    this.#owner.undeliverable(this, error, isHint);
  }

  reported(node: NodeId, report: HopReport): void {
    const roundTrip = this.#owner.clock.now() - this.startedAt;
    this.trace?.reported({ ...report, node, roundTrip });
  }

  override expire(): void {
    this.#owner.due(this);
  }

  get #asked(): Provider {
    if (this.target) return this.target;
    throw new MeshError("internal", "a call was sent without a provider");
  }
}
