import type { CallReport, MeshNode } from "../index.ts";
import { reportView } from "./views.ts";

/** Calls remembered; the oldest goes. */
export const CALLS_MAX = 256;

/** A call that is over. */
export interface PastCall {
  /** Counts from 1, in the order in which calls ended. */
  readonly number: number;
  /** Unix milliseconds. */
  readonly endedAt: number;
  readonly report: CallReport;
}

/** The last calls of a node to others, the ways of some of them included. It listens from its making to its end. */
export class RecentCalls implements Disposable {
  /** In a ring, `#next` being the oldest once it is full. */
  readonly #calls: PastCall[] = [];
  #next = 0;
  #ended = 0;
  readonly #stop: () => void;

  constructor(node: MeshNode) {
    this.#stop = node.on("call", (report) => {
      this.#ended += 1;
      this.#calls[this.#next] = { number: this.#ended, endedAt: Date.now(), report };
      this.#next = (this.#next + 1) % CALLS_MAX;
    });
  }

  /** The latest first. */
  get latest(): readonly PastCall[] {
    return [...this.#calls.slice(this.#next), ...this.#calls.slice(0, this.#next)].reverse();
  }

  /** What `GET /api/calls` tells, the latest first. `endedAt` is Unix milliseconds. */
  view(): object[] {
    return this.latest.map(({ endedAt, report }) => ({ endedAt, ...reportView(report) }));
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
