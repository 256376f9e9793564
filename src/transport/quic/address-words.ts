import { type Address, toAddress } from "../../base/address.ts";

/** Sixteen bytes of an IP address as they lie in memory; IPv4 is mapped into IPv6. */
export interface AddressWords {
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
}

/** Texts remembered. Beyond, all are forgotten: they are only a shortcut. */
const REMEMBERED_MAX = 4_096;
const MAPPED_PREFIX = "::ffff:";
/** The third word of a mapped IPv4 address: bytes 00 00 ff ff. */
const MAPPED_WORD = 0xffff0000;

const ANY: AddressWords = { first: 0, second: 0, third: 0, fourth: 0 };

/** Translates between the text of IP addresses and the words of the core, fast for the few that recur. */
export class AddressBook {
  readonly #words = new Map<string, AddressWords>();
  readonly #texts4 = new Map<number, string>();
  readonly #texts6 = new Map<string, string>();
  #lastText: string | undefined;
  #lastWords: AddressWords = ANY;

  /** The words of an IP literal; `undefined` where it is none. A zone (`%eth0`) is not allowed. */
  words(text: string): AddressWords | undefined {
    if (text === this.#lastText) return this.#lastWords;
    const words = this.#words.get(text) ?? this.#learn(text);
    if (words !== undefined) {
      this.#lastText = text;
      this.#lastWords = words;
    }
    return words;
  }

  #learn(text: string): AddressWords | undefined {
    const octets = toOctets(text);
    if (octets === undefined) return undefined;
    const view = new DataView(octets.buffer);
    const words = {
      first: view.getUint32(0, true),
      second: view.getUint32(4, true),
      third: view.getUint32(8, true),
      fourth: view.getUint32(12, true),
    };
    if (this.#words.size >= REMEMBERED_MAX) this.#words.clear();
    this.#words.set(text, words);
    return words;
  }

  /** The text of the address at `words[at…]`; IPv4 without its prefix. */
  text(words: Uint32Array, at: number): string {
    const fourth = words[at + 3] as number;
    if (words[at + 2] === MAPPED_WORD && words[at] === 0 && words[at + 1] === 0) {
      return this.#texts4.get(fourth) ?? this.#learnText4(fourth);
    }
    const key = `${words[at]},${words[at + 1]},${words[at + 2]},${fourth}`;
    return this.#texts6.get(key) ?? this.#learnText6(key, words, at);
  }

  #learnText4(word: number): string {
    const text = `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`;
    if (this.#texts4.size >= REMEMBERED_MAX) this.#texts4.clear();
    this.#texts4.set(word, text);
    return text;
  }

  #learnText6(key: string, words: Uint32Array, at: number): string {
    const octets = new Uint8Array(words.slice(at, at + 4).buffer);
    const text = toText6(octets);
    if (this.#texts6.size >= REMEMBERED_MAX) this.#texts6.clear();
    this.#texts6.set(key, text);
    return text;
  }
}

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
function toOctets(text: string): Uint8Array<ArrayBuffer> | undefined {
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
function toText6(octets: Uint8Array): string {
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
