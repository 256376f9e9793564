import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Address, parseHostPort, toAddress } from "../../src/base/address.ts";
import { ERROR_CODES } from "../../src/base/errors.ts";
import { contextOptions, createContext, HANDSHAKE } from "../../src/transport/tls/credentials.ts";
import { createTlsTransport, type TlsTransport } from "../../src/transport/tls/tls-transport.ts";
import type { TransportIdentity, TransportLimits } from "../../src/transport/transport.ts";
import { FOREIGN_IDENTITIES } from "../contract/foreign.ts";
import { arrivals, askEcho, type ConnectionProbe, echo, type Queue } from "../contract/probes.ts";
import { inRealTime } from "../contract/real-time.ts";
import { identityOf } from "../contract/stage.ts";
import { frame, hello } from "./mux-scene.ts";

const DIAL_TIMEOUT = 5_000;
const ANYWHERE = "127.0.0.1:0" as Address;

let transports: TlsTransport[] = [];
let sockets: Socket[] = [];

beforeEach(() => {
  transports = [];
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await inRealTime(Promise.all(transports.map((transport) => transport.close())), "closing");
});

function transportOf(node: number, limits: Partial<TransportLimits> = {}): TlsTransport {
  const transport = createTlsTransport({ identity: identityOf(node), limits });
  transports.push(transport);
  return transport;
}

interface Target {
  readonly transport: TlsTransport;
  readonly address: Address;
  readonly arrived: Queue<ConnectionProbe>;
}

async function target(limits: Partial<TransportLimits> = {}): Promise<Target> {
  const transport = transportOf(1, limits);
  const arrived = arrivals(transport, echo);
  return { transport, address: await transport.listen(ANYWHERE), arrived };
}

/** A mesh node is served as ever. */
async function servesOthers({ address }: Target): Promise<void> {
  const connection = await transportOf(2).dial(address, { timeout: DIAL_TIMEOUT });
  connection.setHandler({ onStream: () => {}, onClose: () => {} });
  await inRealTime(askEcho(connection), "an echo");
}

function tcp({ address }: Target): Socket {
  const { host, port } = parseHostPort(address);
  const socket = connectTcp(port, host);
  socket.on("error", () => {});
  socket.resume();
  sockets.push(socket);
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return inRealTime(new Promise((resolve) => socket.once("close", () => resolve())), "the close");
}

interface Intruder {
  readonly socket: TLSSocket;
  /** What the target has said when it is done, without the tickets of TLS. */
  readonly said: Promise<Buffer>;
}

/** A TLS client that does as it likes. */
function intrude(
  { address }: Target,
  options: { identity?: TransportIdentity; protocols?: string[]; session?: Buffer } = {},
): Intruder {
  const { identity = identityOf(3), protocols = [...HANDSHAKE.ALPNProtocols], session } = options;
  const { host, port } = parseHostPort(address);
  const socket = connect({
    host,
    port,
    ...HANDSHAKE,
    ALPNProtocols: protocols,
    secureContext: createContext(identity),
    servername: "",
    ...(session === undefined ? {} : { session }),
  });
  sockets.push(socket);
  const parts: Buffer[] = [];
  socket.on("error", () => {});
  socket.on("data", (bytes) => parts.push(bytes));
  const said = closed(socket).then(() => Buffer.concat(parts));
  return { socket, said };
}

/** The code that a target's last frame, a close, states. */
function closeCode(said: Buffer): number {
  let at = 0;
  while (at < said.length && said[at] !== 0x0b) at += 8 + said.readUInt16BE(at + 1);
  return said.readUInt32BE(at + 8);
}

