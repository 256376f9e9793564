import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Bytes, fromHex, toHex } from "../../src/base/bytes.ts";
import { toNodeId } from "../../src/base/id.ts";
import { signerFromSeed, verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { makeOpening, readOpening } from "../../src/seal/opening.ts";
import { Session, type SessionKeys } from "../../src/seal/session.ts";
import { keyPairFrom } from "../../src/seal/x25519.ts";
import { readCall, readReply, writeCall, writeResult } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { SEAL, writeRouteHeader } from "../../src/wire/route-frame.ts";
import { encodeValue } from "../../src/wire/value.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { counted } from "../wire/sample.ts";
import { viewOf } from "./ends.ts";

/** A session and three frames of it, as hexadecimal. */
interface Sealed {
  readonly about: string;
  readonly realm: string;
  readonly callerSeed: string;
  readonly providerSeed: string;
  readonly boxKeySeed: string;
  readonly ephemeralSeed: string;
  readonly caller: string;
  readonly provider: string;
  readonly boxKey: string;
  readonly opening: string;
  readonly keyToProvider: string;
  readonly keyToCaller: string;
  readonly firstCall: string;
  readonly reply: string;
  readonly secondCall: string;
}

const file = new URL("../vectors/sealed.json", import.meta.url);
const REALM_NAME = "com.example.shop";
const [CALLER_SEED, PROVIDER_SEED] = [counted(32, 1), counted(32, 0x21)];
const [BOX_SEED, EPHEMERAL_SEED] = [counted(32, 0x41), counted(32, 0x61)];
const MESSAGE_ID = counted(16, 0xd0);
const realm = realmId(REALM_NAME);
const caller = signerFromSeed(CALLER_SEED);
const provider = signerFromSeed(PROVIDER_SEED).id;
const box = keyPairFrom(BOX_SEED);

const writeFirst = (it: FrameWriter) =>
  writeCall(it, undefined, "calculator.add", 5_000, encodeValue({ a: 2, b: 3 }));
const writeSecond = (it: FrameWriter) =>
  writeCall(it, undefined, "calculator.add", 5_000, encodeValue({ a: 5, b: 8 }));

function frame(
  session: Session,
  isReply: boolean,
  now: number,
  write: (writer: FrameWriter) => void,
): Bytes {
  const writer = new FrameWriter();
  writer.begin();
  const headAt = writeRouteHeader(writer, {
    destination: isReply ? caller.id : provider,
    source: isReply ? provider : caller.id,
    messageId: MESSAGE_ID,
    maxHops: 3,
    payloadType: isReply ? TYPE.reply : TYPE.call,
    seal: session.opening === undefined ? SEAL.session : SEAL.opening,
    labels: undefined,
    traced: false,
    destinationAnchors: [counted(8, 0x80)],
    sourceAnchors: [],
  });
  const textAt = session.begin(writer);
  write(writer);
  session.finish(writer, headAt, textAt, now, isReply ? undefined : 5_000);
  writer.finish(TYPE.rpcRoute);
  return writer.copy();
}

function made(): Sealed {
  const { bytes, keys } = makeOpening(caller, realm, provider, box.publicKey, EPHEMERAL_SEED);
  const session = new Session(provider, keys, bytes, 0);
  const firstCall = frame(session, false, 0, writeFirst);
  const mirrored = { id: keys.id, sends: keys.receives, receives: keys.sends };
  const back = new Session(caller.id, mirrored, undefined, 0);
  const reply = frame(back, true, 40, (it) => writeResult(it, MESSAGE_ID, 5));
  session.opening = undefined;
  return {
    about:
      "A session between two nodes with these Ed25519 seeds, opened with these X25519 seeds, and three route frames of it: the first call, sealed as the session begins, good for 5 s; the reply to it, 40 ms later; another call, sealed at 1.5 s. The message id is d0 d1 … df in each. See docs/protocol.md, section 14.",
    realm: REALM_NAME,
    callerSeed: toHex(CALLER_SEED),
    providerSeed: toHex(PROVIDER_SEED),
    boxKeySeed: toHex(BOX_SEED),
    ephemeralSeed: toHex(EPHEMERAL_SEED),
    caller: toHex(caller.id),
    provider: toHex(provider),
    boxKey: toHex(box.publicKey),
    opening: toHex(bytes),
    keyToProvider: toHex(keys.sends),
    keyToCaller: toHex(keys.receives),
    firstCall: toHex(firstCall),
    reply: toHex(reply),
    secondCall: toHex(frame(session, false, 1_500, writeSecond)),
  };
}

// As for the frame vectors: the file is the reference, and is written anew only on purpose.
if (process.env.MACULA_WRITE_VECTORS === "1") {
  writeFileSync(file, `${JSON.stringify(made(), undefined, 2)}\n`);
}

const sealed = JSON.parse(readFileSync(file, "utf8")) as Sealed;
const bytes = (name: keyof Sealed): Bytes => fromHex(sealed[name]) as Bytes;

/** The session as its provider reads it. */
function taken(): Session {
  const opening = bytes("opening");
  const pair = keyPairFrom(bytes("boxKeySeed"));
  const parties = { realm, caller: toNodeId(bytes("caller")), provider };
  const keys = readOpening(parties, pair, verify, opening, 0);
  return new Session(caller.id, keys as SessionKeys, undefined, 0);
}

/** What is in a frame of the file. */
function textOf(session: Session, name: keyof Sealed, before: number, now: number) {
  const { bytes: frame, destinationAt, bodyStart, end } = viewOf(bytes(name));
  const isOpened = session.open(frame, destinationAt, bodyStart + before, end, now);
  expect([isOpened, session.text.isFresh, session.text.isLate]).toEqual([true, true, false]);
  return [frame, session.text.start, session.text.end] as const;
}

describe("the vectors of sealed frames", () => {
  it("are what is made today from the same seeds", () => {
    expect(made()).toEqual(sealed);
  });

  it("are opened by the provider with its box key", () => {
    const session = taken();
    const [first, ...inFirst] = textOf(session, "firstCall", 124, 10);
    expect(readCall(first, ...inFirst, false, MESSAGE_ID)).toEqual({
      callId: MESSAGE_ID,
      procedure: "calculator.add",
      timeout: 5_000,
      args: { a: 2, b: 3 },
    });
    const [second, ...inSecond] = textOf(session, "secondCall", 8, 1_510);
    expect(readCall(second, ...inSecond, false, MESSAGE_ID).args).toEqual({ a: 5, b: 8 });
  });

  it("are opened by the caller with the key of its direction", () => {
    const id = taken().id;
    const keys = { id, sends: bytes("keyToProvider"), receives: bytes("keyToCaller") };
    const session = new Session(provider, keys, undefined, 0);
    const [reply, ...inReply] = textOf(session, "reply", 8, 50);
    expect(readReply(reply, ...inReply)).toEqual({ ok: true, result: 5 });
  });
});
