import { MeshError } from "../base/errors.ts";
import type { Millis, Timer } from "../base/ports.ts";
import type { DialerContext } from "./dialer.ts";
import type { Link } from "./link.ts";

/** When the first attempt follows a link without datagrams; each that comes to nothing doubles the pause. */
const PAUSE_FIRST: Millis = 5_000;
const PAUSE_MOST: Millis = 320_000;

/** One attempt. The peer is there: what takes longer is silence. */
const TIMEOUT: Millis = 2_000;

/**
 * Brings links back to datagrams: dials the peers anew that this node had to dial over another driver, one at a time and ever more
 * seldom for as long as that comes to nothing. The pool puts the new connection in the place of the old one.
 */
export class Upgrader {
  readonly #context: DialerContext;
  readonly #stop = new AbortController();
  /** When each link was tried last. Entries go with their links. */
  readonly #triedAt = new WeakMap<Link, Millis>();
  #failures = 0;
  #timer: Timer | undefined;
  #isAtWork = false;

  constructor(context: DialerContext) {
    this.#context = context;
  }

  /** To be told of every new link. */
  linkAdded(link: Link): void {
    if (!isLesser(link)) return;
    // The first one after a while without: this node may be in another network now.
    if (this.#lesser().length === 1) this.#failures = 0;
    this.#schedule();
  }

  close(): void {
    this.#timer?.cancel();
    this.#stop.abort(new MeshError("closed", "the node is closed"));
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isAtWork || this.#stop.signal.aborted) return;
    if (this.#context.transport.state().datagrams === "unused") return;
    const pause = Math.min(PAUSE_MOST, PAUSE_FIRST * 2 ** Math.min(20, this.#failures));
    this.#timer = this.#context.clock.timer(pause, () => {
      this.#timer = undefined;
      this.#work().catch(() => {}); // It has no failures of its own.
    });
  }

  /** One peer, and all others where that one was reached. */
  async #work(): Promise<void> {
    this.#isAtWork = true;
    for (let link = this.#next(); link !== undefined; link = this.#next()) {
      this.#triedAt.set(link, this.#context.clock.now());
      const isReached = await this.#upgrade(link);
      if (this.#stop.signal.aborted) return;
      this.#failures = isReached ? 0 : this.#failures + 1;
      if (!isReached) break;
    }
    this.#isAtWork = false;
    if (this.#next() !== undefined) this.#schedule();
  }

  async #upgrade({ remoteAddress, peer }: Link): Promise<boolean> {
    const { transport, pool } = this.#context;
    const { signal } = this.#stop;
    const how = { expect: peer, timeout: TIMEOUT, datagrams: "wanted", signal } as const;
    return await transport
      .dial(remoteAddress, how)
      .then((connection) => pool.greet(connection))
      .then(
        () => true,
        () => false,
      );
  }

  /** The one whose last attempt is the longest ago. */
  #next(): Link | undefined {
    const triedAt = (link: Link): Millis => this.#triedAt.get(link) ?? Number.NEGATIVE_INFINITY;
    return this.#lesser().sort((a, b) => triedAt(a) - triedAt(b))[0];
  }

  #lesser(): Link[] {
    return [...this.#context.table].filter(isLesser);
  }
}

/** This node knows where to dial its peer, and had to do so without datagrams. */
function isLesser(link: Link): boolean {
  return link.dialled && !link.isDatagram && !link.isClosing;
}
