import type { AddressBook } from "./address-words.ts";
import type { Core } from "./core.ts";
import { DATAGRAM_HEADER, padded } from "./layout.ts";

/** Batches of datagrams before the event loop gets its turn. */
const ROUNDS_MAX = 8;

/** Bytes of a slab; larger where one batch needs it. */
const SLAB_BYTES = 64 << 10;

/** Where datagrams go. */
export interface DatagramSink {
  /** Sends `bytes[start, start + length)`, which will not change any more. */
  send(bytes: Uint8Array, start: number, length: number, port: number, ip: string): void;
}

/** Moves datagrams from the core to the socket. */
export class Outbox {
  readonly #core: Core;
  readonly #book: AddressBook;
  readonly #sink: DatagramSink;
  #slab: Uint8Array<ArrayBuffer>;
  #words: Uint32Array;
  #used = 0;

  constructor(core: Core, book: AddressBook, sink: DatagramSink) {
    this.#core = core;
    this.#book = book;
    this.#sink = sink;
    this.#slab = new Uint8Array(SLAB_BYTES);
    this.#words = new Uint32Array(this.#slab.buffer);
  }

  /** Sends what there is, up to the bound of one turn. */
  flush(): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const length = this.#core.flush();
      if (length > 0) this.#send(length);
      if (!this.#core.wantsFlush) return;
    }
  }

  #send(length: number): void {
    if (this.#used + length > this.#slab.length) {
      // The old one may still wait in the kernel's queue.
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, length));
      this.#words = new Uint32Array(this.#slab.buffer);
      this.#used = 0;
    }
    const words = this.#words;
    let at = this.#used;
    this.#used += length;
    this.#core.readDatagrams(length, this.#slab, at);
    while (at < this.#used) {
      const index = at >>> 2;
      const size = words[index] as number;
      const port = words[index + 1] as number;
      const start = at + DATAGRAM_HEADER;
      this.#sink.send(this.#slab, start, size, port, this.#book.text(words, index + 2));
      at = padded(start + size);
    }
  }
}
