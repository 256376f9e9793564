import type { Bytes } from "../base/bytes.ts";
import { Expiring } from "../base/deadlines.ts";
import type { MeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { FrameWriter } from "../wire/writer.ts";
import type { Parcel } from "./parcel.ts";

/** A message that is sent and forgotten: a cast, word that a call was cancelled, or one whose answer is awaited elsewhere. */
export class OneWay extends Expiring implements Parcel {
  readonly number: number;
  attempts = 0;
  readonly destination: NodeId;
  readonly anchors: readonly Bytes[];
  readonly boxKey: Bytes | undefined;
  readonly payloadType: number;
  readonly maxHops: number;
  readonly traced = false;
  readonly isDirectOnly: boolean;
  readonly #write: (writer: FrameWriter) => void;
  readonly #done: (parcel: OneWay, error: MeshError | undefined) => void;

  constructor(options: {
    readonly number: number;
    readonly destination: NodeId;
    readonly anchors: readonly Bytes[];
    readonly boxKey: Bytes | undefined;
    readonly payloadType: number;
    readonly maxHops: number;
    readonly isDirectOnly?: boolean;
    readonly write: (writer: FrameWriter) => void;
    /** It is settled: sent long enough ago, or failed. */
    readonly done: (parcel: OneWay, error: MeshError | undefined) => void;
  }) {
    super();
    this.number = options.number;
    this.destination = options.destination;
    this.anchors = options.anchors;
    this.boxKey = options.boxKey;
    this.payloadType = options.payloadType;
    this.maxHops = options.maxHops;
    this.isDirectOnly = options.isDirectOnly === true;
    this.#write = options.write;
    this.#done = options.done;
  }

  get deadline(): Millis {
    return this.expiresAt;
  }

  writeBody(writer: FrameWriter): void {
    this.#write(writer);
  }

  sent(): void {}

  failed(error: MeshError): void {
    this.#done(this, error);
  }

  override expire(): void {
    this.#done(this, undefined);
  }
}
