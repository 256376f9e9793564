import type { LookupReport } from "../node/api.ts";
import { intervalOf } from "./interval.ts";
import type { Member, Population } from "./population.ts";
import type { SeededRandom } from "./random.ts";
import type { ScenarioOptions } from "./scenarios/scenario.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** What came of many lookups. */
export interface LookupFigures {
  readonly trials: number;
  readonly found: number;
  readonly success: number;
  /** Where the true share lies with 95 % confidence. */
  readonly interval: readonly [number, number];
  /** Answers that led to the provider. */
  readonly steps: Spread;
  /** Nodes asked in one lookup. */
  readonly asked: Spread;
  /** Milliseconds of virtual time. */
  readonly elapsed: Spread;
}

/** A procedure and who provides it. */
export interface Provided {
  readonly name: string;
  readonly provider: Member;
}

/** Lookups under way at once. */
const AT_ONCE = 250;

/** Lets `count` members by chance register a procedure each. */
export async function provide(
  population: Population,
  count: number,
  random: SeededRandom,
): Promise<Provided[]> {
  const provided: Provided[] = [];
  while (provided.length < count) {
    const { alive } = population;
    const provider = alive[random.below(alive.length)] as Member;
    const name = `procedure.${provided.length}`;
    await population.world.run(provider.node.register(name, () => null));
    provided.push({ name, provider });
  }
  return provided;
}

/** Counts lookups. */
export class LookupCount {
  readonly #progress: ScenarioOptions["progress"];
  readonly #reports: LookupReport[] = [];
  #failed = 0;

  /** `progress` is told how many were made, again and again. */
  constructor(progress?: ScenarioOptions["progress"]) {
    this.#progress = progress;
  }

  get trials(): number {
    return this.#reports.length + this.#failed;
  }

  /** `count` lookups at once, each of a procedure by chance, from a node by chance; only of those that are provided. */
  async run(
    population: Population,
    provided: readonly Provided[],
    count: number,
    random: SeededRandom,
  ): Promise<void> {
    for (let left = count; left > 0; left -= AT_ONCE) {
      const live = provided.filter(({ provider }) => provider.alive);
      const { alive } = population;
      const lookups = Array.from({ length: Math.min(left, AT_ONCE) }, () => {
        const { node } = alive[random.below(alive.length)] as Member;
        const { name } = live[random.below(live.length)] as Provided;
        return node.lookup(name).then(
          (report) => this.#reports.push(report),
          () => {
            this.#failed += 1;
          },
        );
      });
      await population.world.run(Promise.all(lookups));
      this.#progress?.(`${this.trials} lookups done`);
    }
  }

  figures(): LookupFigures {
    const found = this.#reports.filter(({ providers }) => providers.length > 0);
    return {
      trials: this.trials,
      found: found.length,
      success: found.length / Math.max(1, this.trials),
      interval: intervalOf(found.length, this.trials),
      steps: spreadOf(found.map(({ steps }) => steps)),
      asked: spreadOf(this.#reports.map(({ asked }) => asked)),
      elapsed: spreadOf(this.#reports.map(({ elapsed }) => elapsed)),
    };
  }
}
