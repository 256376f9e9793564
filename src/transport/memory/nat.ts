import { type Address, parseHostPort, toAddress } from "../../base/address.ts";
import { BoundedMap } from "../../base/bounded.ts";
import type { Millis, Random } from "../../base/ports.ts";

/**
 * How a NAT maps and filters; the names are those of RFC 3489, 5, in the terms of RFC 4787 beside them.
 *
 * - `full_cone`: one outer port for an inner one, open to everybody (endpoint-independent mapping and filtering);
 * - `restricted`: the same port, open to hosts that were sent to (address-dependent filtering);
 * - `port_restricted`: the same port, open to addresses that were sent to (address and port-dependent filtering);
 * - `symmetric`: another outer port for each address that is sent to, open to that address alone.
 */
export type NatKind = "full_cone" | "restricted" | "port_restricted" | "symmetric";

export interface NatOptions {
  readonly kind: NatKind;
  /** The one IP address that the hosts behind it are seen at. */
  readonly outside: string;
  /** Silence from inside after which a mapping, or the leave to come in, ends; two minutes (RFC 4787, REQ-5) when left out. */
  readonly mappingLife?: Millis;
}

const MAPPING_LIFE: Millis = 120_000;

/** Outer ports are drawn from here up. */
const PORTS_FROM = 20_000;
const PORTS = 40_000;

/** Mappings at once; the one that was not used for longest goes. */
const MAPPINGS_MAX = 16_384;

/** Addresses that one inner address has sent to; the one sent to longest ago goes. */
const REMOTES_MAX = 1_024;

interface Mapping {
  readonly inside: Address;
  readonly outside: Address;
  usedAt: Millis;
  /** When each host or address that may come in was sent to last. */
  readonly sentTo: BoundedMap<string, Millis>;
}

/** A network address translator, one level deep and without hairpins. Pure: every method is told the time. */
export class Nat {
  readonly kind: NatKind;
  readonly outside: string;
  readonly #random: Random;
  readonly #life: Millis;
  /** By the inner address; by both addresses where it is symmetric. */
  readonly #byInside = new BoundedMap<string, Mapping>(MAPPINGS_MAX);
  readonly #byOutside = new Map<Address, Mapping>();
  #refused = 0;

  constructor(options: NatOptions, random: Random) {
    this.kind = options.kind;
    this.outside = options.outside;
    this.#life = options.mappingLife ?? MAPPING_LIFE;
    this.#random = random;
  }

  /** Packets from outside that were not let in. */
  get refused(): number {
    return this.#refused;
  }

  /** A packet leaves `inside` for `remote`: the outer address it is seen to come from. */
  outbound(inside: Address, remote: Address, now: Millis): Address {
    const key = this.kind === "symmetric" ? `${inside} ${remote}` : inside;
    const known = this.#byInside.get(key);
    const mapping = known && this.#isAlive(known, now) ? known : this.#map(key, inside, now);
    mapping.usedAt = now;
    mapping.sentTo.set(this.#filterKey(remote), now);
    return mapping.outside;
  }

  /** The inner address behind an outer one, whoever sends there; `undefined` where nothing is mapped. */
  mapped(outside: Address): Address | undefined {
    return this.#byOutside.get(outside)?.inside;
  }

  /** A packet from `remote` comes to `outside`: the inner address it goes on to; `undefined` where it is not let in. */
  inbound(outside: Address, remote: Address, now: Millis): Address | undefined {
    const mapping = this.#byOutside.get(outside);
    if (mapping && this.#isAlive(mapping, now) && this.#admits(mapping, remote, now)) {
      return mapping.inside;
    }
    this.#refused += 1;
    return undefined;
  }

  /** Forgets every mapping, as a router does that is started again: what is sent next comes from other ports. */
  rebind(): void {
    this.#byInside.clear();
    this.#byOutside.clear();
  }

  #admits(mapping: Mapping, remote: Address, now: Millis): boolean {
    if (this.kind === "full_cone") return true;
    const sentAt = mapping.sentTo.peek(this.#filterKey(remote));
    return sentAt !== undefined && now - sentAt <= this.#life;
  }

  #isAlive(mapping: Mapping, now: Millis): boolean {
    return now - mapping.usedAt <= this.#life && this.#byOutside.get(mapping.outside) === mapping;
  }

  #filterKey(remote: Address): string {
    return this.kind === "restricted" ? parseHostPort(remote).host : remote;
  }

  #map(key: string, inside: Address, now: Millis): Mapping {
    const former = this.#byInside.peek(key);
    if (former && this.#byOutside.get(former.outside) === former) {
      this.#byOutside.delete(former.outside);
    }
    const outside = this.#freeAddress();
    const sentTo = new BoundedMap<string, Millis>(REMOTES_MAX);
    const mapping = { inside, outside, usedAt: now, sentTo };
    this.#byInside.set(key, mapping);
    this.#byOutside.set(outside, mapping);
    this.#forgetDisplaced();
    return mapping;
  }

  /** What the bounded table has let go of has no outer port any more. */
  #forgetDisplaced(): void {
    if (this.#byOutside.size <= MAPPINGS_MAX) return;
    const kept = new Set([...this.#byInside].map(([, mapping]) => mapping));
    for (const [outside, mapping] of this.#byOutside) {
      if (!kept.has(mapping)) this.#byOutside.delete(outside);
    }
  }

  #freeAddress(): Address {
    for (;;) {
      const port = PORTS_FROM + this.#random.below(PORTS);
      const address = toAddress(this.outside, port);
      if (!this.#byOutside.has(address)) return address;
    }
  }
}
