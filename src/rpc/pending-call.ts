import type { Bytes } from "../base/bytes.ts";
import { Expiring } from "../base/deadlines.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, sameId } from "../base/id.ts";
import type { Numbered } from "../base/numbered-table.ts";
import type { Clock, Millis } from "../base/ports.ts";
import type { Provider } from "../dht/registry.ts";
import type { Link } from "../peer/link.ts";
import type { Parcel } from "../routing/courier.ts";
import { writeCall } from "../wire/call.ts";
import { TYPE } from "../wire/frame.ts";
import type { HopReport, Rule } from "../wire/route-control.ts";
import { encodeForKeeps, type Value } from "../wire/value.ts";
import type { FrameWriter } from "../wire/writer.ts";
import type { CheckedOptions } from "./call-options.ts";

/** Shared by all calls that have none, which are most. */
const NO_REPORTS: readonly TimedReport[] = [];
const NO_PROVIDERS: readonly Provider[] = [];

/** Reports of one call; no way has so many stations, but a forwarder may invent them. */
const REPORTS_MAX = 64;

/** What a pending call asks and tells the client that owns it. */
export interface PendingCallOwner {
  readonly clock: Clock;
  /** The 16 bytes behind the number of a call. */
  callId(number: number): Bytes;
  /** A copy that lives about as long as a call. */
  readonly copyOf: (bytes: Bytes) => Bytes;
  /** Its time is over. */
  expired(call: PendingCall): void;
  /** The attempt at its present provider has failed before that could execute it. */
  undeliverable(call: PendingCall, error: MeshError): void;
}

/** A report of a traced call: who told, what, and when after its start. */
export interface TimedReport extends HopReport {
  readonly node: NodeId;
  readonly roundTrip: Millis;
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
  readonly payloadType: number = TYPE.call;
  /** The provider that is asked now. */
  target: Provider | undefined = undefined;
  /** The link it left over, and how that was chosen. */
  via: Link | undefined = undefined;
  rule: Rule | undefined = undefined;
  /** Only of traced calls. */
  reports: readonly TimedReport[] = NO_REPORTS;
  /** Takes the listener off the caller's signal. */
  release: (() => void) | undefined = undefined;
  /** Takes it off the load of its provider, where that is counted. */
  unload: (() => void) | undefined = undefined;
  readonly #owner: PendingCallOwner;
  #encoded: Bytes | undefined = undefined;
  /** Providers asked before `target`. */
  #before: readonly Provider[] = NO_PROVIDERS;

  constructor(owner: PendingCallOwner, settings: CallSettings) {
    super();
    this.#owner = owner;
    this.settings = settings;
    this.number = settings.number;
    this.messageId = owner.callId(settings.number);
    this.startedAt = owner.clock.now();
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
    if (this.target) this.#before = [...this.#before, this.target];
    this.target = provider;
    this.via = undefined;
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

  get traced(): boolean {
    return this.settings.traced;
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
    const timeLeft = this.expiresAt - this.#owner.clock.now();
    const { procedure } = this.settings;
    const callId = messageId === this.messageId ? undefined : this.messageId;
    writeCall(writer, callId, procedure, timeLeft, this.snapshot());
  }

  sent(link: Link, rule: Rule): void {
    this.via = link;
    this.rule = rule;
  }

  failed(error: MeshError): void {
    this.#owner.undeliverable(this, error);
  }

  reported(node: NodeId, report: HopReport): void {
    if (this.reports.length >= REPORTS_MAX) return;
    const roundTrip = this.#owner.clock.now() - this.startedAt;
    this.reports = [...this.reports, { ...report, node, roundTrip }];
  }

  override expire(): void {
    this.#owner.expired(this);
  }

  get #asked(): Provider {
    if (this.target) return this.target;
    throw new MeshError("internal", "a call was sent without a provider");
  }
}
