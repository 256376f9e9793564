import { toNodeId } from "../../src/base/id.ts";
import { signerFromSeed } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { type ContactClaim, signContact } from "../../src/peer/contact.ts";
import type { World } from "../../src/sim/world.ts";
import type { CloseInfo, Connection, Stream } from "../../src/transport/transport.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { type Hello, writeHello } from "../../src/wire/hello.ts";
import { writeHopAccept } from "../../src/wire/route-control.ts";
import { type RouteHeader, writeRouteHeader } from "../../src/wire/route-frame.ts";
import { FrameSplitter } from "../../src/wire/splitter.ts";
import { FrameWriter } from "../../src/wire/writer.ts";

/** The realm of nodes in simulated worlds. */
const REALM = realmId("com.example.sim");

/** A frame of `type` around a payload. */
export function frameOf(type: number, write: (writer: FrameWriter) => unknown): Uint8Array {
  const writer = new FrameWriter();
  writer.begin();
  write(writer);
  writer.finish(type);
  return writer.copy();
}

/** A payload alone, as it stands in a route frame. */
export function payload(write: (writer: FrameWriter) => unknown): Uint8Array {
  const writer = new FrameWriter();
  writer.beginBare();
  write(writer);
  return writer.copy();
}

/** A route frame around `body`. */
export function routeFrame(
  header: Partial<RouteHeader>,
  body: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const zero = toNodeId(new Uint8Array(32));
  return frameOf(TYPE.rpcRoute, (writer) => {
    writeRouteHeader(writer, {
      destination: zero,
      source: zero,
      messageId: new Uint8Array(16),
      maxHops: 3,
      payloadType: TYPE.call,
      labels: undefined,
      traced: false,
      destinationAnchors: [],
      sourceAnchors: [],
      ...header,
    });
    writer.raw(body);
  });
}

/** A peer that does what a test wants: it has a true identity and speaks the wire by hand. */
export class RawPeer {
  readonly id;
  /** Frames that came, by type. */
  readonly received: { readonly type: number; readonly frame: Uint8Array }[] = [];
  closed: CloseInfo | undefined;
  /** Refuses every stream that the other side opens. */
  stopsLarge = false;
  /** Does not read the streams that the other side opens. */
  pausesLarge = false;
  /** Streams that the other side has opened so far. */
  streamsTaken = 0;
  /** Tells of the route frames that it takes. */
  accepts = true;
  #taken = 0;
  readonly #world: World;
  readonly #number: number;
  readonly #connection: Connection;
  readonly #streams: Stream[] = [];

  constructor(world: World, number: number, connection: Connection) {
    this.#world = world;
    this.#number = number;
    this.#connection = connection;
    this.id = signerFromSeed(world.keySeed(number)).id;
    connection.setHandler({
      onStream: (stream) => {
        this.#listen(stream, 1);
        this.#streams.push(stream);
        if (this.stopsLarge) stream.stop(0);
        if (this.pausesLarge) stream.pause();
        this.streamsTaken += 1;
      },
      onClose: (info) => {
        this.closed = info;
      },
    });
  }

  /** Takes all arrivals at the place of node `number`, into the list that this resolves to. */
  static async listen(world: World, number: number): Promise<RawPeer[]> {
    const arrivals: RawPeer[] = [];
    const transport = world.transport(number, world.identity(number));
    transport.onConnection = (connection) => {
      arrivals.push(new RawPeer(world, number, connection));
    };
    await world.run(transport.listen(world.address(number)));
    return arrivals;
  }

  /** Dials node `target` from the place of node `number`; nothing is sent yet. */
  static async dial(world: World, number: number, target: number): Promise<RawPeer> {
    const transport = world.transport(number, world.identity(number));
    const dialling = transport
      .dial(world.address(target), { timeout: 5_000 })
      .then((connection) => new RawPeer(world, number, connection));
    return world.run(dialling);
  }

  /** Listens at the place of node `number`; resolves with the first that dials it. */
  static async accept(world: World, number: number): Promise<RawPeer> {
    const transport = world.transport(number, world.identity(number));
    const arrived = new Promise<RawPeer>((resolve) => {
      transport.onConnection = (connection) => resolve(new RawPeer(world, number, connection));
    });
    await world.run(transport.listen(world.address(number)));
    const peer = await world.run(arrived);
    await peer.settle();
    return peer;
  }

