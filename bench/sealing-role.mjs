import { randomBytes } from "node:crypto";
import { signerFromSeed, verify } from "../dist/identity/keys.js";
import { realmId } from "../dist/identity/realm.js";
import { Sealer } from "../dist/seal/sealer.js";
import { TYPE } from "../dist/wire/frame.js";
import { RouteView, SEAL, writeRouteHeader } from "../dist/wire/route-frame.js";
import { FrameWriter } from "../dist/wire/writer.js";
import { REALM } from "./procedures.mjs";

/** Sessions that are opened for one figure. */
const SESSIONS = 400;
/** Messages that follow in each of them. */
const NEXT = 50;
const LIFE = 5_000;

/** What sealing alone costs both ends, in microseconds of processor time a call: it has no network. */
export async function startSealingRole() {
  return {
    ready: {},
    commands: {
      measure: ({ payload }) => {
        measure(payload);
        return measure(payload);
      },
    },
    close: async () => undefined,
  };
}

function measure(payload) {
  const provider = newEnd();
  const boxKey = provider.sealer.boxKey();
  const callers = Array.from({ length: SESSIONS }, newEnd);
  const body = new Uint8Array(payload).fill(7);
  const first = round(callers, provider, boxKey, body);
  const rounds = Array.from({ length: NEXT }, () => round(callers, provider, boxKey, body));
  const sum = (of) => rounds.reduce((total, it) => total + of(it), 0);
  return {
    first,
    next: {
      callerUs: sum((it) => it.callerUs) / NEXT,
      providerUs: sum((it) => it.providerUs) / NEXT,
    },
  };
}

/** A call of each caller and the reply to it. */
function round(callers, provider, boxKey, body) {
  const [calls, askedUs] = timed(callers, (caller) => callOf(caller, provider.id, boxKey, body));
  const [replies, providerUs] = timed(calls, (call) => {
    const session = opened(provider, call);
    return frame(provider, session.peer, session, TYPE.reply, undefined, body);
  });
  const pairs = callers.map((caller, at) => [caller, replies[at]]);
  const [, answeredUs] = timed(pairs, ([caller, reply]) => opened(caller, reply));
  return { callerUs: askedUs + answeredUs, providerUs };
}

/** Microseconds of processor time that each of `items` took. */
function timed(items, action) {
  const before = process.cpuUsage();
  const made = items.map(action);
  const { user, system } = process.cpuUsage(before);
  return [made, (user + system) / items.length];
}

function newEnd() {
  const signer = signerFromSeed(randomBytes(32));
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
  const context = { self: signer.id, realm: realmId(REALM), signer, verify };
  return { id: signer.id, sealer: new Sealer({ ...context, ports: { clock, random } }) };
}

function callOf(caller, destination, boxKey, body) {
  const session = caller.sealer.begun.toward(destination, boxKey, performance.now());
  return frame(caller, destination, session, TYPE.call, LIFE, body);
}

function frame(from, destination, session, payloadType, life, body) {
  const writer = new FrameWriter();
  writer.begin();
  const headAt = writeRouteHeader(writer, {
    destination,
    source: from.id,
    messageId: new Uint8Array(16),
    maxHops: 3,
    payloadType,
    seal: session.opening === undefined ? SEAL.session : SEAL.opening,
    labels: undefined,
    traced: false,
    destinationAnchors: [],
    sourceAnchors: [],
  });
  const textAt = session.begin(writer);
  writer.raw(body);
  session.finish(writer, headAt, textAt, performance.now(), life);
  writer.finish(TYPE.rpcRoute);
  return writer.copy();
}

function opened(end, bytes) {
  const view = new RouteView();
  view.read(bytes, 0, bytes.length);
  const session = end.sealer.open(view, view.source, { take: () => true }, undefined);
  if (typeof session === "string") throw new Error(`a sealed frame is ${session}`);
  return session;
}
