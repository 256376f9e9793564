import { Counter, type CounterConfiguration, Gauge, Histogram, Registry } from "prom-client";
import type { HistogramStatus } from "../index.ts";

export type Labels = Readonly<Record<string, string>>;

/** One value of a metric, under its labels. */
export type Sample = readonly [value: number, labels?: Labels];

/** What one scrape tells: metrics are added with their values, then written as text. */
export class Exposition {
  readonly #registry = new Registry();

  get type(): string {
    return this.#registry.contentType;
  }

  /** What goes up and down. */
  gauge(name: string, help: string, samples: readonly Sample[]): void {
    const gauge = new Gauge(this.#options(name, help, samples));
    for (const [value, labels] of samples) gauge.set({ ...labels }, value);
  }

  /** What only goes up, counted elsewhere. */
  counter(name: string, help: string, samples: readonly Sample[]): void {
    const counter = new Counter(this.#options(name, help, samples));
    for (const [value, labels] of samples) counter.inc({ ...labels }, value);
  }

  /** `scale` turns what was observed into the unit of the metric. */
  histogram(
    name: string,
    help: string,
    states: readonly (readonly [HistogramStatus, Labels?])[],
    scale = 1,
  ): void {
    const series = states.flatMap(([state, labels]) => seriesOf(name, state, labels ?? {}, scale));
    this.#registry.registerMetric(new CountedElsewhere(name, help, series));
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  #options(name: string, help: string, samples: readonly Sample[]): CounterConfiguration<string> {
    return { name, help, labelNames: namesIn(samples), registers: [this.#registry] };
  }
}

interface Series {
  readonly metricName: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

/** What the library takes for a histogram. */
type Shown = Awaited<ReturnType<Histogram["get"]>>;

/** A histogram of the library that shows counts which the core has made: the library itself only takes single values. */
class CountedElsewhere extends Histogram {
  readonly #shown: Shown;

  constructor(name: string, help: string, values: readonly Series[]) {
    super({ name, help, registers: [] });
    this.#shown = { ...EMPTY, name, help, values: [...values] } as unknown as Shown;
  }

  override async get(): Promise<Shown> {
    return this.#shown;
  }

  /** The registry prefers this one where it exists. */
  getForPromString(): Promise<Shown> {
    return this.get();
  }
}

const EMPTY = { type: "histogram", aggregator: "sum" };

function seriesOf(
  name: string,
  { bounds, counts, sum }: HistogramStatus,
  labels: Labels,
  scale: number,
): Series[] {
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    const bound = bounds[at];
    const le = bound === undefined ? "+Inf" : rounded(bound * scale);
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { ...labels }, value: sum * scale },
    { metricName: `${name}_count`, labels: { ...labels }, value: below },
  ];
}

/** 0.0025 and not 0.0025000000000000001: the text of a bound is its identity. */
function rounded(bound: number): number {
  return Number(bound.toPrecision(12));
}

function namesIn(samples: readonly Sample[]): string[] {
  return [...new Set(samples.flatMap(([, labels]) => Object.keys(labels ?? {})))];
}
