import type { Bytes } from "../base/bytes.ts";
import { ERROR_CODES, MeshError, toMeshError } from "../base/errors.ts";
import type { CloseInfo, Connection, Stream, StreamHandler } from "../transport/transport.ts";
import { HEADER_BYTES, isDataType } from "../wire/frame.ts";
import { INLINE_PAYLOAD_MAX } from "../wire/limits.ts";
import { type FrameSink, FrameSplitter } from "../wire/splitter.ts";
import type { FrameWriter } from "../wire/writer.ts";
import {
  type ByteReceiver,
  LargeFrameReceiver,
  LargeFrameSender,
  STREAM_LARGE,
} from "./large-frames.ts";

/** First byte of every stream: what it carries. Control leaves before data. */
export const STREAM_CONTROL = 0;
export const STREAM_DATA = 1;

/** Bytes of frames that wait on one shared stream; beyond, frames are refused. */
const BUFFERED_MAX: number = 8 << 20;

/** Frames up to this size travel on the shared streams, and so in the order they were sent in. */
export const INLINE_MAX: number = INLINE_PAYLOAD_MAX + HEADER_BYTES;

export interface ChannelHandler {
  /** One frame. What it throws as `MeshError` closes the connection with that code. */
  onFrame: FrameSink;
  /** Bytes came from the peer: it is alive. Called before their frames. */
  onActivity(): void;
  /** Both shared streams are there. */
  onReady(): void;
  onClose(info: CloseInfo): void;
}

/**
 * Frames over one connection: small ones on two shared streams, control before data; large ones on streams of
 * their own. The dialler opens the shared streams.
 */
export class Channel {
  readonly connection: Connection;
  readonly #handler: ChannelHandler;
  readonly #large: LargeFrameSender;
  readonly #largeReceiver: LargeFrameReceiver;
  #control: Stream | undefined;
  #data: Stream | undefined;

  constructor(connection: Connection, handler: ChannelHandler) {
    this.connection = connection;
    this.#handler = handler;
    this.#large = new LargeFrameSender(connection);
    this.#largeReceiver = new LargeFrameReceiver(handler.onFrame);
    connection.setHandler({
      onStream: (stream) => this.#arrived(stream),
      onClose: (info) => handler.onClose(info),
    });
    if (connection.dialled) this.#open().catch((cause) => this.#fail(cause));
  }

  /** Bytes that wait in this process for the peer. */
  get buffered(): number {
    return (this.#control?.buffered ?? 0) + (this.#data?.buffered ?? 0) + this.#large.queued;
  }

  /** Queues a copy of the frame `bytes[start, end)`. False, and nothing queued, where too much waits. */
  send(bytes: Bytes, start: number, end: number): boolean {
    if (end - start > INLINE_MAX) return this.#large.send(bytes.slice(start, end));
    const stream = isDataType(bytes[start + 1] as number) ? this.#data : this.#control;
    if (stream === undefined || stream.buffered > BUFFERED_MAX) return false;
    stream.write(bytes, start, end);
    return true;
  }

  /** Queues what `writer` holds, as `send` does; a large frame takes the writer's memory along and is not copied. */
  sendFrame(writer: FrameWriter): boolean {
    if (writer.at > INLINE_MAX) return this.#large.send(writer.detach());
    return this.send(writer.bytes, 0, writer.at);
  }

  close(error: MeshError): void {
    this.connection.close(ERROR_CODES[error.code].wire, error.message);
  }

  async #open(): Promise<void> {
    const [control, data] = await Promise.all([this.connection.open(), this.connection.open()]);
    control.write(Uint8Array.of(STREAM_CONTROL));
    data.write(Uint8Array.of(STREAM_DATA));
    control.setHandler(this.#share(control, STREAM_CONTROL));
    data.setHandler(this.#share(data, STREAM_DATA));
  }

  /** A stream of the peer: its first byte says what it is for. */
  #arrived(stream: Stream): void {
    let inner: StreamHandler | undefined;
    stream.setHandler({
      onData: (bytes, start, end) => {
        let at = start;
        try {
          inner ??= this.#claim(stream, bytes[at++] as number);
        } catch (cause) {
          return this.#fail(cause);
        }
        if (at < end) inner.onData(bytes, at, end);
      },
      onEnd: () => inner?.onEnd(),
      onReset: (code) => inner?.onReset(code),
      onStop: (code) => inner?.onStop(code),
      onDrain: () => inner?.onDrain(),
    });
  }

  #claim(stream: Stream, kind: number): StreamHandler {
    if (kind === STREAM_LARGE) {
      return this.#guarded(this.#largeReceiver.receive(stream), () => {});
    }
    const taken = kind === STREAM_CONTROL ? this.#control : this.#data;
    if (this.connection.dialled || kind > STREAM_LARGE || taken !== undefined) {
      throw new MeshError("bad_frame", `a stream of kind ${kind} is not expected here`);
    }
    return this.#share(stream, kind);
  }

  /** Makes `stream` the shared one of its kind. */
  #share(stream: Stream, kind: number): StreamHandler {
    const splitter = new FrameSplitter(this.#handler.onFrame);
    if (kind === STREAM_CONTROL) {
      this.#control = stream;
      stream.setPriority(1);
    } else this.#data = stream;
    if (this.#control && this.#data) this.#handler.onReady();
    const lost = (): void => this.#fail(lostStream());
    return this.#guarded(
      { push: (bytes, at, end) => splitter.push(bytes, at, end), close: lost },
      lost,
    );
  }

  /** A handler that closes the connection where the receiver of its bytes throws. */
  #guarded(receiver: ByteReceiver, onStop: () => void): StreamHandler {
    return {
      onData: (bytes, start, end) => {
        this.#handler.onActivity();
        try {
          receiver.push(bytes, start, end);
        } catch (cause) {
          this.#fail(cause);
        }
      },
      onEnd: receiver.close,
      onReset: receiver.close,
      onStop,
      onDrain: () => {},
    };
  }

  #fail(cause: unknown): void {
    this.close(toMeshError(cause));
  }
}

function lostStream(): MeshError {
  return new MeshError("bad_frame", "the peer gave up a shared stream");
}
