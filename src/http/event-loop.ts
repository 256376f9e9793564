import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Millis } from "../base/ports.ts";

/** How often it is looked at: what is told is of the last whole span, whoever asks and however often. */
const SPAN: Millis = 10_000;

/** The monitor looks so often; a loop without any delay is measured as that late. */
const RESOLUTION: Millis = 10;

/** Seconds by which the event loop was late, in the last whole ten seconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Watches how late the event loop of this process is. */
export class EventLoopWatch implements Disposable {
  readonly #monitor: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #timer: NodeJS.Timeout;
  #last: LoopDelay | undefined;

  constructor() {
    this.#monitor.enable();
    this.#timer = setInterval(() => {
      this.#last = this.#read();
      this.#monitor.reset();
    }, SPAN);
    this.#timer.unref();
  }

  /** Of the last whole span; in the first one, of what there is of it. */
  delay(): LoopDelay {
    return this.#last ?? this.#read();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#monitor.disable();
  }

  #read(): LoopDelay {
    if (this.#monitor.count === 0) return { p50: 0, p99: 0, max: 0 };
    const [p50, p99] = [this.#monitor.percentile(50), this.#monitor.percentile(99)];
    return { p50: seconds(p50), p99: seconds(p99), max: seconds(this.#monitor.max) };
  }
}

function seconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION) / 1_000;
}
