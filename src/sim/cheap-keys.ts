import type { Bytes } from "../base/bytes.ts";
import { concat, equalBytes } from "../base/bytes.ts";
import { type NodeId, toNodeId } from "../base/id.ts";
import { SIGNATURE_BYTES, type Signer, type Verify } from "../identity/keys.ts";
import type { TransportIdentity } from "../transport/transport.ts";

/*
 * Stands in for Ed25519 in worlds of many thousand nodes, where signatures would take most of the time. A
 * signature is a mix of the id and the message: whatever is changed shows, but anybody could make it. So it
 * tells honest nodes from broken ones and no more; worlds with liars in them use real keys.
 */

/** A node whose id is its seed. */
export function cheapSigner(seed: Bytes): Signer {
  const id = toNodeId(seed.slice());
  return { id, sign: (message) => mix(id, message) };
}

export const cheapVerify: Verify = (id, message, signature) =>
  equalBytes(mix(id, message), signature);

/** Its certificate is its id. */
export function cheapIdentity(seed: Bytes): TransportIdentity {
  return { id: toNodeId(seed.slice()), certificate: seed.slice(), privateKey: seed.slice() };
}

/** The id that a cheap certificate proves. */
export function verifyCheap(certificate: Bytes): NodeId {
  return toNodeId(certificate.slice());
}

/** Four lanes of multiply and rotate over words of four bytes, drawn out to the length of a signature. */
function mix(id: NodeId, message: Bytes): Bytes {
  const all = concat(id, message, PADDING);
  const view = new DataView(all.buffer, all.byteOffset);
  const lanes = [message.length, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  for (let at = 0; at + 4 <= all.length; at += 4) {
    const lane = (at >> 2) & 3;
    const word = Math.imul((lanes[lane] as number) ^ view.getUint32(at), 0x85ebca6b);
    lanes[lane] = (word ^ (word >>> 13)) + (lanes[(lane + 1) & 3] as number);
  }
  const signature = new Uint8Array(SIGNATURE_BYTES);
  const out = new DataView(signature.buffer);
  for (let at = 0; at < SIGNATURE_BYTES; at += 4) {
    const lane = (at >> 2) & 3;
    const word = Math.imul((lanes[lane] as number) + at, 0xcc9e2d51);
    lanes[lane] = (word ^ (word >>> 15)) + (lanes[(lane + 3) & 3] as number);
    out.setUint32(at, lanes[lane] as number);
  }
  return signature;
}

/** Lets the last bytes of any message fill a word. */
const PADDING: Bytes = new Uint8Array(3);
