import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { type Address, parseHostPort } from "../../../src/base/address.ts";
import { ClientHandshake, type Papers } from "./handshake.ts";
import {
  initialKeys,
  type Keys,
  openDatagram,
  packetKeys,
  Reader,
  type Space,
  sealLong,
  varint,
} from "./packets.ts";

const ID_BYTES = 8;
/** Least size of a datagram with a client's first packet (RFC 9000, 14.1). */
const FIRST_BYTES = 1_200;

/** The bytes of the handshake in one space, put in order. */
class CryptoStream {
  readonly #parts = new Map<number, Buffer>();
  #bytes: Buffer = Buffer.alloc(0);

  add(offset: number, bytes: Buffer): void {
    this.#parts.set(offset, bytes);
    let next = this.#parts.get(this.#bytes.length);
    while (next !== undefined && next.length > 0) {
      this.#bytes = Buffer.concat([this.#bytes, next]);
      next = this.#parts.get(this.#bytes.length);
    }
  }

  /** The messages that are whole, from number `from` on. */
  messages(from: number): Buffer[] {
    const found: Buffer[] = [];
    let at = 0;
    while (at + 4 <= this.#bytes.length) {
      const end = at + 4 + this.#bytes.readUIntBE(at + 1, 3);
      if (end > this.#bytes.length) break;
      found.push(this.#bytes.subarray(at, end));
      at = end;
    }
    return found.slice(from);
  }
}

/**
 * A QUIC client that shakes hands with any papers, or none, and then only listens. Resolves to how the
 * server ended the connection: `<code>: <reason>` where its application did, `QUIC <code>: <reason>` else.
 */
export function visit(socket: Socket, to: Address, papers: Papers): Promise<string> {
  return new Promise((resolve) => new Visit(socket, to, papers, resolve).start());
}

class Visit {
  readonly #socket: Socket;
  readonly #to: Address;
  readonly #papers: Papers;
  readonly #done: (verdict: string) => void;
  readonly #own = randomBytes(ID_BYTES);
  readonly #handshake = new ClientHandshake(this.#own);
  readonly #streams = { initial: new CryptoStream(), handshake: new CryptoStream() };
  readonly #taken = { initial: 0, handshake: 0 };
  readonly #keys = new Map<Space, Keys>();
  readonly #first = randomBytes(ID_BYTES);
  #server: Buffer = this.#first;
  #sendKeys: Keys | undefined;

  constructor(socket: Socket, to: Address, papers: Papers, done: (verdict: string) => void) {
    this.#socket = socket;
    this.#to = to;
    this.#papers = papers;
    this.#done = done;
  }

  start(): void {
    const { client, server } = initialKeys(this.#first);
    this.#keys.set("initial", server);
    this.#socket.on("message", (datagram) => this.#receive(datagram));
    const crypto = cryptoFrame(this.#handshake.hello);
    const payload = Buffer.concat([crypto, Buffer.alloc(FIRST_BYTES - crypto.length)]);
    this.#send("initial", client, payload);
  }

  #send(space: "initial" | "handshake", keys: Keys, payload: Buffer): void {
    const { host, port } = parseHostPort(this.#to);
    const ids = { destination: this.#server, source: this.#own };
    this.#socket.send(sealLong({ space, keys, number: 0, ...ids, payload }), port, host);
  }

  #receive(datagram: Buffer): void {
    // Keys for the later packets of a datagram may come with its first: it is read until none are new.
    let known: number;
    do {
      known = this.#keys.size;
      for (const packet of openDatagram(datagram, ID_BYTES, (space) => this.#keys.get(space))) {
        if (packet.source !== undefined) this.#server = Buffer.from(packet.source);
        this.#frames(packet.space, packet.payload);
      }
    } while (this.#keys.size > known);
  }

  #frames(space: Space, payload: Buffer): void {
    const reader = new Reader(payload);
    while (reader.left > 0) if (!this.#frame(space, reader, reader.varint())) return;
  }

  /** Reads one frame. False where it is of no kind that matters here. */
  #frame(space: Space, reader: Reader, type: number): boolean {
    if (type === 0x00 || type === 0x01 || type === 0x1e) return true;
    if (type === 0x02) {
      reader.varint();
      reader.varint();
      for (let ranges = reader.varint() * 2 + 1; ranges > 0; ranges--) reader.varint();
      return true;
    }
    if (type === 0x06 && space !== "application") {
      const offset = reader.varint();
      this.#streams[space].add(offset, Buffer.from(reader.take(reader.varint())));
      this.#shake(space);
      return true;
    }
    if (type === 0x18) {
      reader.varint();
      reader.varint();
      reader.take(reader.byte() + 16);
      return true;
    }
    if (type === 0x1c || type === 0x1d) this.#closed(reader, type === 0x1d);
    return false;
  }

  #closed(reader: Reader, byApplication: boolean): void {
    const code = reader.varint();
    if (!byApplication) reader.varint();
    const reason = reader.take(reader.varint()).toString();
    this.#done(byApplication ? `${code}: ${reason}` : `QUIC 0x${code.toString(16)}: ${reason}`);
  }

  #shake(space: "initial" | "handshake"): void {
    for (const message of this.#streams[space].messages(this.#taken[space])) {
      this.#taken[space] += 1;
      if (space === "initial") this.#hello(message);
      else this.#message(message);
    }
  }

  #hello(message: Buffer): void {
    const { client, server } = this.#handshake.serverHello(message);
    this.#keys.set("handshake", packetKeys(server));
    this.#sendKeys = packetKeys(client);
  }

  #message(message: Buffer): void {
    const later = this.#handshake.serverMessage(message);
    if (later === undefined || this.#sendKeys === undefined) return;
    this.#keys.set("application", packetKeys(later));
    this.#send("handshake", this.#sendKeys, cryptoFrame(this.#handshake.answer(this.#papers)));
  }
}

function cryptoFrame(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x06]), varint(0), varint(bytes.length), bytes]);
}
