import type { Bytes } from "../base/bytes.ts";
import { codeFromWire, MeshError, toMeshError } from "../base/errors.ts";
import { shortId } from "../base/id.ts";
import type { Millis, Timer } from "../base/ports.ts";
import type { CloseInfo, Connection } from "../transport/transport.ts";
import { HEADER_BYTES, TYPE } from "../wire/frame.ts";
import { type Hello, readHello, writeHello } from "../wire/hello.ts";
import { FrameWriter } from "../wire/writer.ts";
import { Channel } from "./channel.ts";
import type { Contact } from "./contact.ts";
import { judgeHello } from "./handshake.ts";
import { Link } from "./link.ts";
import { Liveness } from "./liveness.ts";
import type { PoolContext } from "./pool.ts";

/** Time both sides have for connect and connect_ack. */
const GREETING_TIMEOUT: Millis = 5_000;

/** Bytes of frames that may overtake the connect_ack they belong behind. */
const EARLY_MAX: number = 4 << 20;

/** A peer that has said who it is. */
export interface Greeted {
  readonly channel: Channel;
  readonly contact: Contact;
  readonly instance: Bytes;
}

export interface GreetingHandler {
  /** May this peer have a link? Resolves to the link, already in the table, or throws the refusal. */
  admit(greeted: Greeted, makeLink: () => Link): Promise<Link>;
  /** A frame on the established link. */
  onFrame(link: Link, bytes: Bytes, start: number, end: number, owned: boolean): void;
  /** An established link ended. */
  onClose(link: Link, info: CloseInfo): void;
}

/**
 * One connection from the first byte to the established link and to its end.
 *
 *   dialler   ready → connect sent → connect_ack judged, admitted → established
 *   acceptor  ready → connect judged, admitted → connect_ack sent → established
 *
 * The acceptor may send as soon as it is established. Streams know no order among each other, and admission may
 * take a while: what the dialler gets before it is established waits.
 *
 * Any state ends with the connection; before "established" also by its deadline.
 */
export class Greeting {
  /** Settles with the established link, or with why there is none. */
  readonly established: Promise<Link>;
  readonly #context: PoolContext;
  readonly #handler: GreetingHandler;
  readonly #channel: Channel;
  readonly #deadline: Timer;
  #resolve!: (link: Link) => void;
  #reject!: (cause: MeshError) => void;
  #link: Link | undefined;
  #ready = false;
  #hello: Hello | undefined;
  /** The contact of ours that the peer was told. */
  #told: Bytes = new Uint8Array(0);
  /** Copies of frames that came before their link was established, in their order. */
  #early: Bytes[] = [];
  #earlyBytes = 0;

  constructor(connection: Connection, context: PoolContext, handler: GreetingHandler) {
    this.#context = context;
    this.#handler = handler;
    this.established = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#deadline = context.ports.clock.timer(GREETING_TIMEOUT, () =>
      this.#refuse(new MeshError("timeout", "the peer did not finish its handshake")),
    );
    this.#channel = new Channel(connection, {
      onFrame: (bytes, start, end, owned) => {
        if (this.#link && this.#earlyBytes === 0)
          handler.onFrame(this.#link, bytes, start, end, owned);
        else this.#beforeLink(bytes, start, end);
      },
      onActivity: () => this.#link?.liveness.heard(context.ports.clock.now()),
      onReady: () => {
        this.#ready = true;
        if (connection.dialled) this.#send(TYPE.connect);
        else this.#judge();
      },
      onClose: (info) => this.#closed(info),
    });
  }

  #beforeLink(bytes: Bytes, start: number, end: number): void {
    const { dialled } = this.#channel.connection;
    const type = bytes[start + 1];
    if (type === (dialled ? TYPE.connectAck : TYPE.connect) && this.#hello === undefined) {
      this.#hello = readHello(bytes, start + HEADER_BYTES, end);
      this.#judge();
      return;
    }
    this.#earlyBytes += end - start;
    if (!dialled || type === TYPE.connectAck || this.#earlyBytes > EARLY_MAX) {
      throw new MeshError("bad_frame", "a handshake message is due and something else came");
    }
    this.#early.push(bytes.slice(start, end));
  }

  /** Goes on once the peer has said who it is and both shared streams are there to answer on. */
  #judge(): void {
    if (!this.#ready || this.#hello === undefined) return;
    this.#admit(this.#hello).catch((cause) => this.#refuse(toMeshError(cause)));
  }

  async #admit(hello: Hello): Promise<void> {
    const { ports, members, verify } = this.#context;
    const peer = this.#channel.connection.peer;
    const judged = judgeHello(hello, { peer, members, verify, now: ports.clock.wall() });
    if (judged.kind === "refuse") throw new MeshError(judged.code, judged.reason);
    const { contact } = judged;
    const greeted = { channel: this.#channel, contact, instance: hello.instance };
    const link = await this.#handler.admit(greeted, () => this.#makeLink(greeted));
    link.observedAs = hello.observed;
    this.#deadline.cancel();
    this.#resolve(link);
    const early = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    for (const frame of early) this.#handler.onFrame(link, frame, 0, frame.length, true);
  }

  /** The moment of establishment: from here on frames go to the link. */
  #makeLink(greeted: Greeted): Link {
    const { ports, table, liveness } = this.#context;
    if (!this.#channel.connection.dialled) this.#send(TYPE.connectAck);
    this.#link = new Link({
      ...greeted,
      told: this.#told,
      label: table.freeLabel(),
      liveness: new Liveness(liveness, ports.clock.now()),
      clock: ports.clock,
    });
    return this.#link;
  }

  #send(type: number): void {
    const writer = new FrameWriter();
    writer.begin();
    const hello = this.#context.hello(this.#channel.connection.remoteAddress);
    this.#told = hello.contact;
    writeHello(writer, hello);
    writer.finish(type);
    this.#channel.send(writer.bytes, 0, writer.at);
  }

  #refuse(error: MeshError): void {
    this.#reject(error);
    this.#channel.close(error);
  }

  #closed(info: CloseInfo): void {
    this.#deadline.cancel();
    this.#reject(closeError(info, shortId(this.#channel.connection.peer)));
    if (this.#link) {
      this.#link.ended = info;
      this.#handler.onClose(this.#link, info);
    }
  }
}

/** What the end of a connection means to who waited for it: the peer's own code where it gave one. */
function closeError(info: CloseInfo, peer: string): MeshError {
  const code = info.by === "peer" && info.code > 0 ? codeFromWire(info.code) : "link_lost";
  return new MeshError(code, `node ${peer} closed the connection: ${info.reason || info.by}`);
}
