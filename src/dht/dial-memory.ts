import { type Address, parseHostPort } from "../base/address.ts";
import { BoundedMap } from "../base/bounded.ts";
import { idNumber, type NodeId } from "../base/id.ts";
import type { Millis, Random } from "../base/ports.ts";
import { type BackoffLimits, backoff } from "../peer/backoff.ts";

/** Nodes and addresses whose failures are remembered; the one that failed longest ago goes. */
const REMEMBERED_MAX = 1_024;

/** Pause after a dial that failed, doubled with each further one. */
const PAUSE: BackoffLimits = { first: 5_000, most: 600_000 };

/** The same while no dial is answered by anybody: that says more of one's own network than of theirs. */
const PAUSE_ALONE: BackoffLimits = { first: 1_000, most: 5_000 };

/** Pause after a node said that it has too many links. */
const PAUSE_REFUSED: BackoffLimits = { first: 300_000, most: 3_600_000 };

/** Pause after a host was tried because somebody named it. */
const PAUSE_STRANGER: BackoffLimits = { first: 300_000, most: 600_000 };

interface Failure {
  readonly failures: number;
  readonly until: Millis;
}

/** A node with the addresses it claims. */
export interface Diallable {
  readonly id: NodeId;
  readonly addresses: readonly Address[];
}

/**
 * Which dials have failed, by node (two nodes whose ids share a number share their pauses) and by address: an address at which nobody answered is left alone for a while
 * whoever claims it, so that contacts which name a stranger's address don't make this node knock there again
 * and again.
 */
export class DialMemory {
  readonly #random: Random;
  readonly #nodes = new BoundedMap<number, Failure>(REMEMBERED_MAX);
  readonly #addresses = new BoundedMap<Address, Failure>(REMEMBERED_MAX);
  /** Hosts that were tried on hearsay, and not reached since. */
  readonly #hosts = new BoundedMap<string, Failure>(REMEMBERED_MAX);

  constructor(random: Random) {
    this.#random = random;
  }

  /** The addresses worth dialling now; none while the node itself has to wait. */
  worthDialling(target: Diallable, now: Millis): Address[] {
    if (isWaiting(this.#nodes.peek(idNumber(target.id)), now)) return [];
    return target.addresses.filter((address) => !isWaiting(this.#addresses.peek(address), now));
  }

  /**
   * The addresses worth trying now where nobody has proved that the node is at any of them: one for each host, and
   * none of a host that was tried in vain or is being tried. So whoever plants a stranger's host under a hundred ids and
   * ports gets one knock to it.
   */
  worthTrying(target: Diallable, now: Millis): Address[] {
    const hosts = new Set<string>();
    return this.worthDialling(target, now).filter((address) => {
      const { host } = parseHostPort(address);
      if (hosts.has(host) || isWaiting(this.#hosts.peek(host), now)) return false;
      hosts.add(host);
      return true;
    });
  }

  /** These addresses are about to be tried on hearsay. */
  trying(addresses: readonly Address[], now: Millis): void {
    const hosts = new Set(addresses.map((address) => parseHostPort(address).host));
    for (const host of hosts) {
      // One's own machine is no stranger, and may have many nodes.
      if (!isLoopback(host)) this.#add(this.#hosts, host, PAUSE_STRANGER, now);
    }
  }

  /** A dial of these addresses of the node has failed. `isAlone`: nobody else was there either. */
  failed(id: NodeId, addresses: readonly Address[], isAlone: boolean, now: Millis): void {
    const pause = isAlone ? PAUSE_ALONE : PAUSE;
    this.#add(this.#nodes, idNumber(id), pause, now);
    for (const address of addresses) this.#add(this.#addresses, address, pause, now);
  }

  /** The node is there and does not want the link. */
  refused(id: NodeId, now: Millis): void {
    this.#add(this.#nodes, idNumber(id), PAUSE_REFUSED, now);
  }

  /** The node was reached at this address. */
  reached(id: NodeId, address: Address): void {
    this.#nodes.delete(idNumber(id));
    this.#addresses.delete(address);
    this.#hosts.delete(parseHostPort(address).host);
  }

  #add<K>(map: BoundedMap<K, Failure>, key: K, limits: BackoffLimits, now: Millis): void {
    const failures = (map.peek(key)?.failures ?? 0) + 1;
    map.set(key, { failures, until: now + backoff(limits, failures, this.#random) });
  }
}

function isWaiting(failure: Failure | undefined, now: Millis): boolean {
  return failure !== undefined && failure.until > now;
}

function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.");
}
