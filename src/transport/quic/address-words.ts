import { toOctets, toText6 } from "../ip-text.ts";

/** Sixteen bytes of an IP address as they lie in memory; IPv4 is mapped into IPv6. */
export interface AddressWords {
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
}

/** Texts remembered. Beyond, all are forgotten: they are only a shortcut. */
const REMEMBERED_MAX = 4_096;
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
