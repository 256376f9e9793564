import type { Address } from "../base/address.ts";
import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { idText, type NodeId } from "../base/id.ts";
import type { Clock, Millis } from "../base/ports.ts";
import type { CloseInfo } from "../transport/transport.ts";
import { HEADER_BYTES, TYPE } from "../wire/frame.ts";
import { readPing, writePing } from "../wire/ping.ts";
import { writeHopAccept } from "../wire/route-control.ts";
import { FrameWriter } from "../wire/writer.ts";
import { INLINE_MAX } from "./channel.ts";
import type { Contact } from "./contact.ts";
import { Custody } from "./custody.ts";
import type { Liveness } from "./liveness.ts";
import { Tally } from "./tally.ts";

/** One for all links: what it holds is gone when the ping, or whatever it is, has been handed on. */
const WRITER: FrameWriter = new FrameWriter();

/** So long after the last word of receipt another one travels with what leaves anyway, in the same packet. */
const TELL_ALONG: Millis = 10;

/** Time that a peer has for a sign of life while something waits for it. */
const SIGN_WITHIN: Millis = 200;

/** What a link counts over its life. */
export interface LinkStats {
  framesSent: number;
  framesReceived: number;
  bytesSent: number;
  bytesReceived: number;
}

/** What a link sends its frames over: a `Channel`, or what stands in for one in a model. */
export interface Carrier {
  readonly connection: {
    readonly kind: string;
    readonly isDatagram: boolean;
    readonly peer: NodeId;
    readonly dialled: boolean;
    readonly remoteAddress: Address;
  };
  readonly buffered: number;
  send(bytes: Bytes, start: number, end: number): boolean;
  sendFrame(writer: FrameWriter): boolean;
  close(error: MeshError): void;
}

