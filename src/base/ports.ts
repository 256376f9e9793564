/** A span of time or a moment, in milliseconds. Fractions are allowed. */
export type Millis = number;

/** Something that will happen once unless it is cancelled before. */
export interface Timer {
  /** Safe to call twice and after the timer has fired. */
  cancel(): void;
}

/** Time, as the protocol may know it. */
export interface Clock {
  /** Monotonic time. Only differences mean anything. */
  now(): Millis;
  /** Unix time. For expiry dates that other nodes read; never for deadlines. */
  wall(): Millis;
  /** Runs `action` once after `delay`, never before. */
  timer(delay: Millis, action: () => void): Timer;
}

/** Chance, as the protocol may know it. */
export interface Random {
  /** A whole number, 0 ≤ n < `limit`. `limit` ≤ 2^32. */
  below(limit: number): number;
  /** Fresh unpredictable bytes. */
  bytes(length: number): Uint8Array;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where events are told. `event` is a stable name, `fields` hold no payloads and short ids. */
export interface Log {
  write(level: LogLevel, event: string, fields?: LogFields): void;
}

/** Where things are counted. Names are fixed in the code; none is ever chosen by a peer. */
export interface Meter {
  count(name: string, amount?: number): void;
}

/** Where a node keeps what it needs after a restart: blobs by name. Names are fixed in the code. */
export interface Storage {
  /** What was saved last under `name`; `undefined` where there is nothing. Rejects with `storage_failed`. */
  load(name: string): Promise<Uint8Array | undefined>;
  /** Keeps `bytes` in place of what was there: afterwards one or the other is there, whole. Rejects with `storage_failed`. */
  save(name: string, bytes: Uint8Array): Promise<void>;
  /** Moves what is damaged out of the way; resolves to where it is now. Rejects with `storage_failed`. */
  setAside(name: string): Promise<string>;
}

/** All that the protocol may ask of the world, transports and disk apart. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
}
