import { MeshError } from "../base/errors.ts";

/** Calls of `open` that may wait for credit on one connection. */
const WAITING_MAX = 65_536;

interface Waiting<S> {
  readonly resolve: (stream: S) => void;
  readonly reject: (cause: MeshError) => void;
}

/** How many streams each side grants the other, and what the first of ours is called. */
export interface StreamTableOptions<S> {
  readonly dialled: boolean;
  readonly ownMax: number;
  readonly peerMax: number;
  readonly make: (id: number) => S;
}

/** The streams of one connection: ids, credit for opening more, and who waits for it. */
export class StreamTable<S extends { readonly id: number }> {
  readonly #make: (id: number) => S;
  readonly #live = new Map<number, S>();
  readonly #waiting = new Set<Waiting<S>>();
  readonly #ownMax: number;
  readonly #ownParity: number;
  #opened = 0;
  #openLimit: number;
  #nextOfPeer: number;
  #peerDone = 0;
  #granted: number;

  constructor(options: StreamTableOptions<S>) {
    this.#make = options.make;
    this.#ownParity = options.dialled ? 0 : 1;
    this.#nextOfPeer = 1 - this.#ownParity;
    this.#ownMax = options.ownMax;
    this.#granted = options.ownMax;
    this.#openLimit = options.peerMax;
  }

  values(): IterableIterator<S> {
    return this.#live.values();
  }

  get(id: number): S | undefined {
    return this.#live.get(id);
  }

  /** True where the peer may speak of a stream of this id: it is one of ours, or within what it was granted. */
  allows(id: number): boolean {
    const parity = id % 4;
    if (parity === this.#ownParity) return id < this.#opened * 4 + this.#ownParity;
    return parity === 1 - this.#ownParity && id < this.#granted * 4;
  }

  /** Opens a stream, at once or when there is credit. Rejects with `cancelled` or what `endAll` says. */
  open(signal: AbortSignal | undefined): Promise<S> {
    if (signal?.aborted === true) return Promise.reject(cancelled());
    if (this.#waiting.size === 0 && this.#opened < this.#openLimit) {
      return Promise.resolve(this.#openNext());
    }
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new MeshError("overloaded", "too many streams wait to be opened"));
    }
    return new Promise((resolve, reject) => this.#wait(resolve, reject, signal));
  }

  /** The peer takes streams up to `limit` now. */
  grant(limit: number): void {
    this.#openLimit = Math.max(this.#openLimit, limit);
    for (const waiting of this.#waiting) {
      if (this.#opened >= this.#openLimit) return;
      this.#waiting.delete(waiting);
      waiting.resolve(this.#openNext());
    }
  }

  /**
   * The stream that a frame names; `undefined` where it is over. A new one opens all lower ones of the peer
   * with it (RFC 9000, 3.2); `fresh` is called with each, in order.
   */
  incoming(id: number, fresh: (stream: S) => void): S | undefined {
    if (id % 4 === this.#ownParity) return this.#live.get(id);
    while (this.#nextOfPeer <= id) {
      const stream = this.#make(this.#nextOfPeer);
      this.#nextOfPeer += 4;
      this.#live.set(stream.id, stream);
      fresh(stream);
    }
    return this.#live.get(id);
  }

  /** Forgets a finished stream. */
  remove(stream: S): void {
    if (this.#live.delete(stream.id) && stream.id % 4 !== this.#ownParity) this.#peerDone += 1;
  }

  /** An eighth of the peer's streams ended since the last grant. */
  get creditDue(): boolean {
    return this.#peerDone + this.#ownMax - this.#granted >= Math.max(1, this.#ownMax / 8);
  }

  /** The new limit to grant the peer, where one is due. */
  credit(): number | undefined {
    if (!this.creditDue) return undefined;
    this.#granted = this.#peerDone + this.#ownMax;
    return this.#granted;
  }

  /** Forgets all streams; whoever waits for one gets `cause`. */
  endAll(cause: MeshError): void {
    this.#live.clear();
    for (const waiting of this.#waiting) waiting.reject(cause);
    this.#waiting.clear();
  }

  #openNext(): S {
    const stream = this.#make(this.#opened * 4 + this.#ownParity);
    this.#opened += 1;
    this.#live.set(stream.id, stream);
    return stream;
  }

  #wait(
    resolve: (stream: S) => void,
    reject: (cause: MeshError) => void,
    signal: AbortSignal | undefined,
  ): void {
    const abort = (): void => {
      this.#waiting.delete(waiting);
      reject(cancelled());
    };
    const waiting: Waiting<S> = {
      resolve(stream) {
        signal?.removeEventListener("abort", abort);
        resolve(stream);
      },
      reject(cause) {
        signal?.removeEventListener("abort", abort);
        reject(cause);
      },
    };
    this.#waiting.add(waiting);
    signal?.addEventListener("abort", abort, { once: true });
  }
}

function cancelled(): MeshError {
  return new MeshError("cancelled", "opening a stream was cancelled");
}
