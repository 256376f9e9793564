import type { MeshError } from "../base/errors.ts";
import type { Log, Millis } from "../base/ports.ts";
import type { ForwardingLimits } from "../routing/forwarding-quota.ts";
import type { RoutingStrategy, Strategy } from "../routing/strategy.ts";
import type { CallOptions } from "../rpc/call-options.ts";
import type { Handler } from "../rpc/handler.ts";
import type { Procedure, ProcedureHandler } from "../rpc/procedure.ts";
import type { AnySchema, InputOf, OutputOf } from "../rpc/standard-schema.ts";
import type { Rule } from "../wire/route-control.ts";
import type { Value } from "../wire/value.ts";
import type { Mode } from "./modes.ts";
import type { NodeStatus } from "./node-status.ts";

/** Which drivers a node uses. */
export type Transports = "auto" | "quic" | "tls";

export interface NodeOptions {
  /**
   * Reverse DNS name of the tenant; of a closed realm, with its public key behind it, as `macula realm create` prints it.
   * Nodes of different realms never exchange anything.
   */
  readonly realm: string;
  /**
   * Path of the file with this node's membership token, needed in a closed realm. It is read again every 5 s: a renewed
   * token counts without a restart.
   */
  readonly token?: string;
  /** `edge` when left out. */
  readonly mode?: Mode;
  /** `host:port` or `<node id>@host:port` of nodes to come in through. Names are looked up for each dial. */
  readonly bootstrap?: readonly string[];
  /** `ip:port` to accept arrivals at, port 0 for any free one; false (the default) accepts none. */
  readonly listen?: string | false;
  /** Path of the key file, created with mode 0600 where there is none. Left out: a new key in memory. */
  readonly identity?: string;
  /**
   * Directory, made with mode 0700, for what this node needs after a restart: peers it knew and records it held.
   * Nothing is kept when left out.
   */
  readonly state?: string;
  /** `static`: links to the bootstrap list, and from whoever dials us, and no others. `auto` when left out. */
  readonly links?: "auto" | "static";
  /**
   * Which ways calls may use. `hybrid`: through the mesh, and over a direct link once one is open and worth it.
   * `multi_hop_only`: no links are opened beside those of the overlay. `direct_only`: over a direct link, which is opened
   * where there is none, or not at all. When left out: `hybrid` with `links: "auto"`, else `multi_hop_only`.
   */
  readonly routingStrategy?: RoutingStrategy;
  /** Bytes a second that this node passes on for others, from each neighbour and in all; without limit when left out. */
  readonly forwarding?: ForwardingLimits;
  /**
   * What carries its links. `auto`: QUIC over UDP, and TLS over TCP where UDP gets nowhere; a node that listens does so for both, at
   * one port number. `quic`, `tls`: that one alone. `auto` when left out.
   */
  readonly transports?: Transports;
  /** Told of events; silent when left out. */
  readonly log?: Log;
}

export interface WaitOptions {
  /** Milliseconds; 10,000 when left out. */
  readonly timeout?: Millis;
  readonly signal?: AbortSignal;
}

