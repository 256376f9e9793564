import { createHash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import type { Key } from "../base/id.ts";

/** Characters of a realm name at most. */
export const REALM_NAME_MAX = 255;

/** Bytes of a procedure name at most, in UTF-8. */
export const PROCEDURE_NAME_BYTES_MAX = 255;

const SEGMENTS = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** SHA-256 of the parts, one behind the other. */
export function sha256(...parts: readonly Bytes[]): Bytes {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/**
 * The 32-byte id of an open realm: SHA-256 of its name, which is reverse DNS (`com.example.shop`). Case counts.
 *
 * @throws {MeshError} `bad_config` on a name that is empty, too long or has an empty or foreign segment.
 */
export function realmId(name: string): Key {
  if (name.length > REALM_NAME_MAX || !SEGMENTS.test(name)) {
    throw new MeshError(
      "bad_config",
      `"${name.slice(0, 80)}" is not a realm; write a reverse DNS name such as com.example.shop (letters, digits, - and _, at most ${REALM_NAME_MAX})`,
    );
  }
  return sha256(utf8(name));
}

/** The DHT key under which the providers of a procedure stand. Another realm's keys lie elsewhere. */
export function procedureKey(realm: Key, procedure: string): Key {
  return sha256(realm, utf8("procedure\0"), utf8(procedure));
}
