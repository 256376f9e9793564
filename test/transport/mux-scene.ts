import type { Address } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import type { Millis, Timer } from "../../src/base/ports.ts";
import { ChunkWriter } from "../../src/transport/mux/chunk-writer.ts";
import { MuxConnection, type MuxHost } from "../../src/transport/mux/mux-connection.ts";
import { StagingPool } from "../../src/transport/staging.ts";
import {
  type CloseInfo,
  type ConnectionHandler,
  type Stream,
  TRANSPORT_LIMITS,
  type TransportLimits,
} from "../../src/transport/transport.ts";
import { identityOf } from "../contract/stage.ts";

interface Pending {
  readonly at: Millis;
  readonly action: () => void;
}

/** Time that passes when the test says so. */
export class ManualClock {
  #now: Millis = 0;
  readonly #timers = new Set<Pending>();

  now(): Millis {
    return this.#now;
  }

  timer(delay: Millis, action: () => void): Timer {
    const pending = { at: this.#now + delay, action };
    this.#timers.add(pending);
    return { cancel: () => this.#timers.delete(pending) };
  }

  /** Runs what is due within `duration`, in its order; `between` after each. */
  advance(duration: Millis, between: () => void = () => {}): void {
    const until = this.#now + duration;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > until) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.action();
      between();
    }
    this.#now = until;
  }
}

/** A pool that knows how much of it is lent out. */
export class CountedPool extends StagingPool {
  lent = 0;
  most = 0;

  override take(length: number): Uint8Array {
    const buffer = super.take(length);
    this.lent += buffer.length;
    this.most = Math.max(this.most, this.lent);
    return buffer;
  }

  override give(buffer: Uint8Array): void {
    this.lent -= buffer.length;
    super.give(buffer);
  }
}

/** One end of a multiplexed connection whose bytes the test carries. */
export class MuxEnd implements MuxHost {
  readonly clock: ManualClock;
  readonly limits: TransportLimits;
  readonly pool = new CountedPool();
  readonly writer = new ChunkWriter();
  readonly mux: MuxConnection;
  greetings = 0;
  info: CloseInfo | undefined;
  touched = false;
  /** Nothing leaves before its turn. */
  holds = false;
  /** Chunks that have left and were not taken by the test yet. */
  out: Bytes[] = [];

  constructor(clock: ManualClock, dialled: boolean, limits: Partial<TransportLimits> = {}) {
    this.clock = clock;
    this.limits = { ...TRANSPORT_LIMITS, ...limits };
    const remoteAddress = "192.0.2.1:1" as Address;
    this.mux = new MuxConnection(this, {
      kind: "mux",
      peer: identityOf(1).id,
      dialled,
      remoteAddress,
    });
  }

  touch(): void {
    this.touched = true;
  }

  flush(): void {
    if (this.holds) return;
    const chunk = this.mux.collect();
    if (chunk !== undefined) this.out.push(chunk);
  }

  greeted(): void {
    this.greetings += 1;
  }

  ended(info: CloseInfo): void {
    this.info = info;
  }

  /** Takes bytes in as the driver does: what a handler throws costs the connection. */
  receive(bytes: Bytes): void {
    this.guarded(() => this.mux.receive(bytes, 0, bytes.length));
  }

  turn(): void {
    this.touched = false;
    this.guarded(() => this.mux.turn());
    for (let chunk = this.mux.collect(); chunk !== undefined; chunk = this.mux.collect()) {
      this.out.push(chunk);
    }
  }

  guarded(action: () => void): void {
    try {
      action();
    } catch {
      this.mux.fail();
    }
  }

  take(): Bytes[] {
    const { out } = this;
    this.out = [];
    return out;
  }
}

/** Two ends joined. */
export class MuxPair {
  readonly clock = new ManualClock();
  readonly near: MuxEnd;
  readonly far: MuxEnd;
  /** Everything that near has said. */
  readonly said: Bytes[] = [];

  constructor(limits: Partial<TransportLimits> = {}, farLimits = limits) {
    this.near = new MuxEnd(this.clock, true, limits);
    this.far = new MuxEnd(this.clock, false, farLimits);
    this.run();
  }

  /** Carries bytes until nobody has more to say. */
  run(): void {
    do {
      this.near.turn();
      this.far.turn();
      for (const chunk of this.near.take()) {
        this.said.push(chunk.slice());
        this.far.receive(chunk.slice());
      }
      for (const chunk of this.far.take()) this.near.receive(chunk.slice());
    } while (this.near.touched || this.far.touched);
  }
}

/** What a connection and its streams tell, one line for each; data of a stream is joined. */
export class Diary implements ConnectionHandler {
  readonly lines: string[] = [];
  readonly streams = new Map<number, Stream>();
  readonly bytes = new Map<number, number[]>();
  /** Calls of `onData`. */
  deliveries = 0;
  closes: CloseInfo[] = [];
  /** Called with each stream that arrives, before its handler is set. */
  onArrival: (stream: Stream) => void = () => {};

  onStream(stream: Stream): void {
    this.lines.push(`stream ${stream.id}`);
    this.onArrival(stream);
    this.watch(stream);
  }

  watch(stream: Stream): void {
    const { id } = stream;
    const bytes: number[] = [];
    this.streams.set(id, stream);
    this.bytes.set(id, bytes);
    stream.setHandler({
      onData: (data, start, end) => {
        this.deliveries += 1;
        for (let at = start; at < end; at++) bytes.push(data[at] as number);
      },
      onEnd: () => this.lines.push(`end ${id} after ${bytes.length}`),
      onReset: (code) => this.lines.push(`reset ${id}: ${code}`),
      onStop: (code) => this.lines.push(`stop ${id}: ${code}`),
      onDrain: () => this.lines.push(`drain ${id}`),
    });
  }

  onClose(info: CloseInfo): void {
    this.closes.push(info);
    this.lines.push(`close by ${info.by}: ${info.code} ${info.reason}`);
  }
}

/** A frame as a peer would write it. */
export function frame(
  type: number,
  stream: number,
  payload: Bytes | readonly number[] = [],
): Bytes {
  const bytes = Buffer.alloc(8 + payload.length);
  bytes[0] = type;
  bytes.writeUInt16BE(payload.length, 1);
  bytes.writeUIntBE(stream, 3, 5);
  bytes.set(payload, 8);
  return new Uint8Array(bytes);
}

/** A hello with these settings. */
export function hello(
  idleTimeout: number,
  streamsMax: number,
  streamWindow: number,
  connectionWindow: number,
): Bytes {
  const payload = Buffer.alloc(16);
  const settings = [idleTimeout, streamsMax, streamWindow, connectionWindow];
  for (const [at, value] of settings.entries()) payload.writeUInt32BE(value, at * 4);
  return frame(0x01, 0, payload);
}
