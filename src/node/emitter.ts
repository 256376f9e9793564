import { MeshError } from "../base/errors.ts";
import type { Log } from "../base/ports.ts";
import type { NodeEvents } from "./api.ts";

/** Listeners of one event at most: more are a leak. */
const LISTENERS_MAX = 1_000;

type Listener<E extends keyof NodeEvents> = (detail: NodeEvents[E]) => void;

/** Typed events. A listener that throws hurts nobody but itself. */
export class Emitter {
  readonly #listeners: { readonly [E in keyof NodeEvents]: Set<Listener<E>> } = {
    link: new Set(),
    link_lost: new Set(),
    call: new Set(),
  };

  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Listens; returns how to stop. Throws `overloaded` where 1,000 listen already, `bad_config` on another event. */
  on<E extends keyof NodeEvents>(event: E, listener: Listener<E>): () => void {
    if (!Object.hasOwn(this.#listeners, event)) {
      const known = Object.keys(this.#listeners).join(", ");
      throw new MeshError("bad_config", `there is no event "${event}"; known are ${known}`);
    }
    const listeners: Set<Listener<E>> = this.#listeners[event];
    if (listeners.size >= LISTENERS_MAX) {
      throw new MeshError(
        "overloaded",
        `${LISTENERS_MAX} listeners for "${event}" are there already`,
      );
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Whether anybody listens: what nobody hears need not be put together. */
  isHeard(event: keyof NodeEvents): boolean {
    return this.#listeners[event].size > 0;
  }

  emit<E extends keyof NodeEvents>(event: E, detail: NodeEvents[E]): void {
    for (const listener of [...this.#listeners[event]]) {
      try {
        listener(detail);
      } catch (cause) {
        this.#log.write("error", "listener_failed", { event, reason: String(cause) });
      }
    }
  }
}
