import type { MeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import { MAX_HOPS_DEFAULT, type Parcel } from "../routing/parcel.ts";
import { type DhtRequest, writeDhtRequest } from "../wire/dht.ts";
import { TYPE } from "../wire/frame.ts";
import type { FrameWriter } from "../wire/writer.ts";

const TYPE_OF = {
  find_node: TYPE.findNode,
  find_value: TYPE.findValue,
  store: TYPE.store,
} as const;

/** A DHT request on its way. */
export class Question implements Parcel {
  readonly number: number;
  attempts = 0;
  readonly destination: NodeId;
  readonly anchors: readonly NodeId[];
  readonly payloadType: number;
  readonly maxHops: number = MAX_HOPS_DEFAULT;
  readonly traced = false;
  readonly searches: boolean;
  readonly deadline: Millis;
  /** The link it left over. */
  via: Link | undefined = undefined;
  readonly #request: DhtRequest;
  readonly #requestNumber: number;
  readonly #fail: (error: MeshError) => void;

  constructor(options: {
    readonly number: number;
    readonly searches: boolean;
    readonly destination: NodeId;
    readonly anchors: readonly NodeId[];
    readonly request: DhtRequest;
    readonly requestNumber: number;
    readonly deadline: Millis;
    readonly fail: (error: MeshError) => void;
  }) {
    this.number = options.number;
    this.searches = options.searches;
    this.destination = options.destination;
    this.anchors = options.anchors;
    this.payloadType = TYPE_OF[options.request.kind];
    this.deadline = options.deadline;
    this.#request = options.request;
    this.#requestNumber = options.requestNumber;
    this.#fail = options.fail;
  }

  writeBody(writer: FrameWriter): void {
    writeDhtRequest(writer, this.#requestNumber, this.#request);
  }

  sent(link: Link): void {
    this.via = link;
  }

  /** It will not arrive, or its answer will not come. */
  failed(error: MeshError): void {
    this.#fail(error);
  }
}
