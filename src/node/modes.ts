import { ROLE_SERVES, ROLE_TRANSIT } from "../peer/roles.ts";

/** What a node is in the mesh. A mode is a preset of two roles: carrying transit and serving the DHT. */
export type Mode = "bootstrap" | "gateway" | "edge" | "hybrid";

/** What a node does for others. All else is the same in every mode, or an option of its own. */
export interface Preset {
  /** It takes connections where nothing else is said. */
  readonly listens: boolean;
  /** It passes on the frames of others, and is the anchor of those that do not. */
  readonly transit: boolean;
  /** It holds records and answers lookups. */
  readonly serves: boolean;
}

const EDGE: Preset = { listens: false, transit: false, serves: false };

/** Each mode as what it has beyond an edge. `hybrid` does what `gateway` does; the name says that it also provides. */
export const MODES: Readonly<Record<Mode, Preset>> = {
  edge: EDGE,
  bootstrap: { ...EDGE, listens: true, serves: true },
  gateway: { ...EDGE, listens: true, serves: true, transit: true },
  hybrid: { ...EDGE, listens: true, serves: true, transit: true },
};

/** True for the name of a mode. */
export function isMode(name: string): name is Mode {
  return Object.hasOwn(MODES, name);
}

export const MODE_NAMES: readonly string[] = Object.keys(MODES);

/** The roles of a mode, as tokens name them. */
export function rolesOfMode(mode: Mode): number {
  const { transit, serves } = MODES[mode];
  return (transit ? ROLE_TRANSIT : 0) | (serves ? ROLE_SERVES : 0);
}

/** The modes that these roles allow. */
export function namesOf(roles: number): string[] {
  return MODE_NAMES.filter((name) => (rolesOfMode(name as Mode) & ~roles) === 0);
}

/**
 * The roles a node has now. With static links they are those of its mode. Otherwise it has none until it is proved
 * that others can dial it; an edge that is proved serves too. It never has one that its token does not allow.
 */
export class Roles {
  /** Whether others can dial this node; kept by whoever finds that out. */
  isProved = false;
  readonly #mode: Mode;
  readonly #isStatic: boolean;
  readonly #granted: () => number;

  /** `granted` are the roles that this node's token allows. */
  constructor(mode: Mode, links: "auto" | "static", granted: () => number) {
    this.#granted = granted;
    this.#mode = mode;
    this.#isStatic = links === "static";
  }

  /** It is meant to be there for others, proved or not. */
  get isCore(): boolean {
    return MODES[this.#mode].serves;
  }

  /** It passes on the frames of others. */
  get transit(): boolean {
    const isFit = MODES[this.#mode].transit && (this.#isStatic || this.isProved);
    return isFit && (this.#granted() & ROLE_TRANSIT) !== 0;
  }

  /** It holds records and answers lookups. */
  get serves(): boolean {
    const isFit = this.#isStatic ? MODES[this.#mode].serves : this.isProved;
    return isFit && (this.#granted() & ROLE_SERVES) !== 0;
  }

  /** It says where it can be dialled. */
  get isListed(): boolean {
    return this.#isStatic || this.isProved;
  }
}
