import { type Address, parseHostPort } from "./address.ts";

/**
 * The part of the network an address lies in, as far as one owner is likely to have all of it: the /24 of an IPv4
 * address, the /48 of an IPv6 one. `undefined` for names and for addresses that mean something else to everybody:
 * private ones (RFC 1918, RFC 4193), link-local ones and loopback.
 */
export function addressGroup(address: Address): string | undefined {
  const { host } = parseHostPort(address);
  if (!host.includes(":")) return groupOf4(host);
  const words = wordsOf6(host);
  if (words === undefined) return undefined;
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (mapped) {
    const [high, low] = words.slice(6) as [number, number];
    return groupOf4([high >> 8, high & 0xff, low >> 8, low & 0xff].join("."));
  }
  const first = words[0] as number;
  const isLocal = (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80;
  const isLoopback = words.slice(0, 7).every((word) => word === 0);
  if (isLocal || isLoopback) return undefined;
  return words
    .slice(0, 3)
    .map((word) => word.toString(16))
    .join(":");
}

/** The network that an interface with this address is usually in: a /24 or /64. `undefined` for names. */
export function subnetOf(address: Address): string | undefined {
  const { host } = parseHostPort(address);
  if (!host.includes(":")) {
    return /^\d+(?:\.\d+){3}$/.test(host) ? host.slice(0, host.lastIndexOf(".")) : undefined;
  }
  return wordsOf6(host)?.slice(0, 4).join(":");
}

function groupOf4(host: string): string | undefined {
  const parts = host.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  const [a, b, c] = parts as [number, number, number];
  const isPrivate =
    a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || a === 0;
  const isLocal = a === 127 || (a === 169 && b === 254);
  return isPrivate || isLocal ? undefined : `${a}.${b}.${c}`;
}

/** The eight words of an IPv6 literal; `undefined` where it is none. */
function wordsOf6(host: string): number[] | undefined {
  const [head = "", tail, ...more] = host.toLowerCase().split("::");
  if (more.length > 0) return undefined;
  const before = wordsIn(head);
  const after = tail === undefined ? [] : wordsIn(tail);
  const gap = 8 - before.length - after.length;
  if (tail === undefined ? gap !== 0 : gap < 1) return undefined;
  const words = [...before, ...new Array<number>(gap).fill(0), ...after];
  return words.every((word) => word >= 0 && word <= 0xffff) ? words : undefined;
}

function wordsIn(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const bytes = part.split(".").map(Number);
    const [a = -1, b = -1, c = -1, d = -1] = bytes;
    return [a * 256 + b, c * 256 + d];
  });
}
