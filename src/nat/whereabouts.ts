import { type Address, parseHostPort } from "../base/address.ts";

/** Links that have to see this node at one address for that to be where it is. */
const AGREEING = 2;

/**
 * Whether this node is elsewhere than it was, as far as its links tell: behind a router that has got another address, or
 * that gives another port. Pure.
 */
export class Whereabouts {
  #hosts: ReadonlySet<string> = new Set();
  /** Where two links saw it last. */
  #agreed: Address | undefined;

  /**
   * Takes where links see this node now, one address for each. True where none of them sees it at a host where it was
   * seen before, or where two see it at another address than two did before.
   */
  hasMoved(seenAt: readonly Address[]): boolean {
    if (seenAt.length === 0) return false;
    const hosts = new Set(seenAt.map((address) => parseHostPort(address).host));
    const agreed = seenAt.find(
      (address) => seenAt.filter((other) => other === address).length >= AGREEING,
    );
    const isFirst = this.#hosts.size === 0;
    const isElsewhere = ![...hosts].some((host) => this.#hosts.has(host));
    const isOther = agreed !== undefined && this.#agreed !== undefined && agreed !== this.#agreed;
    this.#agreed = agreed ?? (isElsewhere ? undefined : this.#agreed);
    this.#hosts = hosts;
    return !isFirst && (isElsewhere || isOther);
  }
}
