import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { expandLabel, hmac, varint } from "./packets.ts";

/** What the stranger shows: a certificate or none, and a key to sign with. */
export interface Papers {
  readonly certificate: Uint8Array | undefined;
  /** DER, PKCS #8. */
  readonly privateKey: Uint8Array;
}

const NONE = Buffer.alloc(0);
const X25519_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

/** The client's side of a TLS 1.3 handshake, as bytes: X25519, AES-128-GCM, SHA-256. */
export class ClientHandshake {
  readonly hello: Buffer;
  readonly #own = generateKeyPairSync("x25519");
  readonly #transcript: Buffer[] = [];
  #secret: Buffer = NONE;
  #clientSecret: Buffer = NONE;
  #requestContext: Buffer = NONE;
  #applicationSecret: Buffer = NONE;

  constructor(sourceId: Uint8Array) {
    this.hello = this.#writeHello(sourceId);
    this.#transcript.push(this.hello);
  }

  /** Takes the server's hello; returns the secrets of handshake packets. */
  serverHello(message: Buffer): { client: Buffer; server: Buffer } {
    this.#transcript.push(message);
    const shared = diffieHellman({
      privateKey: this.#own.privateKey,
      publicKey: keyShareOf(message),
    });
    const early = hmac(Buffer.alloc(32), Buffer.alloc(32));
    this.#secret = hmac(this.#derive(early, "derived", hash()), shared);
    this.#clientSecret = this.#derive(this.#secret, "c hs traffic", this.#hash());
    return {
      client: this.#clientSecret,
      server: this.#derive(this.#secret, "s hs traffic", this.#hash()),
    };
  }

  /** Takes a message after the hello. Returns the secret of the server's later packets with the last. */
  serverMessage(message: Buffer): Buffer | undefined {
    this.#transcript.push(message);
    if (message[0] === 13) this.#requestContext = message.subarray(4, 5 + (message[4] as number));
    if (message[0] !== 20) return undefined;
    const master = hmac(this.#derive(this.#secret, "derived", hash()), Buffer.alloc(32));
    this.#applicationSecret = this.#derive(master, "c ap traffic", this.#hash());
    return this.#derive(master, "s ap traffic", this.#hash());
  }

  /** The secret of what the client sends after its answer; there once the server has said all. */
  get applicationSecret(): Buffer {
    return this.#applicationSecret;
  }

  /** The client's answer: certificate, proof of its key if there is one, and the end. */
  answer({ certificate, privateKey }: Papers): Buffer {
    const entry =
      certificate === undefined
        ? NONE
        : Buffer.concat([length(certificate.length, 3), certificate, Buffer.from([0, 0])]);
    const shown = this.#add(
      11,
      Buffer.concat([this.#requestContext, length(entry.length, 3), entry]),
    );
    const proof = certificate === undefined ? NONE : this.#add(15, this.#prove(privateKey));
    const key = expandLabel(this.#clientSecret, "finished", NONE, 32);
    const end = this.#add(20, hmac(key, this.#hash()));
    return Buffer.concat([shown, proof, end]);
  }

  #prove(privateKey: Uint8Array): Buffer {
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: "der", type: "pkcs8" });
    const content = Buffer.concat([
      Buffer.alloc(64, 0x20),
      Buffer.from("TLS 1.3, client CertificateVerify\0"),
      this.#hash(),
    ]);
    const [scheme, signature] = signWith(key, content);
    return Buffer.concat([length(scheme, 2), length(signature.length, 2), signature]);
  }

  #add(type: number, body: Buffer): Buffer {
    const whole = message(type, body);
    this.#transcript.push(whole);
    return whole;
  }

  #derive(secret: Buffer, label: string, transcript: Buffer): Buffer {
    return expandLabel(secret, label, transcript, 32);
  }

  #hash(): Buffer {
    return hash(...this.#transcript);
  }

  #writeHello(sourceId: Uint8Array): Buffer {
    const raw = this.#own.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
    const share = Buffer.concat([length(0x1d, 2), length(32, 2), raw]);
    const protocol = Buffer.from("macula/2");
    const parameters = Buffer.concat([
      parameter(0x01, varint(10_000)),
      parameter(0x04, varint(65_536)),
      parameter(0x08, varint(16)),
      parameter(0x0f, Buffer.from(sourceId)),
    ]);
    const extensions = Buffer.concat([
      extension(0x2b, Buffer.from([2, 3, 4])),
      extension(0x0a, Buffer.from([0, 2, 0, 0x1d])),
      extension(0x0d, Buffer.from([0, 6, 0x08, 0x07, 0x04, 0x03, 0x08, 0x04])),
      extension(0x33, Buffer.concat([length(share.length, 2), share])),
      extension(
        0x10,
        Buffer.concat([length(protocol.length + 1, 2), length(protocol.length, 1), protocol]),
      ),
      extension(0x39, parameters),
    ]);
    const body = Buffer.concat([
      Buffer.from([3, 3]),
      randomBytes(32),
      Buffer.from([0, 0, 2, 0x13, 0x01, 1, 0]),
      length(extensions.length, 2),
      extensions,
    ]);
    return message(1, body);
  }
}

function signWith(key: KeyObject, content: Buffer): [scheme: number, signature: Buffer] {
  if (key.asymmetricKeyType === "ed25519") return [0x0807, sign(null, content, key)];
  if (key.asymmetricKeyType === "ec") return [0x0403, sign("sha256", content, key)];
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return [0x0804, sign("sha256", content, { key, padding, saltLength: 32 })];
}

function keyShareOf(hello: Buffer): KeyObject {
  // Header, version, random, session id, suite, compression; then the extensions.
  let at = 4 + 2 + 32;
  at += 1 + (hello[at] as number) + 3 + 2;
  while (at < hello.length) {
    const type = hello.readUInt16BE(at);
    const size = hello.readUInt16BE(at + 2);
    if (type === 0x33) {
      const key = Buffer.concat([X25519_PREFIX, hello.subarray(at + 8, at + 8 + 32)]);
      return createPublicKey({ key, format: "der", type: "spki" });
    }
    at += 4 + size;
  }
  throw new Error("the server's hello has no key share");
}

function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), length(body.length, 3), body]);
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([length(type, 2), length(body.length, 2), body]);
}

function parameter(id: number, value: Buffer): Buffer {
  return Buffer.concat([varint(id), varint(value.length), value]);
}

function length(value: number, bytes: number): Buffer {
  const written = Buffer.alloc(bytes);
  written.writeUIntBE(value, 0, bytes);
  return written;
}

function hash(...parts: Buffer[]): Buffer {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest();
}
