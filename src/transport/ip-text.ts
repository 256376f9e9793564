import { type Address, toAddress } from "../base/address.ts";

const MAPPED_PREFIX = "::ffff:";

/** An address as people and other layers see it: mapped IPv4 appears as IPv4. */
export function plainAddress(ip: string, port: number): Address {
  const mapped = ip.startsWith(MAPPED_PREFIX) && ip.includes(".");
  return toAddress(mapped ? ip.slice(MAPPED_PREFIX.length) : ip, port);
}

/** 4 or 6; 0 for a text that is no IP literal. */
export function ipFamily(text: string): 0 | 4 | 6 {
  if (toOctets(text) === undefined) return 0;
  return text.includes(":") ? 6 : 4;
}

/** How a socket of IPv6 names an IPv4 host. */
export function mappedText(ip: string): string {
  return MAPPED_PREFIX + ip;
}

/*
 * Read by hand: the expressions behind node:net take milliseconds to compile, which a process that starts
 * for one call would feel.
 */

/** The sixteen bytes of an IP literal; `undefined` where it is none. */
export function toOctets(text: string): Uint8Array<ArrayBuffer> | undefined {
  const octets = new Uint8Array(16);
  if (!text.includes(":")) {
    const four = fourOctets(text);
    if (four === undefined) return undefined;
    octets.set([0xff, 0xff, ...four], 10);
    return octets;
  }
  const halves = text.split("::");
  const front = groupOctets(halves[0] as string);
  const back = groupOctets(halves[1] ?? "");
  if (front === undefined || back === undefined || halves.length > 2) return undefined;
  const length = front.length + back.length;
  if (halves.length === 2 ? length > 14 : length !== 16) return undefined;
  octets.set(front);
  octets.set(back, 16 - back.length);
  return octets;
}

/** The bytes of groups like `2001:db8` or `ffff:192.0.2.7`. */
function groupOctets(text: string): number[] | undefined {
  if (text === "") return [];
  const octets: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (group.includes(".") && index === groups.length - 1) {
      const four = fourOctets(group);
      if (four === undefined) return undefined;
      octets.push(...four);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      octets.push(value >>> 8, value & 255);
    }
  }
  return octets;
}

function fourOctets(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part)))
    return undefined;
  const octets = parts.map(Number);
  return octets.every((octet) => octet < 256) ? octets : undefined;
}

/** The text of RFC 5952: lower case, the longest run of zero groups as `::`. */
export function toText6(octets: Uint8Array): string {
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push((((octets[at] as number) << 8) | (octets[at + 1] as number)).toString(16));
  }
  const runs = groups.join(":").match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return groups.join(":");
  const [before, after] = splitOnce(groups.join(":"), longest);
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}`;
}

function splitOnce(text: string, part: string): [string, string] {
  const at = new RegExp(`\\b${part}\\b`).exec(text)?.index ?? 0;
  return [text.slice(0, at), text.slice(at + part.length)];
}
