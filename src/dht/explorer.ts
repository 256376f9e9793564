import { bucketIndex, ID_BYTES, idText, type Key, type NodeId } from "../base/id.ts";
import type { Millis, Random } from "../base/ports.ts";
import { sleep } from "../base/sleep.ts";
import type { Dht } from "./dht.ts";
import type { DhtContext } from "./dht-context.ts";

/** How often a node that serves looks around again, before jitter. */
const EXPLORE_EVERY: Millis = 600_000;

/** When it does so first: whoever joins at the same time is not known to those that are asked. Then four times later. */
const EXPLORE_FIRST: Millis = 1_000;
const EXPLORE_GROWTH = 4;

/** A bucket in which nobody was looked for during this time is refreshed (Kademlia, 2002, 2.3). */
const REFRESH_AFTER: Millis = 3_600_000;

/** Least time between two looks at others than those around. */
const ELSEWHERE_PAUSE: Millis = 1_000;

/** Nodes a refresh ends with: half of what a bucket holds, for less than half of what a whole lookup costs. */
const REFRESH_WIDTH = 8;

/** Learns who is there: looks for the own id, and for one id in each bucket that this does not reach. */
export class Explorer {
  readonly #context: DhtContext;
  readonly #dht: Dht;
  readonly #signal: AbortSignal;
  /** When each bucket was last looked into. At most one entry a bucket. */
  readonly #refreshedAt = new Map<number, Millis>();
  #elsewhereAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(context: DhtContext, dht: Dht, signal: AbortSignal) {
    this.#context = context;
    this.#dht = dht;
    this.#signal = signal;
  }

  /**
   * Looks for the nodes nearest to this one; the number of those that answered. Who holds records needs to know all
   * that hold the same, others no more than those whom they link to. Rejects with `cancelled`.
   */
  async lookAround(width: number = this.#isHolder ? K : REFRESH_WIDTH): Promise<number> {
    const nearest = await this.#dht.findNodes(this.#context.self, this.#signal, { width });
    return nearest.length;
  }

  /** Looks somewhere else, for others than those around this node, and tells; not where it has done so a moment ago. */
  lookElsewhere(tell: () => void): void {
    const { clock, random } = this.#context.ports;
    if (clock.now() - this.#elsewhereAt < ELSEWHERE_PAUSE) return;
    this.#elsewhereAt = clock.now();
    const looking = this.#dht.findNodes(random.bytes(ID_BYTES), this.#signal, {
      width: REFRESH_WIDTH,
    });
    looking.then(tell, () => {}); // Ends early by the signal alone.
  }

  /** Looks into each bucket farther than the nearest nodes that was not looked into lately, or in vain. */
  async refresh(): Promise<void> {
    const { self, ports } = this.#context;
    for (let bucket = 0; bucket < this.#depth(); bucket++) {
      const now = ports.clock.now();
      const refreshedAt = this.#refreshedAt.get(bucket) ?? Number.NEGATIVE_INFINITY;
      if (now - refreshedAt < REFRESH_AFTER && this.#isFilled(bucket)) continue;
      this.#refreshedAt.set(bucket, now);
      const target = idInBucket(self, bucket, ports.random);
      await this.#dht.findNodes(target, this.#signal, { width: REFRESH_WIDTH });
    }
  }

  /** Explores again and again until the signal fires, then rejects with `cancelled`. `tell` hears of each time. */
  async keepOn(tell: () => void): Promise<never> {
    const { clock, random } = this.#context.ports;
    let pause = this.#context.isCore ? EXPLORE_FIRST : EXPLORE_EVERY;
    for (;;) {
      await sleep(clock, pause / 2 + random.below(pause), this.#signal);
      await this.#lookAgain();
      if (this.#context.serves) await this.refresh();
      tell();
      pause = Math.min(pause * EXPLORE_GROWTH, EXPLORE_EVERY);
    }
  }

  /** A short look; where somebody new stands close by, there may be more who came at the same time. */
  async #lookAgain(): Promise<void> {
    const { contacts } = this.#dht;
    const { self } = this.#context;
    const before = new Set(contacts.closest(self, REFRESH_WIDTH).map(({ id }) => idText(id)));
    await this.lookAround(REFRESH_WIDTH);
    const after = contacts.closest(self, REFRESH_WIDTH);
    if (after.some(({ id }) => !before.has(idText(id)))) await this.lookAround();
  }

  /** It holds records, or will as soon as it is proved that it can be dialled. */
  get #isHolder(): boolean {
    return this.#context.serves || this.#context.isCore;
  }

  /** As full as one look fills it: those who were asked then knew the mesh. */
  #isFilled(bucket: number): boolean {
    return this.#dht.contacts.sizeOf(bucket) >= REFRESH_WIDTH;
  }

  /** Buckets that a search for the own id does not fill: those farther than the k-th nearest contact. */
  #depth(): number {
    const nearest = this.#dht.contacts.closest(this.#context.self, K);
    const last = nearest[K - 1];
    return last === undefined ? 0 : bucketIndex(this.#context.self, last.id);
  }
}

const K = 20;

/** An id by chance whose distance to `self` begins with `bucket` zero bits and a one. */
export function idInBucket(self: NodeId, bucket: number, random: Random): Key {
  const id = random.bytes(ID_BYTES);
  const whole = bucket >> 3;
  id.set(self.subarray(0, whole));
  const bit = 0x80 >> (bucket & 7);
  const kept = 0xff & ~(bit * 2 - 1);
  const own = self[whole] as number;
  id[whole] = (own & kept) | (~own & bit) | ((id[whole] as number) & (bit - 1));
  return id;
}
