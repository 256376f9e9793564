import type { ErrorCode } from "../base/errors.ts";
import { Histogram, type HistogramStatus } from "../base/histogram.ts";
import type { Millis } from "../base/ports.ts";

/** The way a call left by; `none` where it never did. */
export type CallWay = "direct" | "multi_hop" | "none";

/** Calls that ended alike. */
export interface CallOutcome {
  readonly strategy: CallWay;
  /** `ok`, or the code of the failure. */
  readonly outcome: "ok" | ErrorCode;
  readonly count: number;
}

/** How the calls of a node to others ended, since its start. */
export interface CallsStatus {
  readonly outcomes: readonly CallOutcome[];
  /** Milliseconds to the result, of calls that have one. */
  readonly latency: Readonly<Record<"direct" | "multi_hop", HistogramStatus>>;
  /** Forwarders that answers passed. */
  readonly hops: HistogramStatus;
}

const LATENCY_BOUNDS: readonly Millis[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
];
const HOP_BOUNDS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 16];

/** Counts calls by the way they left and by what came of them. As many counts as there are codes, three times. */
export class CallTally {
  readonly #ok: Record<CallWay, number> = { direct: 0, multi_hop: 0, none: 0 };
  readonly #failed: Readonly<Record<CallWay, Map<ErrorCode, number>>> = {
    direct: new Map(),
    multi_hop: new Map(),
    none: new Map(),
  };
  readonly #direct = new Histogram(LATENCY_BOUNDS);
  readonly #multiHop = new Histogram(LATENCY_BOUNDS);
  readonly #hops = new Histogram(HOP_BOUNDS);

  /** A call has its result after `latency`; its answer passed `forwarders`. */
  answered(way: CallWay, latency: Millis, forwarders: number): void {
    this.#ok[way] += 1;
    (way === "direct" ? this.#direct : this.#multiHop).observe(latency);
    this.#hops.observe(forwarders);
  }

  failed(way: CallWay, code: ErrorCode): void {
    const codes = this.#failed[way];
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }

  state(): CallsStatus {
    const ways = ["direct", "multi_hop", "none"] as const;
    return {
      outcomes: ways.flatMap((strategy) => [
        ...(strategy === "none"
          ? []
          : [{ strategy, outcome: "ok" as const, count: this.#ok[strategy] }]),
        ...[...this.#failed[strategy]].map(([outcome, count]) => ({ strategy, outcome, count })),
      ]),
      latency: { direct: this.#direct.state(), multi_hop: this.#multiHop.state() },
      hops: this.#hops.state(),
    };
  }
}
