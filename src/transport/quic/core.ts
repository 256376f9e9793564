// The global of that name is a getter, which costs more than the reading where caches are cold.
import { performance } from "node:perf_hooks";
import type { Bytes } from "../../base/bytes.ts";
import { MeshError } from "../../base/errors.ts";
import type { TransportIdentity, TransportLimits } from "../transport.ts";
import type { AddressWords } from "./address-words.ts";
import { DATAGRAM_HEADER, padded } from "./layout.ts";
import { type CoreExports, instantiate } from "./module.ts";
import { settingsWords } from "./settings.ts";

const RECEIVED = 0;
const EVENTS = 1;
const TO_SEND = 2;
const WRITES = 3;

/** Returned by `write` where the stream takes no more. */
export const STREAM_CLOSED = -1;

/**
 * One instance of the QUIC core behind calls that never throw. The first trap sets `fault`; from then on
 * the instance is not entered again and every call answers as if nothing were connected.
 */
export class Core {
  /** Why the instance is lost, once it is. */
  fault: unknown;
  readonly #exports: CoreExports;
  readonly #onFault: () => void;
  readonly #receivedAt: number;
  readonly #eventsAt: number;
  readonly #toSendAt: number;
  readonly #writesAt: number;
  readonly #batchBytes: number;
  /** Most bytes that one `write` carries. */
  readonly writeBytes: number;
  #received = 0;
  // Views of linear memory. Growth detaches them: then their length is 0.
  #bytes: Uint8Array = new Uint8Array(0);
  #words: Uint32Array = new Uint32Array(0);

  /** `onFault` runs at the first trap, inside the call that met it. */
  constructor(
    identity: TransportIdentity,
    limits: TransportLimits,
    log: (text: string) => void,
    onFault: () => void,
  ) {
    this.#onFault = onFault;
    this.#exports = instantiate(log);
    this.#start(identity, settingsWords(limits));
    this.#receivedAt = this.#exports.buffer(RECEIVED);
    this.#eventsAt = this.#exports.buffer(EVENTS);
    this.#toSendAt = this.#exports.buffer(TO_SEND);
    this.#writesAt = this.#exports.buffer(WRITES);
    this.#batchBytes = this.#exports.buffer_bytes(RECEIVED);
    this.writeBytes = this.#exports.buffer_bytes(WRITES);
  }

