import { randomBytes } from "node:crypto";
import { createIdentity } from "../dist/identity/certificate.js";
import {
  countHop,
  FRAME_BYTES,
  FrameCutter,
  makeFrame,
  readHops,
  readSlot,
  writeSlot,
} from "./bare-frames.mjs";
import { Load } from "./load.mjs";

const DIAL_TIMEOUT = 5_000;
const CHUNK_BYTES = 64 << 10;

/** What a stream's handler does where nothing else is said. */
const QUIET = { onData() {}, onEnd() {}, onReset() {}, onStop() {}, onDrain() {} };

const DRIVERS = {
  quic: async (options) => {
    const { createQuicTransport } = await import("../dist/transport/quic/quic-transport.js");
    return createQuicTransport(options);
  },
  tls: async (options) => {
    const { createTlsTransport } = await import("../dist/transport/tls/tls-transport.js");
    return createTlsTransport(options);
  },
};

/**
 * A driver alone as one process of a benchmark, `quic` or `tls`: `part` is `provider` (sends each frame back), `sink`
 * (swallows each stream and says so), `forwarder` (counts a hop and passes it on, both ways) or `caller`;
 * `dials` is who is next, at most one.
 */
export async function startDriverRole({ driver, part, dials }) {
  const identity = createIdentity(new Uint8Array(randomBytes(32)));
  const transport = await DRIVERS[driver]({ identity });
  const next = dials.length === 0 ? undefined : await dialNext(transport, dials[0]);
  const bound = part === "caller" ? undefined : await accept(transport, await attend(part, next));
  const lane = part === "caller" ? await openLane(next) : undefined;
  return {
    ready: { addresses: bound === undefined ? [] : [bound] },
    commands: {
      provide() {},
      forwarders: () => countForwarders(lane),
      load: (shape) => keepSending(lane, shape),
      send: ({ total }) => sendBulk(next, total),
    },
    close: () => transport.close(),
  };
}

async function dialNext(transport, address) {
  const connection = await transport.dial(address, { timeout: DIAL_TIMEOUT });
  connection.setHandler({ onStream() {}, onClose() {} });
  return connection;
}

/** What a part does with a stream that arrives. */
async function attend(part, next) {
  if (part === "sink") return swallow;
  if (part === "provider") return echo;
  const onward = await next.open();
  return (stream) => forward(stream, onward);
}

function accept(transport, onStream) {
  transport.onConnection = (connection) => connection.setHandler({ onStream, onClose() {} });
  return transport.listen("127.0.0.1:0");
}

function echo(stream) {
  const cutter = new FrameCutter((bytes, start) => stream.write(bytes, start, start + FRAME_BYTES));
  const onData = (bytes, start, end) => cutter.push(bytes, start, end);
  stream.setHandler({ ...QUIET, onData });
}

function forward(stream, onward) {
  pass(stream, onward);
  pass(onward, stream);
}

function pass(from, to) {
  const cutter = new FrameCutter((bytes, start) => {
    countHop(bytes, start);
    to.write(bytes, start, start + FRAME_BYTES);
  });
  const onData = (bytes, start, end) => cutter.push(bytes, start, end);
  from.setHandler({ ...QUIET, onData });
}

/** Counts what arrives and, at the end, says how much that was. */
function swallow(stream) {
  let length = 0;
  const onData = (_, start, end) => {
    length += end - start;
  };
  const onEnd = () => {
    stream.write(new TextEncoder().encode(String(length)));
    stream.end();
  };
  stream.setHandler({ ...QUIET, onData, onEnd });
}

/** The one stream that a caller uses for all its frames. */
async function openLane(connection) {
  const stream = await connection.open();
  const lane = { stream, frame: makeFrame(), onFrame() {} };
  const cutter = new FrameCutter((bytes, start) => lane.onFrame(bytes, start));
  const onData = (bytes, start, end) => cutter.push(bytes, start, end);
  stream.setHandler({ ...QUIET, onData });
  return lane;
}

/** Forwarders that a frame passes on its way: each counts it twice, there and back. */
function countForwarders(lane) {
  return new Promise((resolve) => {
    lane.onFrame = (bytes, start) => resolve(readHops(bytes, start) / 2);
    lane.stream.write(lane.frame);
  });
}

function keepSending(lane, shape) {
  const { stream, frame } = lane;
  const load = new Load(shape, (slot) => {
    writeSlot(frame, slot);
    stream.write(frame);
  });
  lane.onFrame = (bytes, start) => load.finished(readSlot(bytes, start));
  load.start();
  return load.figures;
}

/** Sends bytes on a stream of their own; milliseconds until the other side has them all. */
async function sendBulk(connection, total) {
  const startedAt = performance.now();
  const stream = await connection.open();
  const answer = await new Promise((resolve, reject) => {
    const chunk = new Uint8Array(CHUNK_BYTES).fill(7);
    let left = total;
    const onDrain = () => {
      let goOn = true;
      while (goOn && left > 0) {
        const length = Math.min(left, CHUNK_BYTES);
        left -= length;
        goOn = stream.write(chunk, 0, length);
      }
      if (left === 0) stream.end();
    };
    const decoder = new TextDecoder();
    let text = "";
    const onData = (bytes, start, end) => {
      text += decoder.decode(bytes.subarray(start, end));
    };
    const onReset = (code) => reject(new Error(`the stream was reset with code ${code}`));
    stream.setHandler({ ...QUIET, onData, onEnd: () => resolve(text), onReset, onDrain });
    onDrain();
  });
  if (Number(answer) !== total) throw new Error(`${answer} bytes of ${total} arrived`);
  return performance.now() - startedAt;
}
