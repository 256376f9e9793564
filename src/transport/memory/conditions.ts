import { MeshError } from "../../base/errors.ts";
import type { Millis, Random } from "../../base/ports.ts";

/** How packets fare between two hosts, one way. */
export interface LinkProfile {
  /** Travel time, drawn evenly between the two. */
  readonly delay: readonly [least: Millis, most: Millis];
  /** Share of packets that get lost, 0 to 1. Streams repeat theirs, raw datagrams are gone. */
  readonly loss: number;
  /** Share of raw datagrams that arrive twice, 0 to 1. */
  readonly duplication: number;
}

/** A quiet local network. */
export const LINK_PROFILE: LinkProfile = { delay: [1, 1], loss: 0, duplication: 0 };

/** More hosts than a pair of their numbers could name in one number. */
const HOSTS_MAX = 2 ** 26;

const FULL = 2 ** 32;

/** What the world does to packets: a profile for every pair of hosts, cuts and partitions. */
export class Conditions {
  readonly #random: Random;
  readonly #hosts = new Map<string, number>();
  readonly #profiles = new Map<number, LinkProfile>();
  readonly #cuts = new Set<number>();
  readonly #toDrop = new Map<number, number>();
  readonly #sides = new Map<number, number>();
  #usual: LinkProfile;

  constructor(random: Random, usual: LinkProfile) {
    this.#random = random;
    this.#usual = usual;
  }

  /** The number of a host (an IP address) in the calls of the driver. */
  host(ip: string): number {
    const known = this.#hosts.get(ip);
    if (known !== undefined) return known;
    const number = this.#hosts.size;
    if (number >= HOSTS_MAX) throw new MeshError("overloaded", "too many hosts in one network");
    this.#hosts.set(ip, number);
    return number;
  }

  /** Sets the profile of all links that have none of their own. */
  setUsual(profile: Partial<LinkProfile>): void {
    this.#usual = { ...this.#usual, ...profile };
  }

  /** Sets the profile of the way from one host to another, and not of the way back. */
  setOneWay(from: string, to: string, profile: Partial<LinkProfile>): void {
    const key = this.#key(from, to);
    this.#profiles.set(key, { ...this.#usual, ...this.#profiles.get(key), ...profile });
  }

  /** Nothing gets from one host to another any more; the way back stays as it is. */
  cutOneWay(from: string, to: string): void {
    this.#cuts.add(this.#key(from, to));
  }

  healOneWay(from: string, to: string): void {
    this.#cuts.delete(this.#key(from, to));
  }

  /** Only hosts of one group reach each other; hosts that are in no group form one more. */
  partition(groups: readonly (readonly string[])[]): void {
    this.#sides.clear();
    groups.forEach((group, index) => {
      for (const ip of group) this.#sides.set(this.host(ip), index + 1);
    });
  }

  /** Ends the partition and all cuts. Profiles stay. */
  healAll(): void {
    this.#sides.clear();
    this.#cuts.clear();
  }

  /** Loses the next `count` packets from one host to another, whatever they are. */
  dropNext(from: string, to: string, count: number): void {
    this.#toDrop.set(this.#key(from, to), count);
  }

  /** True where nothing gets through now. */
  blocked(from: number, to: number): boolean {
    if (this.#sides.size > 0 && (this.#sides.get(from) ?? 0) !== (this.#sides.get(to) ?? 0)) {
      return true;
    }
    return this.#cuts.size > 0 && this.#cuts.has(from * HOSTS_MAX + to);
  }

  /** Draws whether a packet that leaves now is lost. */
  loses(from: number, to: number): boolean {
    const key = from * HOSTS_MAX + to;
    const toDrop = this.#toDrop.size > 0 ? (this.#toDrop.get(key) ?? 0) : 0;
    if (toDrop > 0) {
      this.#toDrop.set(key, toDrop - 1);
      return true;
    }
    return this.#happens(this.#profile(key).loss);
  }

  /** Draws whether a raw datagram that leaves now arrives twice. */
  duplicates(from: number, to: number): boolean {
    return this.#happens(this.#profile(from * HOSTS_MAX + to).duplication);
  }

  /** Draws the travel time of a packet that leaves now. */
  delay(from: number, to: number): Millis {
    const [least, most] = this.#profile(from * HOSTS_MAX + to).delay;
    if (most <= least) return least;
    return least + ((most - least) * this.#random.below(FULL)) / FULL;
  }

  /** Mean time there and back; nothing is drawn. */
  roundTrip(from: number, to: number): Millis {
    const there = this.#profile(from * HOSTS_MAX + to).delay;
    const back = this.#profile(to * HOSTS_MAX + from).delay;
    return (there[0] + there[1] + back[0] + back[1]) / 2;
  }

  #profile(key: number): LinkProfile {
    return this.#profiles.size > 0 ? (this.#profiles.get(key) ?? this.#usual) : this.#usual;
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random.below(FULL) < share * FULL;
  }

  #key(from: string, to: string): number {
    return this.host(from) * HOSTS_MAX + this.host(to);
  }
}