  #start(identity: TransportIdentity, settings: Uint32Array): void {
    const core = this.#exports;
    const { certificate, privateKey } = identity;
    const head = settings.byteLength;
    const place = core.allocate(head + certificate.length + privateKey.length);
    const target = new Uint8Array(core.memory.buffer, place);
    target.set(new Uint8Array(settings.buffer));
    target.set(certificate, head);
    target.set(privateKey, head + certificate.length);
    const now = performance.now();
    if (core.start(place, certificate.length, privateKey.length, now, Date.now()) !== 0) {
      throw new MeshError("bad_config", "the QUIC core refused its certificate or key");
    }
  }

  /** Most bytes that `poll` or `flush` announce. */
  get batchBytes(): number {
    return this.#batchBytes;
  }

  #refresh(): void {
    this.#bytes = new Uint8Array(this.#exports.memory.buffer);
    this.#words = new Uint32Array(this.#exports.memory.buffer);
  }

  #fail(cause: unknown): void {
    if (this.fault !== undefined) return;
    this.fault = cause ?? new Error("trap");
    this.#onFault();
  }

  /** Queues a received datagram for `feed`. */
  push(datagram: Bytes, from: AddressWords, port: number): void {
    const length = datagram.length;
    if (this.#received + DATAGRAM_HEADER + length + 4 > this.#batchBytes) this.feed();
    if (this.#bytes.length === 0) this.#refresh();
    const at = this.#receivedAt + this.#received;
    const words = this.#words;
    let index = at >>> 2;
    words[index++] = length;
    words[index++] = port;
    words[index++] = from.first;
    words[index++] = from.second;
    words[index++] = from.third;
    words[index] = from.fourth;
    this.#bytes.set(datagram, at + DATAGRAM_HEADER);
    this.#received += DATAGRAM_HEADER + padded(length);
  }

  /** Hands the queued datagrams to the core. */
  feed(): void {
    const length = this.#received;
    if (length === 0 || this.fault !== undefined) return;
    this.#received = 0;
    try {
      this.#exports.receive(length, performance.now());
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /** Fills the core's event buffer and returns the bytes in it. */
  poll(): number {
    if (this.fault !== undefined) return 0;
    try {
      return this.#exports.poll();
    } catch (cause) {
      this.#fail(cause);
      return 0;
    }
  }

  /** Copies the `length` bytes of events that `poll` has announced. */
  readEvents(length: number, target: Uint8Array): void {
    if (this.#bytes.length === 0) this.#refresh();
    target.set(this.#bytes.subarray(this.#eventsAt, this.#eventsAt + length));
  }

  /** True while another `poll` would tell something. */
  get wantsPoll(): boolean {
    return this.fault === undefined && this.#exports.wants_poll() === 1;
  }

  /** Fills the core's buffer of datagrams to send and returns the bytes in it. */
  flush(): number {
    if (this.fault !== undefined) return 0;
    try {
      return this.#exports.flush(performance.now());
    } catch (cause) {
      this.#fail(cause);
      return 0;
    }
  }

  /** Copies the `length` bytes of datagrams that `flush` has announced. */
  readDatagrams(length: number, target: Uint8Array, offset: number): void {
    if (this.#bytes.length === 0) this.#refresh();
    target.set(this.#bytes.subarray(this.#toSendAt, this.#toSendAt + length), offset);
  }

  /** True while another `flush` would hand something out. */
  get wantsFlush(): boolean {
    return this.fault === undefined && this.#exports.wants_flush() === 1;
  }

  /** When `expire` is due, on the clock of `performance.now()`; infinite where nothing waits. */
  get deadline(): number {
    return this.fault === undefined ? this.#exports.deadline() : Number.POSITIVE_INFINITY;
  }

  expire(): void {
    this.#call((core) => core.expire(performance.now()));
  }

  acceptArrivals(on: boolean): void {
    this.#call((core) => core.accept_arrivals(on ? 1 : 0));
  }

  /** The handle of the new connection; -1 at the bound, or where nothing can be at that address. */
  connect(to: AddressWords, port: number): number {
    if (this.fault !== undefined) return -1;
    if (this.#bytes.length === 0) this.#refresh();
    const index = this.#writesAt >>> 2;
    this.#words[index] = to.first;
    this.#words[index + 1] = to.second;
    this.#words[index + 2] = to.third;
    this.#words[index + 3] = to.fourth;
    return this.#call((core) => core.connect(port, performance.now())) ?? -1;
  }

  attach(handle: number): void {
    this.#call((core) => core.attach(handle));
  }

  /** The id of the new stream; -1 while the peer allows none. */
  open(handle: number): number {
    return this.#call((core) => core.open(handle)) ?? -1;
  }

  /** Bytes taken of `bytes[start, end)`; the caller sees to it that they are at most `writeBytes`. */
  write(handle: number, stream: number, bytes: Bytes, start: number, end: number): number {
    if (this.fault !== undefined) return STREAM_CLOSED;
    if (this.#bytes.length === 0) this.#refresh();
    this.#bytes.set(bytes.subarray(start, end), this.#writesAt);
    try {
      return this.#exports.write(handle, stream, end - start);
    } catch (cause) {
      this.#fail(cause);
      return STREAM_CLOSED;
    }
  }

  finish(handle: number, stream: number): void {
    this.#call((core) => core.finish(handle, stream));
  }

  reset(handle: number, stream: number, code: number): void {
    this.#call((core) => core.reset(handle, stream, code));
  }

  stop(handle: number, stream: number, code: number): void {
    this.#call((core) => core.stop(handle, stream, code));
  }

  pause(handle: number, stream: number, on: boolean): void {
    this.#call((core) => core.pause(handle, stream, on ? 1 : 0));
  }

  prioritize(handle: number, stream: number, priority: number): void {
    this.#call((core) => core.prioritize(handle, stream, priority));
  }

  /** `reason` has at most 256 bytes. */
  close(handle: number, code: number, reason: Bytes): void {
    if (this.fault !== undefined) return;
    if (this.#bytes.length === 0) this.#refresh();
    this.#bytes.set(reason, this.#writesAt);
    this.#call((core) => core.close(handle, code, reason.length, performance.now()));
  }

  /** Connections in any state, those that are closing included. */
  get connections(): number {
    return this.#call((core) => core.connections()) ?? 0;
  }

  get handshakes(): number {
    return this.#call((core) => core.handshakes()) ?? 0;
  }

  get dropped(): number {
    return this.#call((core) => core.dropped()) ?? 0;
  }

  /** Makes the core trap, for the test of its restart. */
  fail(): void {
    this.#call((core) => core.fail());
  }

  /** Calls that are not made per frame. */
  #call<Result>(action: (core: CoreExports) => Result): Result | undefined {
    if (this.fault !== undefined) return undefined;
    try {
      return action(this.#exports);
    } catch (cause) {
      this.#fail(cause);
      return undefined;
    }
  }
}
