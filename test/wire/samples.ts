import type { Bytes } from "../../src/base/bytes.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import { type BoxKeyAnswer, readBoxKeyAnswer, writeBoxKeyAnswer } from "../../src/wire/box-key.ts";
import {
  readCall,
  readCancel,
  readCast,
  readReply,
  replyIdAt,
  writeCall,
  writeCancel,
  writeCast,
  writeFailure,
  writeResult,
} from "../../src/wire/call.ts";
import { readContactUpdate, writeContactUpdate } from "../../src/wire/contact-update.ts";
import {
  readDialBack,
  readDialBackReply,
  writeDialBack,
  writeDialBackReply,
} from "../../src/wire/dial-back.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { type Hello, readHello, writeHello } from "../../src/wire/hello.ts";
import { readPing, writePing } from "../../src/wire/ping.ts";
import {
  type HopReport,
  type RouteError,
  type RouteReply,
  type RouteRequest,
  readHopAccept,
  readHopReport,
  readRouteError,
  readRouteReply,
  readRouteRequest,
  writeHopAccept,
  writeHopReport,
  writeRouteError,
  writeRouteReply,
  writeRouteRequest,
} from "../../src/wire/route-control.ts";
import { type RouteHeader, RouteView, SEAL, writeRouteHeader } from "../../src/wire/route-frame.ts";
import { encodeValue, type Value } from "../../src/wire/value.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { DHT_SAMPLES } from "./dht-samples.ts";
import { PUNCH_SAMPLES } from "./punch-samples.ts";
import { counted, type Sample, SOURCE, TARGET } from "./sample.ts";

/** The whole frame of a sample, in bytes of its own. */
export function frameOf(sample: Sample): Bytes {
  const writer = new FrameWriter();
  writer.begin();
  sample.write(writer);
  writer.finish(sample.type);
  return writer.copy();
}

export const CALL_ID: Bytes = counted(16, 0xc0);
const MESSAGE_ID = counted(16, 0xd0);

const hello: Hello = {
  versions: [2],
  realm: counted(32, 0x10),
  instance: counted(8, 1),
  observed: "192.0.2.7:9443",
  contact: counted(40, 0x80),
  token: new Uint8Array(0),
};

function ofHello(name: "connect" | "connect_ack", type: number, message: Hello): Sample {
  return {
    name,
    meaning: `${name} of a node of version 2 that sees the receiver at 192.0.2.7:9443; no token`,
    type,
    message,
    write: (writer) => writeHello(writer, message),
    read: readHello,
  };
}

function ofPing(name: "ping" | "pong", type: number, number: number): Sample {
  return {
    name,
    meaning: `${name} number ${number}`,
    type,
    message: number,
    write: (writer) => writePing(writer, number),
    read: readPing,
  };
}

function ofCall(name: string, meaning: string, args: Value): Sample {
  return {
    name,
    meaning,
    type: TYPE.call,
    message: { callId: CALL_ID, procedure: "calculator.add", timeout: 5_000, args },
    write: (writer) => writeCall(writer, CALL_ID, "calculator.add", 5_000, encodeValue(args)),
    read: readCall,
  };
}

function readWithId(bytes: Bytes, start: number, end: number): unknown {
  const reply = readReply(bytes, start, end);
  const at = replyIdAt(start);
  return { callId: bytes.slice(at, at + 16), reply };
}

const failure = {
  code: "handler_error",
  remoteCode: "out_of_stock",
  message: "none left",
} as const;

const routeError: RouteError = { messageId: MESSAGE_ID, code: "no_route", hop: 2 };
const routeRequest: RouteRequest = {
  requestId: MESSAGE_ID,
  source: SOURCE,
  target: TARGET,
  hopsLeft: 8,
  labels: [7, 0x1234],
};
const routeReply: RouteReply = { requestId: MESSAGE_ID, signature: counted(64, 0x30) };
const boxKeyAnswer: BoxKeyAnswer = {
  messageId: MESSAGE_ID,
  session: 0x90a1b2c3,
  boxKey: counted(32, 0x60),
  signature: counted(64, 1),
};
const hopReport: HopReport = { messageId: MESSAGE_ID, hop: 1, rule: "cached" };

/** Every field of a route frame, as its view reads them. */
export function readRoute(bytes: Bytes, start: number, end: number): unknown {
  const view = new RouteView();
  view.read(bytes, start - 8, end);
  return {
    hopCount: view.hopCount,
    labels: Array.from({ length: view.slots }, (_, slot) => view.label(slot)),
    labelled: view.labelled,
    traced: view.traced,
    budget: view.budget,
    destination: view.destination,
    source: view.source,
    messageId: view.messageId,
    maxHops: view.maxHops,
    payloadType: view.payloadType,
    seal: view.seal,
    destinationAnchors: view.destinationAnchors,
    sourceAnchors: view.sourceAnchors,
    body: bytes.slice(view.bodyStart, end),
  };
}

export const ROUTE: RouteHeader = {
  destination: TARGET,
  source: SOURCE,
  messageId: MESSAGE_ID,
  maxHops: 3,
  payloadType: TYPE.call,
  labels: undefined,
  traced: false,
  destinationAnchors: [],
  sourceAnchors: [],
};

function ofRoute(name: string, meaning: string, header: RouteHeader, body: Bytes): Sample {
  const { labels, ...rest } = header;
  return {
    name,
    meaning,
    type: TYPE.rpcRoute,
    message: {
      seal: SEAL.none,
      ...rest,
      hopCount: 0,
      labels: labels ?? Array.from({ length: header.maxHops }, () => 0),
      labelled: labels !== undefined,
      budget: 0,
      body,
    },
    write: (writer) => {
      writeRouteHeader(writer, header);
      writer.raw(body);
    },
    read: readRoute,
  };
}

