import type { StationName } from "./topology.ts";

/** How a process of the demo is started; handed over as its only argument, in JSON. */
export interface StationConfig {
  readonly name: StationName;
  readonly mode: "gateway" | "edge";
  readonly bootstrap: readonly string[];
  /** The bound on everything the process waits for, in milliseconds. */
  readonly timeout: number;
}

/** The first message of a process: it is up, its links are there. */
export interface Ready {
  readonly id: string;
  readonly addresses: readonly string[];
  /** Unix time in milliseconds of the first answered call; only the client has one. */
  readonly firstAnswerAt?: number;
}

/** What the client found out over all its calls. Times in milliseconds. */
export interface CallSummary {
  readonly calls: number;
  readonly failures: number;
  /** The first few failures, in words. */
  readonly examples: readonly string[];
  readonly p50: number;
  readonly p99: number;
}

/** One node of the way a call took. */
export interface Step {
  /** The node's id in hex. */
  readonly node: string;
  /** How this node chose where the call went next; undefined where it did not say. */
  readonly rule: string | undefined;
  /** From the start of the call to the word of this node, there and back, in milliseconds. */
  readonly roundTrip: number;
}

/** What the parent may ask of a process, and what it gets. */
export interface Requests {
  readonly links: { readonly input: undefined; readonly output: number };
  readonly route: { readonly input: string; readonly output: readonly Step[] };
  readonly calls: {
    readonly input: { readonly count: number; readonly text: string };
    readonly output: CallSummary;
  };
}

export type RequestName = keyof Requests;

export interface Request {
  readonly number: number;
  readonly name: RequestName;
  readonly input: unknown;
}

/** From a process to its parent: ready, an answer, or what went wrong. */
export type Report =
  | { readonly kind: "ready"; readonly ready: Ready }
  | { readonly kind: "answer"; readonly number: number; readonly output: unknown }
  | { readonly kind: "failure"; readonly number?: number; readonly message: string };
