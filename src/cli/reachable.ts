import { JOIN_ADDRESSES_MAX } from "../node/join-string.ts";

const LOOPBACK = /^(?:127\.|\[::1\])/;

/** Addresses that only the same network reaches: RFC 1918, RFC 6598, RFC 3927, RFC 4193. */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|\[f[cd])/;

/**
 * What a join string names: the addresses that were said, else those of the node (`<id>@host:port`) that others are likeliest to
 * reach, public ones first. A machine that has no other is named at its loopback address.
 */
export function reachableAddresses(own: readonly string[], said: readonly string[]): string[] {
  const all = said.length > 0 ? [...said] : own.map((text) => text.slice(text.indexOf("@") + 1));
  const remote = all.filter((address) => !LOOPBACK.test(address));
  const chosen = remote.length > 0 ? remote : all;
  const isFar = (address: string): number => Number(PRIVATE.test(address));
  return chosen.sort((a, b) => isFar(a) - isFar(b)).slice(0, JOIN_ADDRESSES_MAX);
}