describe("a tls listener", () => {
  it.each([
    ["words of another protocol", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["noise", Buffer.alloc(4_000, 0xa5)],
    [
      "a record that is too long",
      Buffer.concat([Buffer.from([22, 3, 1, 0xff, 0xff]), Buffer.alloc(70_000)]),
    ],
  ])("cuts off who sends %s", async (_name, bytes) => {
    const it = await target();
    const socket = tcp(it);
    socket.write(bytes);
    await closed(socket);
    await servesOthers(it);
    expect(it.transport.stats()).toMatchObject({ connections: 1, handshakes: 0 });
  });

  it("cuts off who speaks another protocol over TLS", async () => {
    const it = await target();
    expect((await intrude(it, { protocols: ["h2"] }).said).length).toBe(0);
    await servesOthers(it);
  });

  it("tells who names no protocol that it does not speak theirs", async () => {
    const it = await target();
    const said = await intrude(it, { protocols: [] }).said;
    expect(closeCode(said)).toBe(ERROR_CODES.unsupported_version.wire);
    expect(it.arrived.length).toBe(0);
  });

  it.each(["p256", "rsa"] as const)(
    "tells who shows a certificate of %s that it is refused",
    async (kind) => {
      const it = await target();
      const said = await intrude(it, { identity: FOREIGN_IDENTITIES[kind] }).said;
      expect(closeCode(said)).toBe(ERROR_CODES.bad_certificate.wire);
      expect(it.transport.stats()).toMatchObject({ connections: 0, handshakes: 0 });
    },
  );

  it("cuts off who takes too long to begin, to shake hands or to say hello", async () => {
    const it = await target({ handshakeTimeout: 150 });
    const silent = tcp(it);
    const slow = tcp(it);
    slow.write(Buffer.from([22, 3, 1]));
    const mute = intrude(it);
    await Promise.all([closed(silent), closed(slow), mute.said]);
    expect(it.transport.stats().handshakes).toBe(0);
    expect(it.arrived.length).toBe(0);
  });

  it("takes no more arrivals at once than it is told, and goes on when they are gone", async () => {
    const it = await target({ handshakesMax: 3 });
    const silent = [tcp(it), tcp(it), tcp(it)];
    await Promise.all(silent.map((socket) => once(socket, "connect")));
    await closed(tcp(it));
    expect(it.transport.stats().handshakes).toBe(3);
    const gone = silent.map((socket) => closed(socket));
    for (const socket of silent) socket.destroy();
    await Promise.all(gone);
    await closed(tcp(it).end());
    await servesOthers(it);
  });

  it("closes who sends more than it was granted, with the code for that", async () => {
    const it = await target({ streamWindow: 10_000 });
    const { socket, said } = intrude(it);
    await once(socket, "secureConnect");
    socket.write(hello(15_000, 256, 0, 0));
    const { connection } = await it.arrived.take();
    expect(connection.peer).toEqual(identityOf(3).id);
    for (let count = 0; count < 100; count++)
      socket.write(frame(0x02, 1_000 * 4, new Uint8Array(9_000)));
    expect(closeCode(await said)).toBe(ERROR_CODES.too_large.wire);
    await servesOthers(it);
  });

  it("keeps no session that could be resumed", async () => {
    const it = await target();
    const first = intrude(it);
    const session = await new Promise<Buffer>((resolve) => {
      first.socket.once("session", resolve);
      first.socket.once("secureConnect", () => first.socket.write(hello(1_000, 1, 1, 1)));
    });
    await it.arrived.take();
    const second = intrude(it, { session });
    await once(second.socket, "secureConnect");
    expect(second.socket.isSessionReused()).toBe(false);
  });

  it("does not wait for ever for a peer that reads nothing, when it closes", async () => {
    const it = await target();
    const { socket } = intrude(it);
    await once(socket, "secureConnect");
    socket.write(hello(15_000, 256, 1 << 30, 1 << 30));
    const { connection } = await it.arrived.take();
    socket.pause();
    const stream = await connection.open();
    stream.setHandler({ onData() {}, onEnd() {}, onReset() {}, onStop() {}, onDrain() {} });
    stream.write(new Uint8Array(32 << 20));
    await inRealTime(it.transport.close(), "closing");
  });
});

describe("a tls dialler", () => {
  it.each(["p256", "rsa"] as const)("refuses a listener with a certificate of %s", async (kind) => {
    const transport = createTlsTransport({ identity: FOREIGN_IDENTITIES[kind] });
    transports.push(transport);
    const address = await transport.listen(ANYWHERE);
    const dialled = transportOf(2).dial(address, { timeout: DIAL_TIMEOUT });
    await expect(dialled).rejects.toMatchObject({ code: "bad_certificate" });
  });

  it("fails at a listener that takes no more", async () => {
    const it = await target({ connectionsMax: 1 });
    const first = await transportOf(2).dial(it.address, { timeout: DIAL_TIMEOUT });
    first.setHandler({ onStream: () => {}, onClose: () => {} });
    const second = transportOf(3).dial(it.address, { timeout: DIAL_TIMEOUT });
    await expect(second).rejects.toMatchObject({ code: "dial_failed" });
  });

  it("fails by its timeout where a listener says nothing after the handshake", async () => {
    const mute = createServer({ ...contextOptions(identityOf(1)), ...HANDSHAKE });
    const arrived = new Promise<Socket>((resolve) => mute.on("secureConnection", resolve));
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as AddressInfo;
    const address = toAddress("127.0.0.1", port);
    const dialled = transportOf(2).dial(address, { timeout: 300 });
    await expect(dialled).rejects.toMatchObject({ code: "dial_failed" });
    (await arrived).destroy();
    mute.close();
  });

  it("is told by a listener that takes no connections", async () => {
    const transport = transportOf(1);
    const address = await transport.listen(ANYWHERE);
    const dialled = transportOf(2).dial(address, { timeout: DIAL_TIMEOUT });
    const code = await dialled.then(
      (connection) =>
        new Promise((resolve) => {
          connection.setHandler({ onStream: () => {}, onClose: (info) => resolve(info.code) });
        }),
      (error: { code: string }) => error.code,
    );
    expect([ERROR_CODES.refused.wire, "refused"]).toContain(code);
  });

  it("is made from an identity that is one", () => {
    const identity = { ...identityOf(1), certificate: identityOf(2).certificate };
    expect(() => createTlsTransport({ identity })).toThrow(
      expect.objectContaining({ code: "bad_config" }),
    );
  });
});
