import type { Bytes } from "../base/bytes.ts";
import { concat, equalBytes, utf8 } from "../base/bytes.ts";
import type { Key, NodeId } from "../base/id.ts";
import { SIGNATURE_BYTES, type Signer, type Verify } from "../identity/keys.ts";
import { readUint16, readUint32 } from "../wire/frame.ts";
import { TAG_BYTES } from "./aead.ts";
import { type HpkeContext, setUpRecipient, setUpSender } from "./hpke.ts";
import type { SessionKeys } from "./session.ts";
import { type KeyPair, keyPairFrom, X25519_BYTES } from "./x25519.ts";

/*
 * What opens a session: the first bytes of the provider's box key, the ephemeral key, and the caller's signature
 * over both, sealed. The session's keys are exported from the same context, so whoever can seal with them is who
 * has signed.
 *
 *    0  box key, its first 8 bytes
 *    8  ephemeral key 32; its first 4 bytes name the session
 *   40  signature 64, sealed: 80
 */
const KEY_NAME_BYTES = 8;
const EPHEMERAL = KEY_NAME_BYTES;
const SIGNATURE = EPHEMERAL + X25519_BYTES;

/** Bytes of what opens a session. */
export const OPENING_BYTES: number = SIGNATURE + SIGNATURE_BYTES + TAG_BYTES;

/** Where the session's id stands in it. */
export const OPENING_SESSION_AT: number = EPHEMERAL;

const INFO = utf8("macula seal 1\0");
const DOMAIN = utf8("macula session 1\0");
const TO_PROVIDER = utf8("to provider");
const TO_CALLER = utf8("to caller");
const NOTHING: Bytes = new Uint8Array(0);

/** Between whom, and where. */
export interface Parties {
  readonly realm: Key;
  readonly caller: NodeId;
  readonly provider: NodeId;
}

/** A session as its caller begins it. */
export interface MadeOpening {
  readonly bytes: Bytes;
  readonly keys: SessionKeys;
}

/**
 * Begins a session with the owner of `boxKey`. `seed` is 32 bytes by chance, used for nothing else.
 *
 * @throws {MeshError} `bad_record` on a box key of small order.
 */
export function makeOpening(
  signer: Signer,
  realm: Key,
  provider: NodeId,
  boxKey: Bytes,
  seed: Bytes,
): MadeOpening {
  const parties = { realm, caller: signer.id, provider };
  const ephemeral = keyPairFrom(seed);
  const enc = ephemeral.publicKey;
  const context = setUpSender(boxKey, infoOf(parties), ephemeral);
  const signature = signer.sign(signedText(parties, boxKey, enc));
  const sealed = context.seal(0, NOTHING, signature);
  return {
    bytes: concat(boxKey.subarray(0, KEY_NAME_BYTES), enc, sealed),
    keys: keysOf(context, enc, TO_PROVIDER, TO_CALLER),
  };
}

/** True where the opening at `bytes[at]` is made for this box key. */
export function isOpeningFor(bytes: Bytes, at: number, boxKey: Bytes): boolean {
  const name = bytes.subarray(at, at + KEY_NAME_BYTES);
  return equalBytes(name, boxKey.subarray(0, KEY_NAME_BYTES));
}

/** A number of 48 bits for the opening at `bytes[at]`: another one has the same by rare chance. */
export function openingNumber(bytes: Bytes, at: number): number {
  const from = at + EPHEMERAL;
  return readUint32(bytes, from) * 0x1_0000 + readUint16(bytes, from + 4);
}

/**
 * The provider's keys of the session that the opening at `bytes[at]` begins; `undefined` where the caller has not made it
 * for this box key, realm and provider.
 *
 * @throws {MeshError} `bad_record` on an ephemeral key of small order.
 */
export function readOpening(
  parties: Parties,
  pair: KeyPair,
  verify: Verify,
  bytes: Bytes,
  at: number,
): SessionKeys | undefined {
  const enc = bytes.slice(at + EPHEMERAL, at + SIGNATURE);
  const context = setUpRecipient(enc, pair, infoOf(parties));
  const sealed = bytes.subarray(at + SIGNATURE, at + OPENING_BYTES);
  const signature = context.open(0, NOTHING, sealed);
  if (signature === undefined) return undefined;
  const text = signedText(parties, pair.publicKey, enc);
  if (!verify(parties.caller, text, signature)) return undefined;
  return keysOf(context, enc, TO_CALLER, TO_PROVIDER);
}

function keysOf(context: HpkeContext, enc: Bytes, sends: Bytes, receives: Bytes): SessionKeys {
  return {
    id: readUint32(enc, 0),
    sends: context.export(sends, X25519_BYTES),
    receives: context.export(receives, X25519_BYTES),
  };
}

function infoOf({ realm, caller, provider }: Parties): Bytes {
  return concat(INFO, realm, caller, provider);
}

function signedText({ realm, caller, provider }: Parties, boxKey: Bytes, enc: Bytes): Bytes {
  return concat(DOMAIN, realm, caller, provider, boxKey, enc);
}
