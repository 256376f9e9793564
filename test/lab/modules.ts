/** The parts of the lab, which are plain JavaScript, with the types that the tests use them by. */
async function load(path: string): Promise<unknown> {
  return await import(new URL(`../../${path}.mjs`, import.meta.url).href);
}

export interface Space {
  readonly lines: readonly string[];
  readonly forwards: boolean;
  readonly rules: string | undefined;
}

export interface Plan {
  readonly spaces: Readonly<Record<string, Space>>;
  readonly links: readonly (readonly { readonly space: string; readonly name: string }[])[];
  readonly sides: Readonly<
    Record<"a" | "b", { readonly address: string; readonly uplink: string }>
  >;
  readonly public: readonly { readonly host: string; readonly addresses: readonly string[] }[];
}

export interface LabOptions {
  readonly left: string;
  readonly right: string;
  readonly third?: string;
  readonly sharedCarrier?: boolean;
  readonly sharedHome?: boolean;
  readonly hairpin?: boolean;
  readonly publicHosts?: number;
  readonly udpTimeout?: number;
}

export interface Lab {
  readonly plan: Plan;
  readonly disturb: {
    rebind(side: string): void;
    newAddress(side: string): void;
    cut(side: string): void;
    heal(side: string): void;
    blockUdp(side: string): void;
    lose(side: string, percent: number, direction?: string): void;
    rate(side: string, kilobits: number): void;
  };
  name(space: string): string;
  inside(space: string): string[];
  run(space: string, command: string, words: readonly string[], input?: string): string;
  remove(): void;
}

export interface Role {
  readonly ready: object;
  ask(name: string, input?: unknown): Promise<unknown>;
}

export interface Roles {
  start(name: string, config: object, inside: readonly string[]): Promise<Role>;
  end(): Promise<void>;
}

export interface Kind {
  readonly home?: string;
  readonly carrier?: string;
  readonly mapping: string;
  readonly filtering: string;
  readonly portKept: boolean;
}

export const { KINDS, KIND_NAMES } = (await load("lab/net/kinds")) as {
  KINDS: Readonly<Record<string, Kind>>;
  KIND_NAMES: readonly string[];
};
export const { planOf } = (await load("lab/net/plan")) as { planOf(options: LabOptions): Plan };
export const rules = (await load("lab/net/rules")) as {
  natRules(options: object): string;
  rebindRules(options: object): string;
  lossRules(percent: number, direction?: string): string;
  withoutRules(table: string): string;
  divertRule(options: object): string;
  faceRule(options: object): string;
  apartRules(uplinks: readonly string[]): string;
  watchRules(uplinks: readonly string[]): string;
};
export const { missing } = (await load("lab/net/tools")) as { missing(): string | undefined };
export const { staleSpaces } = (await load("lab/net/spaces")) as {
  staleSpaces(names?: readonly string[], startOf?: (pid: string) => string | undefined): string[];
};
export const { NatLab } = (await load("lab/net/nat-lab")) as {
  NatLab: { build(options: LabOptions): Lab };
};
export const { seededChance } = (await load("lab/net/seeded-chance")) as {
  seededChance(seed: number): () => number;
};
export const { BurstLoss } = (await load("lab/net/burst-loss")) as {
  BurstLoss: new (options: {
    share: number;
    burst: number;
    chance: () => number;
  }) => { next(): boolean };
};
export const { DelayLine } = (await load("lab/net/delay-line")) as {
  DelayLine: new (
    now?: () => number,
  ) => { push(delay: number, deliver: () => void): boolean; flush(): void; close(): void };
};
export const { Timeline, quantileOrNull } = (await load("lab/timeline")) as {
  Timeline: new (calls: {
    startedAt: number;
    begun: readonly number[];
    took: readonly number[];
    hops?: readonly number[];
  }) => {
    readonly lost: number;
    readonly firstMs: number | null;
    directMsSince(from: number): number | null;
    hopsDuring(from: number, until: number): Record<string, number>;
    medianMs(isDirect: boolean, from?: number, until?: number): number | null;
    longestGapSince(from: number): number | null;
    during(from: number, until: number): Float64Array;
  };
  quantileOrNull(values: readonly (number | null)[], part: number): number | null;
};
export const { Processes } = (await load("bench/processes")) as {
  Processes: new (profile: undefined, role: string) => Roles;
};
