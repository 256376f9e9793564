import { connect, type Socket } from "node:net";
import { type Address, parseHostPort } from "../../../src/base/address.ts";
import { ClientHandshake, type Papers } from "./handshake.ts";
import { plainRecord, RECORD, RecordCutter, RecordKeys } from "./records.ts";

/** Alerts of TLS about certificates and their proof (RFC 8446, 6). */
const CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 51, 116]);
/** The mux's frame that says why a connection ends, and what stands before its code. */
const CLOSE = 0x0b;
const HEADER_BYTES = 8;
/** A hello that grants nothing: 10 s, no streams, no bytes. */
const HELLO = Buffer.from(`0100100000000000${"00002710"}${"00".repeat(12)}`, "hex");

/**
 * A client of TLS 1.3 over TCP that shakes hands with any papers, or none, and then only listens. Resolves to how
 * the server ended the connection: `<code>: <reason>` where it said so itself, `alert <number>` where TLS did.
 */
export function visitOverTcp(to: Address, papers: Papers): Promise<string> {
  return new Promise((resolve) => new TcpVisit(to, papers, resolve).start());
}

class TcpVisit {
  readonly #socket: Socket;
  readonly #papers: Papers;
  readonly #done: (verdict: string) => void;
  readonly #handshake = new ClientHandshake(Buffer.alloc(8));
  readonly #cutter = new RecordCutter();
  #crypto: Buffer = Buffer.alloc(0);
  #said: Buffer = Buffer.alloc(0);
  #reading: RecordKeys | undefined;
  #writing: RecordKeys | undefined;
  #shaken = false;

  constructor(to: Address, papers: Papers, done: (verdict: string) => void) {
    const { host, port } = parseHostPort(to);
    this.#socket = connect(port, host);
    this.#papers = papers;
    this.#done = done;
  }

  start(): void {
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#done("closed without a word"));
    this.#socket.on("data", (bytes) => {
      for (const record of this.#cutter.push(bytes)) this.#record(record);
    });
    this.#socket.write(plainRecord(RECORD.handshake, this.#handshake.hello));
  }

  #record(record: Buffer): void {
    const type = record[0] as number;
    if (type === RECORD.cipherSpec) return;
    if (type !== RECORD.data || this.#reading === undefined) {
      this.#content(type, record.subarray(5));
      return;
    }
    const opened = this.#reading.open(record);
    this.#content(opened.type, opened.content);
  }

  #content(type: number, content: Buffer): void {
    if (type === RECORD.alert) this.#alert(content[1] as number);
    else if (type === RECORD.handshake && !this.#shaken) this.#shake(content);
    else if (type === RECORD.data) this.#data(content);
  }

  #alert(alert: number): void {
    if (alert === 0) return;
    this.#done(`alert ${alert}${CERTIFICATE_ALERTS.has(alert) ? ", about the certificate" : ""}`);
  }

  #shake(content: Buffer): void {
    this.#crypto = Buffer.concat([this.#crypto, content]);
    while (this.#crypto.length >= 4) {
      const end = 4 + this.#crypto.readUIntBE(1, 3);
      if (this.#crypto.length < end) return;
      const message = this.#crypto.subarray(0, end);
      this.#crypto = this.#crypto.subarray(end);
      if (this.#writing === undefined) this.#hello(message);
      else this.#message(message);
    }
  }

  #hello(message: Buffer): void {
    const { client, server } = this.#handshake.serverHello(message);
    this.#reading = new RecordKeys(server);
    this.#writing = new RecordKeys(client);
  }

  #message(message: Buffer): void {
    const later = this.#handshake.serverMessage(message);
    if (later === undefined || this.#writing === undefined) return;
    this.#shaken = true;
    this.#reading = new RecordKeys(later);
    const answer = this.#handshake.answer(this.#papers);
    this.#socket.write(this.#writing.seal(RECORD.handshake, answer));
    this.#writing = new RecordKeys(this.#handshake.applicationSecret);
    this.#socket.write(this.#writing.seal(RECORD.data, HELLO));
  }

  #data(content: Buffer): void {
    this.#said = Buffer.concat([this.#said, content]);
    while (this.#said.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#said.readUInt16BE(1);
      if (this.#said.length < end) return;
      const frame = this.#said.subarray(0, end);
      this.#said = this.#said.subarray(end);
      if (frame[0] !== CLOSE) continue;
      this.#done(`${frame.readUInt32BE(HEADER_BYTES)}: ${frame.subarray(HEADER_BYTES + 4)}`);
      this.#socket.destroy();
    }
  }
}