function ofDialBackReply(name: string, meaning: string, code: ErrorCode | undefined): Sample {
  const reply = { number: 7, code, address: "192.0.2.7:9443" };
  return {
    name,
    meaning,
    type: TYPE.dialBackReply,
    message: reply,
    write: (writer) => writeDialBackReply(writer, reply),
    read: readDialBackReply,
  };
}

const nested = {
  a: [1, -1, 1.5, null, true],
  b: Uint8Array.of(1, 2),
  c: new Date(86_400_000),
  d: 5n,
};

/** At least one sample of every message type, and of every shape a type has. */
export const SAMPLES: readonly Sample[] = [
  ofHello("connect", TYPE.connect, hello),
  ofHello("connect_ack", TYPE.connectAck, { ...hello, token: counted(3, 0xf0) }),
  {
    name: "contact_update",
    meaning: "contact_update with a contact of 40 bytes",
    type: TYPE.contactUpdate,
    message: hello.contact,
    write: (writer) => writeContactUpdate(writer, hello.contact),
    read: readContactUpdate,
  },
  {
    name: "dial_back",
    meaning: "dial_back: dial me at port 9443",
    type: TYPE.dialBack,
    message: { number: 7, port: 9_443 },
    write: (writer) => writeDialBack(writer, { number: 7, port: 9_443 }),
    read: readDialBack,
  },
  ofDialBackReply("dial_back_reply", "dial_back_reply: reached", undefined),
  ofDialBackReply(
    "dial_back_reply with a failure",
    "dial_back_reply: nobody answered there",
    "dial_failed",
  ),
  ofPing("ping", TYPE.ping, 1),
  ofPing("pong", TYPE.pong, 70_000),
  ofCall("call", "call of calculator.add with { a: 2, b: 3 }, 5,000 ms to wait", { a: 2, b: 3 }),
  ofCall(
    "call of every kind of value",
    "call with numbers, null, bool, bytes, a date, a bigint",
    nested,
  ),
  {
    name: "reply",
    meaning: "reply with the result 5",
    type: TYPE.reply,
    message: { callId: CALL_ID, reply: { ok: true, result: 5 } },
    write: (writer) => writeResult(writer, CALL_ID, 5),
    read: readWithId,
  },
  {
    name: "reply with a failure",
    meaning: "reply: handler_error, the handler's own code and text",
    type: TYPE.reply,
    message: { callId: CALL_ID, reply: { ok: false, failure } },
    write: (writer) => writeFailure(writer, CALL_ID, failure),
    read: readWithId,
  },
  {
    name: "cast",
    meaning: 'cast to log.write with "hello"',
    type: TYPE.cast,
    message: { procedure: "log.write", args: "hello" },
    write: (writer) => writeCast(writer, "log.write", encodeValue("hello")),
    read: readCast,
  },
  {
    name: "cancel",
    meaning: "cancel of the call of the samples above",
    type: TYPE.cancel,
    message: CALL_ID,
    write: (writer) => writeCancel(writer, CALL_ID),
    read: readCancel,
  },
  ofRoute(
    "rpc_route",
    "route frame at its source: each of 3 hops chooses, no anchors",
    ROUTE,
    counted(4, 1),
  ),
  ofRoute(
    "rpc_route on a learned route",
    "route frame with labels 7 and 258, traced, one anchor of the destination and two of the source",
    {
      ...ROUTE,
      maxHops: 10,
      payloadType: TYPE.reply,
      labels: [7, 258],
      traced: true,
      destinationAnchors: [counted(8, 0xa0)],
      sourceAnchors: [counted(8, 0xb0), counted(8, 0xb8)],
    },
    new Uint8Array(0),
  ),
  ofRoute(
    "rpc_route with a sealed body",
    "route frame with a body sealed in a session: its number, a counter, then what is sealed",
    { ...ROUTE, seal: SEAL.session, labels: [7, 258, 3] },
    counted(48, 1),
  ),
  {
    name: "route_error",
    meaning: "route_error no_route of a frame that had passed 2 forwarders",
    type: TYPE.routeError,
    message: routeError,
    write: (writer) => writeRouteError(writer, routeError),
    read: readRouteError,
  },
  {
    name: "route_request",
    meaning: "route_request with 8 hops left that has passed 2 forwarders",
    type: TYPE.routeRequest,
    message: routeRequest,
    write: (writer) => writeRouteRequest(writer, routeRequest),
    read: readRouteRequest,
  },
  {
    name: "route_reply",
    meaning: "route_reply with a signature of counted bytes",
    type: TYPE.routeReply,
    message: routeReply,
    write: (writer) => writeRouteReply(writer, routeReply),
    read: readRouteReply,
  },
  {
    name: "box_key",
    meaning: "box_key about a message in session 0x90a1b2c3",
    type: TYPE.boxKey,
    message: boxKeyAnswer,
    write: (writer) => writeBoxKeyAnswer(writer, boxKeyAnswer),
    read: readBoxKeyAnswer,
  },
  {
    name: "hop_report",
    meaning: "hop_report of hop 1, which followed a cached route",
    type: TYPE.hopReport,
    message: hopReport,
    write: (writer) => writeHopReport(writer, hopReport),
    read: readHopReport,
  },
  {
    name: "hop_accept",
    meaning: "hop_accept of 300 route frames",
    type: TYPE.hopAccept,
    message: 300,
    write: (writer) => writeHopAccept(writer, 300),
    read: readHopAccept,
  },
  ...DHT_SAMPLES,
  ...PUNCH_SAMPLES,
];
