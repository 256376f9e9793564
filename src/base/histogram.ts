/** How often values fell into which span. Counts are those since the start. */
export interface HistogramStatus {
  /** Upper ends of the spans, ascending and inclusive; beyond the last one there is one span more. */
  readonly bounds: readonly number[];
  /** Values in each span; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts values by the span they fall into. Takes no memory but its spans. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds`: upper ends of the spans, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at += 1;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  state(): HistogramStatus {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
