import { randomBytes } from "node:crypto";
import { readRecord, signRecord } from "../dist/dht/record.js";
import { RecordStore } from "../dist/dht/record-store.js";
import { Members } from "../dist/peer/members.js";
import { memory } from "./memory.mjs";

/** Makes a record about 300 bytes long. */
const ANCHORS = 3;
/** Milliseconds. */
const LIFETIME = 300_000;
/** Neighbours that bring the records, in turn. */
const NEIGHBOURS = 40;

/** A store of records, in a process that does nothing else. */
export function startRecordsRole({ calm }) {
  const store = new RecordStore();
  return {
    ready: {},
    commands: { fill: ({ count, perKey }) => fill(store, { count, perKey, calm }) },
    close: () => Promise.resolve(),
  };
}

/** Puts `count` records into the store, `perKey` at one key, each of another owner. */
async function fill(store, { count, perKey, calm }) {
  const neighbours = Array.from({ length: NEIGHBOURS }, () => randomBytes(32).toString("hex"));
  const realm = randomId();
  const before = await memory(calm);
  const startedAt = performance.now();
  let key = randomId();
  let bytes = 0;
  for (let at = 0; at < count; at++) {
    if (at % perKey === 0) key = randomId();
    const record = arrived(realm, key);
    bytes += record.bytes.length;
    const stored = store.put(record, neighbours[at % NEIGHBOURS], Date.now());
    if (stored !== "stored") throw new Error(`record ${at} was not stored: ${stored}`);
  }
  const fillMs = performance.now() - startedAt;
  const now = await memory(calm);
  return { held: store.size, bytes, fillMs, before, now };
}

/** A record as it is read from the wire. Its signature is none: what that costs is measured elsewhere. */
function arrived(realm, key) {
  const signer = { id: randomId(), sign: () => new Uint8Array(64) };
  const now = Date.now();
  const anchors = Array.from({ length: ANCHORS }, randomId);
  const claim = {
    key,
    seq: now,
    expires: now + LIFETIME,
    withdrawn: false,
    anchors,
    boxKey: randomId(),
  };
  const { bytes } = signRecord(signer, realm, claim);
  const members = new Members({ id: realm, authority: undefined }, verify, { count: () => {} });
  return readRecord(bytes, members, now, verify);
}

const verify = () => true;

function randomId() {
  return new Uint8Array(randomBytes(32));
}
