import type { Address } from "../base/address.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis, Ports } from "../base/ports.ts";
import { BACKOFF_HOPELESS, BACKOFF_LIMITS, backoff } from "./backoff.ts";
import { type DialerContext, dial } from "./dialer.ts";
import type { Link } from "./link.ts";

/** One attempt; the next begins with fresh packets, which matters while the peer is down. */
const DIAL_TIMEOUT: Millis = 3_000;

/** A link that ends sooner counts as a failed attempt: its peer takes links and gives them up. */
const STEADY_AFTER: Millis = 5_000;

/** A peer that a link is kept to. */
export interface KeptTarget {
  /** As the operator wrote it; for logs and status. */
  readonly name: string;
  readonly expect: NodeId | undefined;
  /** Looks the addresses up anew for each attempt. Throws `dial_failed`. */
  resolve(): Promise<readonly Address[]>;
}

/** How it stands with a kept link. */
export interface KeptState {
  readonly name: string;
  readonly connected: boolean;
  /** Attempts in a row that failed. */
  readonly failures: number;
  readonly lastError: MeshError | undefined;
}

/** Keeps one link alive: dials, waits for its end, backs off, dials again; until `close`. */
export class Keeper {
  readonly #target: KeptTarget;
  readonly #context: DialerContext;
  readonly #ports: Ports;
  readonly #stop = new AbortController();
  #link: Link | undefined;
  /** Attempts in a row that failed; kept until a link has proved steady. */
  #failures = 0;
  #lastError: MeshError | undefined;
  #wake: (() => void) | undefined;
  #hurry: (() => void) | undefined;
  /** Who waits for the link. Bounded by the deadlines of those who wait. */
  readonly #waiting = new Set<() => void>();
  readonly #isNeeded: (() => boolean) | undefined;

  /**
   * Where `isNeeded` is given, the link is only an entrance: dialled while it is needed, and left to others to keep
   * or to let go. `nudge` asks it again.
   */
  constructor(
    target: KeptTarget,
    context: DialerContext,
    ports: Ports,
    isNeeded: (() => boolean) | undefined = undefined,
  ) {
    this.#target = target;
    this.#context = context;
    this.#ports = ports;
    this.#isNeeded = isNeeded;
    this.#run().catch(() => {}); // Ends by `close` alone; what a dial rejects with is kept for the status.
  }

  state(): KeptState {
    return {
      name: this.#target.name,
      connected: this.#link !== undefined,
      failures: this.#link === undefined ? this.#failures : 0,
      lastError: this.#lastError,
    };
  }

  /** Calls `tell` once, with the next link. Returns how to do without. */
  onReady(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => {
      this.#waiting.delete(tell);
    };
  }

  /** To be told of every lost link. */
  linkLost(link: Link): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    this.#wake?.();
  }

  /** The link may be needed now. */
  nudge(): void {
    if (this.#link === undefined) this.#wake?.();
  }

  /** What kept it from being linked may be gone: it tries at once, as if it had not failed before. */
  retry(): void {
    this.#failures = 0;
    this.#hurry?.();
  }

  close(): void {
    this.#stop.abort();
    this.#hurry?.();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // Bounded by nothing but the life of the node: whoever needs the link nudges.
      while (this.#isNeeded?.() === false && !signal.aborted) await this.#woken();
      const link = await this.#connect();
      if (link && (await this.#whileLinked(link))) continue;
      // A rest that begins after the end would be one that nobody cuts short, and keep the process alive.
      if (!signal.aborted) await this.#rest();
    }
  }

  #rest(): Promise<void> {
    return new Promise((resume) => {
      const timer = this.#ports.clock.timer(this.#wait(), resume);
      this.#hurry = () => {
        timer.cancel();
        resume();
      };
    });
  }

  #woken(): Promise<void> {
    return new Promise((resume) => {
      this.#wake = resume;
    });
  }

  async #connect(): Promise<Link | undefined> {
    try {
      const addresses = await this.#target.resolve();
      const expect = this.#target.expect ? { expect: this.#target.expect } : {};
      const link = await dial(
        this.#context,
        { addresses, ...expect },
        DIAL_TIMEOUT,
        this.#stop.signal,
      );
      this.#lastError = undefined;
      return link;
    } catch (cause) {
      this.#failed(toMeshError(cause));
      return undefined;
    }
  }

  /** Waits for the end of the link. True where another attempt may follow at once. */
  async #whileLinked(link: Link): Promise<boolean> {
    if (link.ended === undefined) await this.#hold(link);
    const steady = this.#ports.clock.now() - link.since >= STEADY_AFTER;
    if (steady || this.#isNeeded?.() === false || this.#context.table.to(link.peer)) {
      this.#failures = 0;
      return true;
    }
    const reason = link.ended?.reason || "it was lost";
    this.#failed(new MeshError("link_lost", `the link ended soon after it began: ${reason}`));
    return false;
  }

  async #hold(link: Link): Promise<void> {
    if (this.#isNeeded === undefined) link.pinned = true;
    this.#link = link;
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
    // Bounded by the link's liveness: whoever owns the link reports its end.
    await this.#woken();
  }

  #wait(): Millis {
    const limits = this.#lastError?.retry === false ? BACKOFF_HOPELESS : BACKOFF_LIMITS;
    return backoff(limits, this.#failures, this.#ports.random);
  }

  #failed(error: MeshError): void {
    this.#failures += 1;
    const news = error.code !== this.#lastError?.code;
    this.#lastError = error;
    if (this.#stop.signal.aborted) return;
    this.#ports.log.write(news ? "warn" : "debug", "dial_failed", {
      target: this.#target.name,
      code: error.code,
      reason: error.message,
      attempt: this.#failures,
    });
  }
}
