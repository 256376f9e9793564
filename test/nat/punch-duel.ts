import { type Address, toAddress } from "../../src/base/address.ts";
import { Punch, type PunchStep } from "../../src/nat/punch.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { Nat, type NatKind } from "../../src/transport/memory/nat.ts";
import { Nats } from "../../src/transport/memory/nats.ts";

export type Side = NatKind | "none";

const HOSTS = ["10.0.0.1", "10.0.0.2"] as const;
const OUTSIDE = ["100.64.0.1", "100.64.0.2"] as const;

/** Whom both ends have sent to before, so that they know where they are seen. */
const OBSERVERS = [toAddress("192.0.2.1", 9_443), toAddress("192.0.2.2", 9_443)];

/** One way, in milliseconds. */
const DELAY = 20;

interface Packet {
  readonly at: number;
  readonly from: Address;
  readonly to: Address;
  readonly isHeard: boolean;
}

/** Two punches against each other, each behind a NAT of its own, without anything around them. */
export class PunchDuel {
  readonly #nats = new Nats();
  readonly #sockets = HOSTS.map((host) => toAddress(host, 9_443));
  readonly #punches = [new Punch("initiator", 0), new Punch("answerer", 0)];
  readonly #random: SeededRandom;
  readonly #loss: number;
  readonly #knocksTo = new Map<Address, number>();
  #packets: Packet[] = [];
  #dialled: Address | undefined;
  #now = 0;

  constructor(a: Side, b: Side, seed: number, loss = 0, late = 0) {
    this.#random = new SeededRandom(seed);
    this.#loss = loss;
    [a, b].forEach((kind, side) => {
      if (kind === "none") return;
      const nat = new Nat({ kind, outside: OUTSIDE[side] as string }, this.#random);
      this.#nats.place(nat, [HOSTS[side] as string]);
    });
    const seen = [0, 1].map((side) => this.#seenAt(side));
    this.#punches[0]?.agreed(seen[1] ?? [], 10 + late);
    this.#punches[1]?.agreed(seen[0] ?? [], 10);
  }

  run(): { readonly dialled: Address | undefined; readonly knocksTo: Map<Address, number> } {
    for (; this.#now < 3_000 && this.#dialled === undefined; this.#now++) {
      this.#deliver();
      this.#punches.forEach((punch, side) => {
        for (const step of punch.steps(this.#now)) this.#do(side, step);
      });
    }
    return { dialled: this.#dialled, knocksTo: this.#knocksTo };
  }

  /** Whether a packet of the initiator to `to` arrives at the answerer. */
  passes(to: Address): boolean {
    const seen = this.#nats.outbound(this.#sockets[0] as Address, to, this.#now);
    return seen !== undefined && this.#nats.inbound(to, seen, this.#now) === this.#sockets[1];
  }

  #seenAt(side: number): Address[] {
    const socket = this.#sockets[side] as Address;
    const seen = OBSERVERS.map((to) => this.#nats.outbound(socket, to, 0) as Address);
    return [...new Set(seen)];
  }

  #do(side: number, step: PunchStep): void {
    if (step.kind === "dial") this.#dialled = step.to;
    if (step.kind !== "knock") return;
    this.#knocksTo.set(step.to, (this.#knocksTo.get(step.to) ?? 0) + 1);
    const from = this.#nats.outbound(this.#sockets[side] as Address, step.to, this.#now);
    if (from === undefined || this.#random.below(1_000) < this.#loss * 1_000) return;
    this.#packets.push({ at: this.#now + DELAY, from, to: step.to, isHeard: step.isHeard });
  }

  #deliver(): void {
    const due = this.#packets.filter(({ at }) => at <= this.#now);
    this.#packets = this.#packets.filter(({ at }) => at > this.#now);
    for (const { from, to, isHeard } of due) {
      const socket = this.#nats.inbound(to, from, this.#now);
      const side = this.#sockets.indexOf(socket as Address);
      this.#punches[side]?.heard(from, isHeard, this.#now);
    }
  }
}
