import type { CallReport, MeshNode } from "../index.ts";
import { reportView } from "./views.ts";

/** Calls remembered; the oldest goes. */
export const CALLS_MAX = 256;

/** The last calls of a node to others, the ways of some of them included. It listens from its making to its end. */
export class RecentCalls implements Disposable {
  /** In a ring, `#next` being the oldest once it is full. */
  readonly #calls: { readonly endedAt: number; readonly report: CallReport }[] = [];
  #next = 0;
  readonly #stop: () => void;

  constructor(node: MeshNode) {
    this.#stop = node.on("call", (report) => {
      this.#calls[this.#next] = { endedAt: Date.now(), report };
      this.#next = (this.#next + 1) % CALLS_MAX;
    });
  }

  /** The latest first. `endedAt` is Unix milliseconds. */
  view(): object[] {
    const inOrder = [...this.#calls.slice(this.#next), ...this.#calls.slice(0, this.#next)];
    return inOrder.reverse().map(({ endedAt, report }) => ({ endedAt, ...reportView(report) }));
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
