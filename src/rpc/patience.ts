import { BoundedMap } from "../base/bounded.ts";
import { idNumber, type NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";

/** Providers whose round trips are known; the one not heard of for longest goes. */
const PROVIDERS_MAX = 4_096;

/** A reply may take so many times the usual time, and at least so long. */
const ROUND_TRIPS = 4;
const PATIENCE_LEAST: Millis = 250;

/** While nothing was measured. */
const PATIENCE_FIRST: Millis = 500;

/** Weight of a new measurement (RFC 6298, 2.3). */
const WEIGHT = 1 / 8;

/** What is known of a call whose reply has come. */
interface Answered {
  readonly destination: NodeId;
  /** When the provider was asked. */
  readonly askedAt: Millis;
  readonly repetitions: number;
}

interface RoundTrip {
  mean: Millis;
}

/** How long to wait for a routed reply before the call is sent again: as long as that provider's replies usually take, four times. */
export class Patience {
  readonly #roundTrips = new BoundedMap<number, RoundTrip>(PROVIDERS_MAX);

  for(provider: NodeId): Millis {
    const known = this.#roundTrips.peek(idNumber(provider));
    if (known === undefined) return PATIENCE_FIRST;
    return Math.max(PATIENCE_LEAST, known.mean * ROUND_TRIPS);
  }

  /** A reply has come. Of a call that was repeated nobody knows which attempt it answers (Karn and Partridge, 1987). */
  learn(call: Answered, now: Millis): void {
    if (call.repetitions > 0) return;
    const key = idNumber(call.destination);
    const sample = now - call.askedAt;
    const known = this.#roundTrips.peek(key);
    if (known) known.mean += (sample - known.mean) * WEIGHT;
    else this.#roundTrips.set(key, { mean: sample });
  }
}
