import type { Bytes } from "../base/bytes.ts";
import { equalBytes, fromBase64Url } from "../base/bytes.ts";
import { AEAD_CORE } from "./aead-core.ts";

/** The part of the WebAssembly interface that is used: the language library of the project has none. */
declare const WebAssembly: {
  readonly Module: new (bytes: Bytes) => { readonly __module: never };
  readonly Instance: new (
    module: { readonly __module: never },
    imports: object,
  ) => { readonly exports: unknown };
};

/** The functions of seal-core/lib.rs, where each is explained. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  shared(): number;
  seal(header: number, length: number): void;
  open(header: number, length: number): number;
}

/** Seals `bytes[text, end)` in place with `bytes[head, text)` bound to it, and puts the tag behind it. */
type Seal = (
  key: Bytes,
  nonce: Bytes,
  bytes: Bytes,
  head: number,
  text: number,
  end: number,
) => void;

/** Offsets in the memory that is shared. */
const NONCE = 32;
const MESSAGE = 48;
const MESSAGE_BYTES = 2_048;

/** Lengths around every boundary of a block and of four blocks, at which the module is compared. */
const TELLING = [0, 1, 15, 16, 17, 63, 64, 191, 192, 193, 447, 448, 449, 1_900] as const;

/** ChaCha20-Poly1305 in WebAssembly, for short messages. Its memory never grows. */
export class AeadModule {
  /** Bytes of a message with tag and all that is bound to it, at most. */
  static readonly lengthMax: number = MESSAGE_BYTES;

  readonly #exports: Exports;
  readonly #memory: Bytes;
  readonly #at: number;

  private constructor(exports: Exports) {
    this.#exports = exports;
    this.#memory = new Uint8Array(exports.memory.buffer);
    this.#at = exports.shared();
  }

  /** The module where there is WebAssembly with vectors, and it seals and opens as `reference` seals. */
  static load(reference: Seal): AeadModule | undefined {
    try {
      const compiled = new WebAssembly.Module(fromBase64Url(AEAD_CORE));
      const instance = new WebAssembly.Instance(compiled, {});
      const loaded = new AeadModule(instance.exports as Exports);
      return TELLING.every((length) => loaded.#agrees(length, reference)) ? loaded : undefined;
    } catch {
      return undefined;
    }
  }

  seal(key: Bytes, nonce: Bytes, bytes: Bytes, head: number, text: number, end: number): void {
    this.#put(key, nonce, bytes, head, end);
    this.#exports.seal(text - head, end - text);
    const from = this.#at + MESSAGE + text - head;
    bytes.set(this.#memory.subarray(from, from + end - text + 16), text);
  }

  open(key: Bytes, nonce: Bytes, bytes: Bytes, head: number, text: number, end: number): boolean {
    this.#put(key, nonce, bytes, head, end);
    const length = end - text - 16;
    if (this.#exports.open(text - head, length) === 0) return false;
    const from = this.#at + MESSAGE + text - head;
    bytes.set(this.#memory.subarray(from, from + length), text);
    return true;
  }

  #put(key: Bytes, nonce: Bytes, bytes: Bytes, head: number, end: number): void {
    this.#memory.set(key, this.#at);
    this.#memory.set(nonce, this.#at + NONCE);
    this.#memory.set(bytes.subarray(head, end), this.#at + MESSAGE);
  }

  #agrees(length: number, reference: Seal): boolean {
    // Bytes with all bits in use, so that every carry happens somewhere.
    const pattern = (count: number, seed: number): Bytes =>
      Uint8Array.from({ length: count }, (_, index) => index * 167 + (length + seed) * 89 + 251);
    const [key, nonce] = [pattern(32, 0), pattern(12, 1)];
    const text = length % 33;
    const end = text + length;
    const plain = pattern(end + 16, 2);
    const [bytes, expected] = [plain.slice(), plain.slice()];
    this.seal(key, nonce, bytes, 0, text, end);
    reference(key, nonce, expected, 0, text, end);
    if (!equalBytes(bytes, expected)) return false;
    const lastByte = bytes[end + 15] as number;
    bytes[end + 15] = lastByte ^ 1;
    if (this.open(key, nonce, bytes, 0, text, end + 16)) return false;
    bytes[end + 15] = lastByte;
    const isOpened = this.open(key, nonce, bytes, 0, text, end + 16);
    return isOpened && equalBytes(bytes.subarray(0, end), plain.subarray(0, end));
  }
}
