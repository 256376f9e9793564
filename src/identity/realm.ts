import { createHash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { utf8 } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { idText, type Key, type NodeId, parseNodeId } from "../base/id.ts";

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

/** A realm, as its nodes are told of it. */
export interface Realm {
  readonly id: Key;
  /** Whose signature makes a node a member; `undefined` in an open realm, where whoever knows the name is one. */
  readonly authority: NodeId | undefined;
}

/** Stands between the name of a closed realm and its public key. */
const KEY_MARK = "~";

/**
 * The realm behind `com.example.shop`, which is open, or `com.example.shop~<64 hexadecimal digits>`, which is closed: the
 * digits are its public key, and its id is SHA-256 of name, a zero byte and key.
 *
 * @throws {MeshError} `bad_config` on a malformed name or key.
 */
export function parseRealm(text: string): Realm {
  const mark = text.indexOf(KEY_MARK);
  if (mark < 0) return { id: realmId(text), authority: undefined };
  return closedRealm(text.slice(0, mark), realmKey(text.slice(mark + 1)));
}

/** The closed realm of this name whose tokens `authority` signs. Throws `bad_config` on a malformed name. */
export function closedRealm(name: string, authority: NodeId): Realm {
  realmId(name);
  return { id: sha256(utf8(`${name}\0`), authority), authority };
}

/** How a closed realm is written. */
export function closedRealmText(name: string, authority: NodeId): string {
  return `${name}${KEY_MARK}${idText(authority)}`;
}

function realmKey(digits: string): NodeId {
  try {
    return parseNodeId(digits);
  } catch (cause) {
    throw new MeshError(
      "bad_config",
      `the key of a closed realm is 64 hexadecimal digits behind the ${KEY_MARK}, as "macula realm create" prints them`,
      { cause },
    );
  }
}

/** The DHT key under which the providers of a procedure stand. Another realm's keys lie elsewhere. */
export function procedureKey(realm: Key, procedure: string): Key {
  return sha256(realm, utf8("procedure\0"), utf8(procedure));
}
