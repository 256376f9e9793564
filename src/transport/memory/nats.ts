import { type Address, parseHostPort } from "../../base/address.ts";
import { MeshError } from "../../base/errors.ts";
import type { Millis } from "../../base/ports.ts";
import type { Nat } from "./nat.ts";

/** Which hosts of a network stand behind which NAT, and what that makes of the addresses of their packets. */
export class Nats {
  /** By the IP address of each host behind one, and by the outer address. */
  readonly #byHost = new Map<string, Nat>();
  readonly #byOutside = new Map<string, Nat>();

  /** True where nobody stands behind a NAT: packets then need no second look. */
  get isEmpty(): boolean {
    return this.#byOutside.size === 0;
  }

  /**
   * Puts hosts behind `nat`. They reach each other by their own addresses, and nobody else reaches them there.
   *
   * @throws {MeshError} `address_in_use` where its outer address or one of the hosts stands there already.
   */
  place(nat: Nat, hosts: readonly string[]): void {
    const taken = hosts.find((host) => this.#byHost.has(host));
    if (taken !== undefined || this.#byOutside.has(nat.outside)) {
      throw new MeshError("address_in_use", `${taken ?? nat.outside} belongs to a NAT already`);
    }
    this.#byOutside.set(nat.outside, nat);
    for (const host of hosts) this.#byHost.set(host, nat);
  }

  /** The address that a packet from `from` is seen to come from at `to`; `undefined` where no way leads there. */
  outbound(from: Address, to: Address, now: Millis): Address | undefined {
    const nat = this.#behind(from);
    const { host } = parseHostPort(to);
    const other = this.#byHost.get(host);
    if (other !== undefined) return other === nat ? from : undefined;
    if (nat === undefined) return from;
    return this.#byOutside.get(host) === nat ? undefined : nat.outbound(from, to, now);
  }

  /** The socket that `to` leads to, whoever sends there. */
  destination(to: Address): Address | undefined {
    const nat = this.#byOutside.get(parseHostPort(to).host);
    return nat === undefined ? to : nat.mapped(to);
  }

  /** The socket that a packet seen to come from `from` reaches at `to`; `undefined` where it is not let in. */
  inbound(to: Address, from: Address, now: Millis): Address | undefined {
    const nat = this.#byOutside.get(parseHostPort(to).host);
    return nat === undefined ? to : nat.inbound(to, from, now);
  }

  #behind(address: Address): Nat | undefined {
    return this.#byHost.get(parseHostPort(address).host);
  }
}