  /** Dials, opens both shared streams and shakes hands. */
  static async link(world: World, number: number, target: number, claim?: Partial<ContactClaim>) {
    const peer = await RawPeer.dial(world, number, target);
    await peer.openShared();
    await peer.sendControl(frameOf(TYPE.connect, (it) => writeHello(it, peer.hello({}, claim))));
    return peer;
  }

  /** The true hello of this peer, with some of it changed. */
  hello(changed: Partial<Hello> = {}, claim: Partial<ContactClaim> = {}): Hello {
    const signer = signerFromSeed(this.#world.keySeed(this.#number));
    const said = { addresses: [], anchors: [], transit: true, serves: false, ...claim };
    return {
      versions: [2],
      realm: REALM,
      instance: new Uint8Array(8),
      observed: "192.0.2.1:1",
      contact: signContact(signer, REALM, said, this.#world.clock.wall()).bytes,
      token: new Uint8Array(0),
      ...changed,
    };
  }

  /** Opens control and data stream, as a dialler does. */
  async openShared(): Promise<void> {
    await this.open(0);
    await this.open(1);
  }

  /** Opens a stream whose first byte is `kind`, with `bytes` behind it. */
  async open(kind: number, bytes: Uint8Array = new Uint8Array(0)): Promise<Stream> {
    const opening = this.#connection.open().then((stream) => {
      this.#listen(stream, 0);
      return stream;
    });
    const stream = await this.#world.run(opening);
    stream.write(Uint8Array.of(kind));
    if (bytes.length > 0) stream.write(bytes);
    this.#streams.push(stream);
    await this.settle();
    return stream;
  }

  async sendControl(bytes: Uint8Array): Promise<void> {
    this.#streams[0]?.write(bytes);
    await this.settle();
  }

  async sendData(bytes: Uint8Array): Promise<void> {
    this.#streams[1]?.write(bytes);
    await this.settle();
  }

  /** Sends without letting time pass. */
  queueData(bytes: Uint8Array): void {
    this.#streams[1]?.write(bytes);
  }

  queueControl(bytes: Uint8Array): void {
    this.#streams[0]?.write(bytes);
  }

  /** Gives up the shared stream of this kind. */
  async reset(kind: number): Promise<void> {
    this.#streams[kind]?.reset(0);
    await this.settle();
  }

  /** Ends the connection after some virtual time. */
  closeAfter(delay: number): void {
    this.#world.clock.timer(delay, () => this.#connection.close(0, ""));
  }

  /** Reads no more: what is sent to it piles up at the sender. */
  pause(): void {
    for (const stream of this.#streams) stream.pause();
  }

  /** Types of the frames that came, other than pings. */
  get types(): number[] {
    return this.received.map(({ type }) => type).filter((type) => type !== TYPE.ping);
  }

  /** Lets everything under way arrive. */
  async settle(): Promise<void> {
    await this.#world.advance(50);
  }

  /** Tells that it has taken one more route frame. */
  #accept(): void {
    this.#taken += 1;
    const accept = frameOf(TYPE.hopAccept, (it) => writeHopAccept(it, this.#taken));
    if (this.accepts) this.queueControl(accept);
  }

  /** Takes frames from `stream` behind its first `skipped` bytes. */
  #listen(stream: Stream, skipped: number): void {
    let left = skipped;
    const splitter = new FrameSplitter((bytes, start, end) => {
      const type = bytes[start + 1] as number;
      if (type !== TYPE.hopAccept) this.received.push({ type, frame: bytes.slice(start, end) });
      if (type === TYPE.rpcRoute) this.#accept();
    });
    stream.setHandler({
      onData: (bytes, start, end) => {
        const from = Math.min(end, start + left);
        left -= from - start;
        splitter.push(bytes, from, end);
      },
      onEnd: () => {},
      onReset: () => {},
      onStop: () => {},
      onDrain: () => {},
    });
  }
}
