import type { Bytes } from "../base/bytes.ts";
import { concat } from "../base/bytes.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { SIGNATURE_BYTES, type Signer, type Verify } from "./keys.ts";

/** How far ahead a signed statement may expire: an hour. */
export const STATEMENT_LIFE_MAX: Millis = 3_600_000;

/** How far the clocks of two nodes may differ. */
export const CLOCK_SKEW: Millis = 600_000;

/** A body and behind it the signature over domain and body. A domain is a text that ends with a zero byte. */
export function sealStatement(signer: Signer, domain: Bytes, body: Bytes): Bytes {
  return concat(body, signer.sign(concat(domain, body)));
}

/**
 * Where the body of a signed statement ends.
 *
 * @throws {MeshError} `bad_record` where there is no room for a body, or more than `max` bytes.
 */
export function statementBodyEnd(bytes: Bytes, max: number): number {
  if (bytes.length <= SIGNATURE_BYTES || bytes.length > max) {
    throw badStatement(`it has ${bytes.length} bytes`);
  }
  return bytes.length - SIGNATURE_BYTES;
}

/** Reads a body with `read`; whatever is wrong with its fields, the statement is refused as a whole: `bad_record`. */
export function readBody<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const error = toMeshError(cause);
    throw error.code === "bad_record" ? error : badStatement(error.message);
  }
}

/** What the signature of a sealed statement is made over, and the signature. */
export function signedPart(
  bytes: Bytes,
  domain: Bytes,
): { readonly signed: Bytes; readonly signature: Bytes } {
  const bodyEnd = bytes.length - SIGNATURE_BYTES;
  return { signed: concat(domain, bytes.subarray(0, bodyEnd)), signature: bytes.subarray(bodyEnd) };
}

/**
 * Checks dates and signature of a statement whose body says that `owner` made it and when it expires. `now` is
 * Unix time; ten minutes of clock skew are forgiven.
 *
 * @throws {MeshError} `bad_record`.
 */
export function checkStatement(
  bytes: Bytes,
  domain: Bytes,
  claim: { readonly owner: NodeId; readonly expires: number },
  now: Millis,
  verify: Verify,
): void {
  if (claim.expires < now - CLOCK_SKEW) throw badStatement("it has expired");
  if (claim.expires > now + STATEMENT_LIFE_MAX + CLOCK_SKEW) {
    throw badStatement("it expires too far ahead");
  }
  const { signed, signature } = signedPart(bytes, domain);
  if (!verify(claim.owner, signed, signature)) {
    throw badStatement("its signature is wrong");
  }
}

export function badStatement(reason: string): MeshError {
  return new MeshError("bad_record", `a signed contact or record is refused: ${reason}`);
}
