import type { Bytes } from "../base/bytes.ts";
import { Expiring } from "../base/deadlines.ts";
import { MeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Clock, Millis } from "../base/ports.ts";
import type { Provider } from "../dht/registry.ts";
import type { Link } from "../peer/link.ts";
import type { Parcel } from "../routing/courier.ts";
import { writeCall } from "../wire/call.ts";
import { TYPE } from "../wire/frame.ts";
import type { HopReport, Rule } from "../wire/route-control.ts";
import type { Value } from "../wire/value.ts";
import type { FrameWriter } from "../wire/writer.ts";
import type { CheckedOptions } from "./call-options.ts";

/** What a pending call tells the client that owns it. */
export interface PendingCallOwner {
  readonly clock: Clock;
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

/** A call that waits for its reply. */
export class PendingCall extends Expiring implements Parcel {
  readonly number: number;
  readonly procedure: string;
  readonly options: CheckedOptions;
  readonly traced: boolean;
  readonly startedAt: Millis;
  readonly payloadType: number = TYPE.call;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: MeshError) => void;
  /** Providers tried, in their order; the last one is being asked now. */
  readonly tried: Provider[] = [];
  /** The link it left over, and how that was chosen. */
  via: Link | undefined;
  rule: Rule | undefined;
  /** Only of traced calls. */
  readonly reports: TimedReport[] = [];
  /** Takes the listener off the caller's signal. */
  release: (() => void) | undefined;
  readonly #owner: PendingCallOwner;
  readonly #callId: Bytes;
  readonly #args: Bytes;

  constructor(settings: {
    readonly owner: PendingCallOwner;
    readonly number: number;
    readonly callId: Bytes;
    readonly procedure: string;
    readonly args: Bytes;
    readonly options: CheckedOptions;
    readonly traced: boolean;
    readonly resolve: (value: Value) => void;
    readonly reject: (error: MeshError) => void;
  }) {
    super();
    this.#owner = settings.owner;
    this.number = settings.number;
    this.#callId = settings.callId;
    this.procedure = settings.procedure;
    this.#args = settings.args;
    this.options = settings.options;
    this.traced = settings.traced;
    this.resolve = settings.resolve;
    this.reject = settings.reject;
    this.startedAt = settings.owner.clock.now();
  }

  get callId(): Bytes {
    return this.#callId;
  }

  /** The arguments, encoded. */
  get args(): Bytes {
    return this.#args;
  }

  get destination(): NodeId {
    return this.#target.id;
  }

  get anchors(): readonly Bytes[] {
    return this.#target.anchors;
  }

  get maxHops(): number {
    return this.options.maxHops;
  }

  writeBody(writer: FrameWriter): void {
    const timeLeft = this.expiresAt - this.#owner.clock.now();
    writeCall(writer, this.#callId, this.procedure, timeLeft, this.#args);
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