export interface Registration {
  readonly procedure: string;
  /** Nodes that confirmed to hold the record of this registration, at the last publication. */
  readonly copies: number;
  /** Withdraws it: new calls find it no more. Idempotent. */
  unregister(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One station of a call. */
export interface Hop {
  /** Hexadecimal id. */
  readonly node: string;
  /** How this node chose where the call went next; `deliver` at the provider. */
  readonly rule: Rule;
  /** Milliseconds from the start of the call to the word of this node, there and back. */
  readonly roundTrip: Millis;
}

/** One time that a call was sent. */
export interface Attempt {
  /** Milliseconds after the start of the call. */
  readonly at: Millis;
  /** Hexadecimal id of the provider that was asked. */
  readonly provider: string;
  /** Hexadecimal id of the neighbour it left to. */
  readonly via: string;
  /** How that was chosen. */
  readonly rule: Rule;
  /** Why it led to no result; `undefined` where it did, or where nothing is known of it. */
  readonly failure: MeshError | undefined;
}

/** How one call went. */
export interface CallReport {
  readonly procedure: string;
  /** Hexadecimal id of the provider that answered; `undefined` where none did. */
  readonly provider: string | undefined;
  readonly strategy: "local" | "direct" | "multi_hop";
  /** What this node has learned of the ways to that provider, and why; `undefined` where no provider was asked. */
  readonly routing: { readonly strategy: Strategy; readonly reason: string } | undefined;
  /** How this node sent it off; `undefined` where it never left. */
  readonly rule: Rule | undefined;
  /** Forwarders and, last, the provider, in the order of the way; empty where they were not asked to report. */
  readonly hops: readonly Hop[];
  /** How many forwarders the result passed on its way back; `undefined` where none came. */
  readonly forwarders: number | undefined;
  /** What was tried, in order; 64 at most. Empty where nothing was sent, with the reason in `error`. */
  readonly attempts: readonly Attempt[];
  /** Milliseconds from the call to its result. */
  readonly elapsed: Millis;
  readonly error: MeshError | undefined;
}

/** Somebody who provides a procedure, as its signed record says. */
export interface FoundProvider {
  /** Hexadecimal id. */
  readonly node: string;
  /** Hexadecimal ids of the nodes it is reached through; empty where it passes on frames itself. */
  readonly anchors: readonly string[];
  /** Unix milliseconds. */
  readonly expires: number;
}

/** Who provides a procedure, and how that was found out. */
export interface LookupReport {
  readonly procedure: string;
  readonly providers: readonly FoundProvider[];
  /** Hexadecimal id of the node that held the records, `self` where it is this one; `undefined` where none did. */
  readonly holder: string | undefined;
  /** Answers that led to the records, that of the holder included; 0 where this node held them. */
  readonly steps: number;
  /** Nodes that were asked, and those that answered. */
  readonly asked: number;
  readonly answered: number;
  /** Milliseconds. */
  readonly elapsed: Millis;
}

/** Names of the events of a node and what they tell. Ids are hexadecimal. */
export interface NodeEvents {
  readonly link: { readonly node: string; readonly address: string };
  /** A call of this node to another one is over. While anybody listens, one a second has its stations report, as `explain` does. */
  readonly call: CallReport;
  readonly link_lost: { readonly node: string; readonly code: number; readonly reason: string };
}

/** A member of the mesh. */
export interface MeshNode {
  /** Hexadecimal. */
  readonly id: string;
  /** What others can dial, `<id>@host:port`; empty where this node does not listen. */
  readonly addresses: readonly string[];

  /**
   * Resolves when the node has its place: it has looked around and holds links that it wants; with static links, one
   * bootstrap node is linked. At once where no bootstrap node was given.
   *
   * @throws {MeshError} `timeout` with the reason of every bootstrap node, `cancelled`, `closed`.
   */
  ready(options?: WaitOptions): Promise<void>;

  /**
   * Provides a procedure. Resolves when the record of it is stored and can be found by others. The handler of a declared
   * one gets arguments that fit; others are refused with `bad_arguments`.
   *
   * @throws {MeshError} `bad_config` on a bad or taken name, `store_failed` where no node took the record.
   */
  register<Input extends AnySchema, Output extends AnySchema>(
    procedure: Procedure<Input, Output>,
    handler: ProcedureHandler<Input, Output>,
    options?: WaitOptions,
  ): Promise<Registration>;
  register(procedure: string, handler: Handler, options?: WaitOptions): Promise<Registration>;

  /**
   * Calls a procedure, wherever it is provided. Of a declared one the arguments are checked before they are sent, and the
   * result before it is given.
   *
   * @throws {MeshError} `bad_arguments`, `bad_result`, `no_provider`, `no_route`, `no_direct_link`, `max_hops_exceeded`, `provider_gone`, `link_lost`, `timeout`,
   *   `cancelled`, `overloaded`, `too_large`, `encode_failed`, `handler_error`, `handler_crash`, `closed`.
   */
  call<Input extends AnySchema, Output extends AnySchema>(
    procedure: Procedure<Input, Output>,
    args: InputOf<Input>,
    options?: CallOptions,
  ): Promise<OutputOf<Output>>;
  call<T = Value>(procedure: string, args?: Value, options?: CallOptions): Promise<T>;

  /** Calls without an answer. Resolves when it is on its way; what becomes of it is not told. */
  cast<Input extends AnySchema>(
    procedure: Procedure<Input, AnySchema>,
    args: InputOf<Input>,
    options?: CallOptions,
  ): Promise<void>;
  cast(procedure: string, args?: Value, options?: CallOptions): Promise<void>;

  /** Calls and reports the way it took. Never rejects for what became of the call: that stands in the report. */
  explain<Input extends AnySchema, Output extends AnySchema>(
    procedure: Procedure<Input, Output>,
    args: InputOf<Input>,
    options?: CallOptions,
  ): Promise<{ readonly result: OutputOf<Output> | undefined; readonly report: CallReport }>;
  explain<T = Value>(
    procedure: string,
    args?: Value,
    options?: CallOptions,
  ): Promise<{ readonly result: T | undefined; readonly report: CallReport }>;

  /**
   * Asks the mesh who provides a procedure, past what this node remembers of it.
   *
   * @throws {MeshError} `bad_config` on a bad name, `timeout`, `cancelled`, `closed`.
   */
  lookup(procedure: string, options?: WaitOptions): Promise<LookupReport>;

  status(): NodeStatus;

  /** Listens for an event; returns how to stop that. */
  on<E extends keyof NodeEvents>(event: E, listener: (detail: NodeEvents[E]) => void): () => void;

  /** Withdraws its registrations, tells its peers and ends. Pending calls fail with `closed`. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