/** A live, verified link to one node. */
export class Link {
  readonly peer: NodeId;
  /** `peer` in hexadecimal: the key of maps. */
  readonly peerText: string;
  /** Names this link in route frames; unique among the links of this node, never 0. */
  readonly label: number;
  readonly dialled: boolean;
  readonly instance: Bytes;
  readonly liveness: Liveness;
  readonly since: Millis;
  readonly stats: LinkStats = { framesSent: 0, framesReceived: 0, bytesSent: 0, bytesReceived: 0 };
  /** Our contact as the peer was told it last, in its signed form. */
  told: Bytes;
  /** The peer's latest contact. */
  contact: Contact;
  /** From when on the peer's next contact is on time; ahead of the clock while it tells of more than its share. */
  updatesDue: Millis = 0;
  /** When what was passed on for the peer is paid at the rate it is granted, where it is granted one. */
  forwardingPaid: Millis = 0;
  /** Kept whatever happens; set by whoever wants the link to stay. */
  pinned = false;
  /** It was opened only because it is quicker than the way through others, and does without whoever keeps the overlay. */
  isShortcut = false;
  /** Calls over it as a shortcut. */
  readonly tally: Tally = new Tally();
  /** The address the peer says it sees us at; its claim. */
  observedAs = "";
  /** When user traffic last passed. */
  usedAt: Millis;
  /** This side has ended it; it stays in the table until that is done. */
  isClosing = false;
  /** Set once the link has ended. */
  ended: CloseInfo | undefined;
  /** Route frames that the peer has not yet told to have taken. */
  readonly custody: Custody = new Custody();
  /** When the first of the route frames was taken of which the peer was not told. */
  untoldSince: Millis = 0;
  readonly #channel: Carrier;
  readonly #clock: Clock;
  #pings = 0;
  /** Route frames taken from the peer on the shared stream, and of how many it was told. */
  #framesTaken = 0;
  #framesTold = 0;
  #toldAt: Millis = Number.NEGATIVE_INFINITY;
  /** When the peer was last asked for a sign of life by `isSilent`, and when it was doubted. */
  #askedAt: Millis = Number.NEGATIVE_INFINITY;
  #doubtedAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(options: {
    readonly channel: Carrier;
    readonly contact: Contact;
    readonly told: Bytes;
    readonly instance: Bytes;
    readonly label: number;
    readonly liveness: Liveness;
    readonly clock: Clock;
  }) {
    this.#channel = options.channel;
    this.#clock = options.clock;
    this.contact = options.contact;
    this.told = options.told;
    this.instance = options.instance;
    this.label = options.label;
    this.liveness = options.liveness;
    this.peer = options.channel.connection.peer;
    this.peerText = idText(this.peer);
    this.dialled = options.channel.connection.dialled;
    this.since = options.clock.now();
    this.usedAt = this.since;
  }

  /** The name of the driver that carries it. */
  get kind(): string {
    return this.#channel.connection.kind;
  }

  /** It goes by datagrams: where the peer is seen is where its socket can be reached, as far as its NAT allows. */
  get isDatagram(): boolean {
    return this.#channel.connection.isDatagram;
  }

  get remoteAddress(): Address {
    return this.#channel.connection.remoteAddress;
  }

  get buffered(): number {
    return this.#channel.buffered;
  }

  /** Queues a copy of the frame `bytes[start, end)`. False, and nothing queued, where the link is full or gone. */
  send(bytes: Bytes, start: number, end: number): boolean {
    return this.#counted(
      end - start,
      this.ended === undefined && this.#channel.send(bytes, start, end),
    );
  }

  /** Queues what `writer` holds, which is the writer's no more. */
  sendFrame(writer: FrameWriter): boolean {
    const length = writer.at;
    return this.#counted(length, this.ended === undefined && this.#channel.sendFrame(writer));
  }

  /**
   * Sends the route frame `bytes[start, end)` and keeps it, where it is `kept`, until the peer has told that it took it.
   * A large frame travels outside the order of the others and is never kept. `now` is the monotonic time.
   */
  sendRouted(bytes: Bytes, start: number, end: number, kept: boolean, now: Millis): boolean {
    if (this.framesUntold > 0 && now - this.#toldAt >= TELL_ALONG) this.tellTaken(now);
    if (!this.send(bytes, start, end)) return false;
    if (end - start <= INLINE_MAX) this.custody.sent(bytes, start, kept ? end : start, now);
    return true;
  }

  /** A route frame was taken from the peer on the shared stream, at `usedAt`. Returns of how many it was not told. */
  tookFrame(): number {
    this.#framesTaken += 1;
    const untold = this.framesUntold;
    if (untold === 1) this.untoldSince = this.usedAt;
    return untold;
  }

  /** Route frames taken from the peer of which it was not told. */
  get framesUntold(): number {
    return this.#framesTaken - this.#framesTold;
  }

  /** Tells the peer how many route frames were taken from it; later, where the link takes nothing now. */
  tellTaken(now: Millis): void {
    WRITER.begin();
    writeHopAccept(WRITER, this.#framesTaken);
    WRITER.finish(TYPE.hopAccept);
    if (!this.sendFrame(WRITER)) return;
    this.#framesTold = this.#framesTaken;
    this.#toldAt = now;
  }

  /** The peer leaves frames untold, or was silent when it was asked: others are better taken for now. */
  get isSuspect(): boolean {
    return this.custody.isSuspect || this.#doubtedAt > this.liveness.heardAt;
  }

  /**
   * To be asked when something that waits for the peer is late. True where nothing has come from it since it was asked for
   * a sign of life, a while ago; else it is asked for one.
   */
  isSilent(): boolean {
    const now = this.#clock.now();
    if (this.#askedAt > this.liveness.heardAt) return now - this.#askedAt >= SIGN_WITHIN;
    this.#askedAt = now;
    this.ping();
    return false;
  }

  /** The link is suspect until something comes from the peer. True where it was not before. */
  doubt(): boolean {
    const isNews = !this.isSuspect;
    this.#doubtedAt = this.#clock.now();
    return isNews;
  }

  #counted(length: number, sent: boolean): boolean {
    if (sent) {
      this.stats.framesSent += 1;
      this.stats.bytesSent += length;
    }
    return sent;
  }

  /** Asks for a sign of life; the answer feeds the round trip. */
  ping(): void {
    this.#pings += 1;
    this.#sendPing(TYPE.ping, this.#pings);
    this.liveness.pinged(this.#clock.now());
  }

  /** Answers a ping or takes the answer to one. Throws `bad_frame`. */
  receivePing(type: number, bytes: Bytes, start: number, end: number): void {
    const number = readPing(bytes, start + HEADER_BYTES, end);
    if (type === TYPE.ping) this.#sendPing(TYPE.pong, number);
    else if (number === this.#pings) this.liveness.answered(this.#clock.now());
  }

  close(error: MeshError): void {
    this.isClosing = true;
    this.#channel.close(error);
  }

  /** The link is silent for too long. */
  lose(): void {
    this.close(new MeshError("timeout", "the peer does not answer"));
  }

  #sendPing(type: number, number: number): void {
    WRITER.begin();
    writePing(WRITER, number);
    WRITER.finish(type);
    this.sendFrame(WRITER);
  }
}
