import type { Bytes } from "../../src/base/bytes.ts";
import type {
  CloseInfo,
  Connection,
  ConnectionHandler,
  Stream,
  StreamHandler,
  Transport,
} from "../../src/transport/transport.ts";

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The byte that stands at `at` in the test stream number `key`. */
export function patternByte(key: number, at: number): number {
  return (at * 31 + (at >> 8) * 7 + (at >> 16) * 13 + key) & 0xff;
}

/** `[start, end)` of the test stream number `key`. */
export function pattern(key: number, start: number, end: number): Bytes {
  const bytes = new Uint8Array(end - start);
  for (let at = start; at < end; at++) bytes[at - start] = patternByte(key, at);
  return bytes;
}

/** A queue that can be waited at. */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];

  get length(): number {
    return this.#items.length;
  }

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  take(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift() as T);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}

/** Handler of one stream: remembers all that happens and lets tests wait for it. */
export class StreamProbe implements StreamHandler {
  readonly stream: Stream;
  readonly events: string[] = [];
  /** Bytes that have come. */
  size = 0;
  /** Where bytes differ from the pattern of `expect`, the first such place. */
  wrongAt: number | undefined;
  readonly ended: Promise<void>;
  readonly reset: Promise<number>;
  readonly stopped: Promise<number>;
  onBytes: ((bytes: Bytes) => void) | undefined;
  readonly #expect: number | undefined;
  readonly #ended = deferred<void>();
  readonly #reset = deferred<number>();
  readonly #stopped = deferred<number>();
  #parts: Bytes[] = [];
  #drained = deferred<void>();
  #waiting: { readonly size: number; readonly resolve: () => void }[] = [];

  /** With `expect`, bytes are compared with that pattern; without, they are kept. */
  constructor(stream: Stream, expect?: number) {
    this.stream = stream;
    this.#expect = expect;
    this.ended = this.#ended.promise;
    this.reset = this.#reset.promise;
    this.stopped = this.#stopped.promise;
    stream.setHandler(this);
  }

  /** The bytes that have come, where no pattern was expected. */
  get bytes(): Bytes {
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  /** Begins to count anew. */
  forget(): void {
    this.size = 0;
    this.wrongAt = undefined;
    this.#parts = [];
  }

  /** Resolves when `size` bytes have come in all. */
  received(size: number): Promise<void> {
    if (this.size >= size) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ size, resolve }));
  }

  /** Resolves at the next `onDrain`. Ask before it can happen. */
  drained(): Promise<void> {
    return this.#drained.promise;
  }

  onData(bytes: Bytes, start: number, end: number): void {
    if (this.#expect === undefined) this.#parts.push(bytes.slice(start, end));
    else this.#compare(bytes, start, end, this.#expect);
    // The receiver may write to what it is handed; a driver that minds would fail the next comparison.
    const copy = bytes.slice(start, end);
    bytes.fill(0xee, start, end);
    this.size += end - start;
    const ready = this.#waiting.filter((waiting) => waiting.size <= this.size);
    this.#waiting = this.#waiting.filter((waiting) => waiting.size > this.size);
    for (const waiting of ready) waiting.resolve();
    this.onBytes?.(copy);
  }

  onEnd(): void {
    this.events.push("end");
    this.#ended.resolve();
  }

  onReset(code: number): void {
    this.events.push(`reset ${code}`);
    this.#reset.resolve(code);
  }

  onStop(code: number): void {
    this.events.push(`stop ${code}`);
    this.#stopped.resolve(code);
  }

  onDrain(): void {
    this.events.push("drain");
    const drained = this.#drained;
    this.#drained = deferred<void>();
    drained.resolve();
  }

  #compare(bytes: Bytes, start: number, end: number, key: number): void {
    for (let at = start; at < end && this.wrongAt === undefined; at++) {
      const place = this.size + at - start;
      if (bytes[at] !== patternByte(key, place)) this.wrongAt = place;
    }
  }
}

/** Handler of one connection. */
export class ConnectionProbe implements ConnectionHandler {
  readonly connection: Connection;
  readonly streams: Queue<Stream> = new Queue();
  readonly closed: Promise<CloseInfo>;
  closes = 0;
  /** Takes streams in place of the queue. */
  take: ((stream: Stream) => void) | undefined;
  readonly #closed = deferred<CloseInfo>();

  constructor(connection: Connection, take?: (stream: Stream) => void) {
    this.connection = connection;
    this.take = take;
    this.closed = this.#closed.promise;
    connection.setHandler(this);
  }

  onStream(stream: Stream): void {
    if (this.take === undefined) this.streams.put(stream);
    else this.take(stream);
  }

  onClose(info: CloseInfo): void {
    this.closes += 1;
    this.#closed.resolve(info);
  }
}

/** Takes every arrival of a transport. */
export function arrivals(
  transport: Transport,
  take?: (stream: Stream) => void,
): Queue<ConnectionProbe> {
  const queue = new Queue<ConnectionProbe>();
  transport.onConnection = (connection) => queue.put(new ConnectionProbe(connection, take));
  return queue;
}

/** Sends everything back that comes on a stream, its end included. */
export function echo(stream: Stream): void {
  stream.setHandler({
    onData: (bytes, start, end) => {
      if (!stream.write(bytes, start, end)) stream.pause();
    },
    onEnd: () => stream.end(),
    onReset: () => {},
    onStop: () => {},
    onDrain: () => stream.resume(),
  });
}

/** One exchange over a stream of its own with a peer that echoes. */
export async function askEcho(connection: Connection, key = 1, size = 100): Promise<void> {
  const probe = new StreamProbe(await connection.open(), key);
  probe.stream.write(pattern(key, 0, size));
  probe.stream.end();
  await probe.ended;
  if (probe.size !== size || probe.wrongAt !== undefined) {
    throw new Error(`the echo has ${probe.size} bytes of ${size}, wrong at ${probe.wrongAt}`);
  }
}
