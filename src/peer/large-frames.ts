import type { Bytes } from "../base/bytes.ts";
import { ERROR_CODES, toMeshError } from "../base/errors.ts";
import type { Connection, Stream } from "../transport/transport.ts";
import { type FrameSink, FrameSplitter } from "../wire/splitter.ts";

/** First byte of a stream that carries one large frame. */
export const STREAM_LARGE = 2;

/** Bytes of large frames that wait for their turn or their peer, on one link. */
const QUEUED_MAX: number = 64 << 20;

/** Streams that carry large frames at once, each way. */
const SENDING_MAX = 8;

/** Bytes of unfinished large frames held for one link; beyond, only the oldest goes on arriving. */
const HELD_MAX: number = 32 << 20;

/** Handed to the transport at once, so that its buffers stay small. */
const SLICE = 256 << 10;

/** Sends frames that are too large for the shared streams, each on a stream of its own. */
export class LargeFrameSender {
  readonly #connection: Connection;
  readonly #waiting: Bytes[] = [];
  #queued = 0;
  #sending = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Bytes taken and not yet handed to the transport. */
  get queued(): number {
    return this.#queued;
  }

  /** Takes over the frame, which must not change any more. False, and nothing taken, where 64 MiB wait already. */
  send(frame: Bytes): boolean {
    if (this.#queued + frame.length > QUEUED_MAX) return false;
    this.#queued += frame.length;
    this.#waiting.push(frame);
    this.#start();
    return true;
  }

  #start(): void {
    while (this.#sending < SENDING_MAX && this.#waiting.length > 0) {
      const frame = this.#waiting.shift() as Bytes;
      this.#sending += 1;
      this.#connection.open().then(
        (stream) => this.#write(stream, frame),
        () => this.#done(frame, 0), // The link is gone, and its end tells everybody.
      );
    }
  }

  #write(stream: Stream, frame: Bytes): void {
    let at = 0;
    const pump = (): void => {
      let room = true;
      while (room && at < frame.length) {
        const end = Math.min(frame.length, at + SLICE);
        room = stream.write(frame, at, end);
        this.#queued -= end - at;
        at = end;
      }
      if (at < frame.length) return;
      stream.end();
      this.#done(frame, at);
    };
    stream.setHandler({
      onData: () => stream.stop(ERROR_CODES.bad_frame.wire),
      onEnd: () => {},
      onReset: () => {},
      onStop: () => {
        if (at < frame.length) this.#done(frame, at);
        at = frame.length;
      },
      onDrain: () => {
        if (at < frame.length) pump();
      },
    });
    stream.setPriority(-1);
    stream.write(Uint8Array.of(STREAM_LARGE));
    pump();
  }

  #done(frame: Bytes, written: number): void {
    this.#queued -= frame.length - written;
    this.#sending -= 1;
    this.#start();
  }
}

/** Takes the bytes of one stream. */
export interface ByteReceiver {
  push(bytes: Bytes, start: number, end: number): void;
  /** The stream ended, whole or not. */
  close(): void;
}

/** Puts large frames together, within one budget of memory for the link. */
export class LargeFrameReceiver {
  readonly #sink: FrameSink;
  /** Streams whose frame is unfinished, oldest first, with the bytes they hold. Bounded by stream credit. */
  readonly #open = new Map<Stream, FrameSplitter>();
  readonly #paused = new Set<Stream>();
  #held = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Takes over a stream behind its first byte. `push` throws what the splitter and the sink throw. */
  receive(stream: Stream): ByteReceiver {
    const splitter = new FrameSplitter((bytes, start, end, owned) => {
      this.#close(stream);
      this.#sink(bytes, start, end, owned);
    });
    this.#open.set(stream, splitter);
    stream.end();
    return {
      push: (bytes, start, end) => this.#push(stream, splitter, bytes, start, end),
      close: () => this.#close(stream),
    };
  }

  #push(stream: Stream, splitter: FrameSplitter, bytes: Bytes, start: number, end: number): void {
    if (!this.#open.has(stream)) return;
    const before = splitter.held;
    try {
      splitter.push(bytes, start, end);
    } catch (cause) {
      this.#held -= before;
      this.#open.delete(stream);
      stream.stop(ERROR_CODES[toMeshError(cause).code].wire);
      throw cause;
    }
    this.#held += splitter.held - before;
    if (!this.#open.has(stream)) this.#resume();
    else if (this.#held > HELD_MAX && !this.#isOldest(stream)) {
      this.#paused.add(stream);
      stream.pause();
    }
  }

  /** Lets go on who may: all of them where there is room, else the oldest. */
  #resume(): void {
    for (const paused of [...this.#paused]) {
      if (this.#held > HELD_MAX && !this.#isOldest(paused)) continue;
      this.#paused.delete(paused);
      paused.resume();
    }
  }

  #isOldest(stream: Stream): boolean {
    for (const oldest of this.#open.keys()) return oldest === stream;
    return false;
  }

  #close(stream: Stream): void {
    const splitter = this.#open.get(stream);
    if (splitter === undefined) return;
    this.#open.delete(stream);
    this.#paused.delete(stream);
    this.#held -= splitter.held;
    this.#resume();
  }
}
