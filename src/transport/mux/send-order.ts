import type { ChunkWriter } from "./chunk-writer.ts";
import type { MuxStream } from "./mux-stream.ts";
import type { SendCredit } from "./send-credit.ts";

/** Room that a stream's turn in a chunk needs at least: its small frames, and some data. */
const TURN_BYTES = 512;

/** Streams with something to send. Higher priorities go first; equals take turns, a frame at a time. */
export class SendOrder {
  readonly #queue: MuxStream[] = [];

  add(stream: MuxStream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.#queue.push(stream);
  }

  /** Has streams write into `out` until it is full or nothing may leave. */
  collect(out: ChunkWriter, credit: SendCredit): void {
    const queue = this.#queue;
    if (queue.length > 1) queue.sort((a, b) => b.priority - a.priority);
    let at = 0;
    while (at < queue.length && out.room >= TURN_BYTES) {
      const stream = queue[at++] as MuxStream;
      stream.queued = false;
      credit.spend(stream.collect(out, credit.allowance));
      // What waits for the connection's credit comes back with that.
      if (stream.sendable && credit.allowance > 0) this.#addBehindEquals(stream, at);
    }
    queue.splice(0, at);
  }

  #addBehindEquals(stream: MuxStream, from: number): void {
    let at = from;
    while (at < this.#queue.length && (this.#queue[at] as MuxStream).priority >= stream.priority) {
      at += 1;
    }
    stream.queued = true;
    this.#queue.splice(at, 0, stream);
  }

  clear(): void {
    this.#queue.length = 0;
  }
}
