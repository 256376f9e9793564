import type { Bytes } from "../base/bytes.ts";
import { Expiring } from "../base/deadlines.ts";
import { MeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Clock, Millis } from "../base/ports.ts";
import { Slab } from "../base/slab.ts";
import type { Provider } from "../dht/registry.ts";
import type { Link } from "../peer/link.ts";
import type { Parcel } from "../routing/courier.ts";
import { writeCall } from "../wire/call.ts";
import { TYPE } from "../wire/frame.ts";
import type { HopReport, Rule } from "../wire/route-control.ts";
import { encodeValue, type Value } from "../wire/value.ts";
import type { FrameWriter } from "../wire/writer.ts";
import type { CheckedOptions } from "./call-options.ts";

/** What a pending call tells the client that owns it. */
export interface PendingCallOwner {
  readonly clock: Clock;
  /** The 16 bytes behind the number of a call. */
  callId(number: number): Bytes;
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

const copies = new Slab();

/** A call that waits for its reply. */
export class PendingCall extends Expiring implements Parcel {
  readonly number: number;
  /** Names the call at the provider too. */
  readonly messageId: Bytes;
  readonly settings: CallSettings;
  readonly startedAt: Millis;
  readonly payloadType: number = TYPE.call;
  /** Providers tried, in their order; the last one is being asked now. */
  readonly tried: Provider[] = [];
  /** The link it left over, and how that was chosen. */
  via: Link | undefined = undefined;
  rule: Rule | undefined = undefined;
  /** Only of traced calls. */
  readonly reports: TimedReport[] = [];
  /** Takes the listener off the caller's signal. */
  release: (() => void) | undefined = undefined;
  readonly #owner: PendingCallOwner;
  #encoded: Bytes | undefined = undefined;

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
    this.#encoded ??= copies.copy(encodeValue(this.settings.args));
    return this.#encoded;
  }

  get traced(): boolean {
    return this.settings.traced;
  }

  get destination(): NodeId {
    return this.#target.id;
  }

  get anchors(): readonly Bytes[] {
    return this.#target.anchors;
  }

  get maxHops(): number {
    return this.settings.options.maxHops;
  }

  writeBody(writer: FrameWriter): void {
    const timeLeft = this.expiresAt - this.#owner.clock.now();
    const { procedure } = this.settings;
    writeCall(writer, this.messageId, procedure, timeLeft, this.snapshot());
  }

  sent(link: Link, rule: Rule): void {
    this.via = link;
    this.rule = rule;
  }

  failed(error: MeshError): void {
    this.#owner.undeliverable(this, error);
  }

  reported(node: NodeId, report: HopReport): void {
    const roundTrip = this.#owner.clock.now() - this.startedAt;
    this.reports.push({ ...report, node, roundTrip });
  }

  override expire(): void {
    this.#owner.expired(this);
  }

  get #target(): Provider {
    const target = this.tried.at(-1);
    if (target === undefined) throw new MeshError("internal", "a call was sent without a provider");
    return target;
  }
}
