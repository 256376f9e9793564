/** Whether datagrams get through: not known yet, they do, or they get nowhere while other drivers do. */
export type DatagramState = "unknown" | "works" | "blocked";

/** Hosts that have to be silent: a single one may be at fault itself. */
const SILENT_HOSTS = 2;

/**
 * What a node has learned of the network's way with datagrams. Pure: facts in, state out.
 *
 *   any ── a connection over datagrams came about ──▶ works
 *   unknown, works ── silence from two hosts that another driver reached,
 *                     and no connection over datagrams is left ──▶ blocked
 *
 * A connection that lives is proof to the contrary, so whoever lets datagrams to its own hosts vanish talks nobody out of them.
 */
export class DatagramSense {
  #state: DatagramState = "unknown";
  /** Hosts that were silent since datagrams were last seen to work. Fewer than `SILENT_HOSTS` between two calls. */
  readonly #silent = new Set<string>();

  get state(): DatagramState {
    return this.#state;
  }

  /** A connection over datagrams came about, dialled or arrived. */
  gotThrough(): void {
    this.#state = "works";
    this.#silent.clear();
  }

  /** Another driver reached `host` while datagrams to it were not answered; `open` connections over datagrams live now. */
  wasSilent(host: string, open: number): void {
    if (open > 0) return;
    this.#silent.add(host);
    if (this.#silent.size < SILENT_HOSTS) return;
    this.#state = "blocked";
    this.#silent.clear();
  }
}
