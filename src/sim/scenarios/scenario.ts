export interface ScenarioOptions {
  readonly nodes: number;
  readonly seed: number;
  /** How often the scenario tries what it tries; its own default when left out. */
  readonly trials?: number;
  /** Disjoint paths of every lookup, in scenarios that ask about them; as nodes do it when left out. */
  readonly paths?: number;
  /** How nodes are linked, in scenarios that leave it open. */
  readonly shape?: string;
  /** Told how far a long run is; called often. */
  readonly progress?: (text: string) => void;
}

/** What every scenario reports; each adds its own figures. All of it follows from the options. */
export interface ScenarioReport {
  readonly scenario: string;
  readonly ok: boolean;
  readonly nodes: number;
  readonly seed: number;
  /** Milliseconds of virtual time. */
  readonly virtualMs: number;
  readonly events: number;
  /** Stands for everything that was delivered and logged, in its order. */
  readonly traceHash: string;
}

/** One kind of world and what is asked of it. Rejects where the world itself fails. */
export type Scenario = (options: ScenarioOptions) => Promise<ScenarioReport>;
