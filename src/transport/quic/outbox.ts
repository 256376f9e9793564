import type { AddressBook } from "./address-words.ts";
import type { Core } from "./core.ts";
import { DATAGRAM_HEADER, padded } from "./layout.ts";
import { lastingMemory } from "./shared-memory.ts";

/** Batches of datagrams before the event loop gets its turn. */
const ROUNDS_MAX = 8;

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

  constructor(core: Core, book: AddressBook, sink: DatagramSink) {
    this.#core = core;
    this.#book = book;
    this.#sink = sink;
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
    const { bytes, words, start, end } = lastingMemory(length);
    this.#core.readDatagrams(length, bytes, start);
    let at = start;
    while (at < end) {
      const index = at >>> 2;
      const size = words[index] as number;
      const port = words[index + 1] as number;
      const body = at + DATAGRAM_HEADER;
      this.#sink.send(bytes, body, size, port, this.#book.text(words, index + 2));
      at = padded(body + size);
    }
  }
}
