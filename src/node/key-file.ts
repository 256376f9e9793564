import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { matchesAt } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { idText } from "../base/id.ts";
import { privateKeyDer, SEED_BYTES, type Signer, signerFromSeed } from "../identity/keys.ts";
import { realmId } from "../identity/realm.ts";

/** Bytes of a key file at most; what is larger is something else. */
const FILE_BYTES_MAX = 4_096;

/** The line in front of the key: whose it is. A key has no checksum; with this line a damaged one is told. */
const OWNER = /^macula (node|realm [\w.-]+) ([0-9a-f]{64})$/;
const NODE = "node";

/** The key of a closed realm. Whoever has it decides who belongs to the realm. */
export interface RealmKey {
  readonly name: string;
  readonly signer: Signer;
}

interface KeyFile {
  readonly seed: Bytes;
  /** `node`, or `realm` and its name; `undefined` where it was written by another program. */
  readonly title: string | undefined;
}

const BEGIN = "-----BEGIN PRIVATE KEY-----";
const END = "-----END PRIVATE KEY-----";

/**
 * The 32-byte seed in a key file (PKCS #8, PEM, as `openssl genpkey -algorithm ed25519` writes it). Where there
 * is no file, one with a fresh key is made, mode 0600, whole or not at all.
 *
 * @throws {MeshError} `bad_key_file` where the file can't be read or written, is readable by others, or holds
 *   no Ed25519 key. An existing file is never replaced.
 */
export function loadOrCreateKey(path: string): Bytes {
  const file = readKey(path);
  if (file === undefined) return createKey(path, NODE);
  if ((file.title ?? NODE) === NODE) return file.seed;
  throw unusable(path, `it is the key of the ${file.title}; give the node a key file of its own`);
}

/** The seed in the key file of a node. Throws `bad_key_file` where there is none that can be used. */
export function loadKey(path: string): Bytes {
  if (existsSync(path)) return loadOrCreateKey(path);
  throw unusable(path, 'there is no such file; "macula key create" makes one');
}

/** Makes the key of a node in a new file, mode 0600. Throws `bad_key_file` where there is a file already or none can be made. */
export function createNodeKey(path: string): Bytes {
  if (existsSync(path)) throw unusable(path, "there is a file already, which is never replaced");
  return createKey(path, NODE);
}

/**
 * Makes the key of a closed realm in a new file, mode 0600.
 *
 * @throws {MeshError} `bad_config` on a bad name, `bad_key_file` where there is a file already or none can be made.
 */
export function createRealmKey(path: string, name: string): RealmKey {
  realmId(name);
  if (existsSync(path)) {
    throw unusable(path, "there is a file already, and a lost realm key can't be made again");
  }
  return { name, signer: signerFromSeed(createKey(path, `realm ${name}`)) };
}

/** The key of a closed realm. Throws `bad_key_file` where the file holds none. */
export function loadRealmKey(path: string): RealmKey {
  const file = readKey(path);
  if (file === undefined) {
    throw unusable(path, 'there is no such file; "macula realm create" makes one');
  }
  const [kind, name] = file.title?.split(" ") ?? [];
  if (kind !== "realm" || name === undefined) throw unusable(path, "it is not the key of a realm");
  return { name, signer: signerFromSeed(file.seed) };
}

/** A fresh seed that is kept nowhere. */
export function freshKey(): Bytes {
  return new Uint8Array(randomBytes(SEED_BYTES));
}

function readKey(path: string): KeyFile | undefined {
  const text = readText(path);
  return text === undefined ? undefined : parse(path, text);
}

function readText(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unusable(path, (cause as Error).message, cause);
  }
  try {
    checkMode(path, fstatSync(file).mode);
    const buffer = Buffer.alloc(FILE_BYTES_MAX);
    return buffer.toString("latin1", 0, readSync(file, buffer));
  } catch (cause) {
    throw cause instanceof MeshError ? cause : unusable(path, (cause as Error).message, cause);
  } finally {
    closeSync(file);
  }
}

function checkMode(path: string, mode: number): void {
  if (process.platform === "win32" || (mode & 0o077) === 0) return;
  const text = (mode & 0o777).toString(8);
  throw unusable(path, `others may read it (mode ${text}); run: chmod 600 ${path}`);
}

function parse(path: string, text: string): KeyFile {
  const lines = text.trim().split(/\s*\n\s*/);
  const line = lines[0] === BEGIN ? undefined : (lines.shift() ?? "");
  const isPem = lines[0] === BEGIN && lines.at(-1) === END;
  const der = Buffer.from(isPem ? lines.slice(1, -1).join("") : "", "base64");
  const prefix = privateKeyDer(new Uint8Array(SEED_BYTES)).subarray(0, -SEED_BYTES);
  if (der.length !== prefix.length + SEED_BYTES || !matchesAt(der, 0, prefix)) {
    throw unusable(
      path,
      "it holds no Ed25519 private key (PKCS #8, PEM); restore it, or move it away to get a new identity",
    );
  }
  const seed = new Uint8Array(der.subarray(prefix.length));
  // Written by hand or by another program it has no such line; where there is one it has to be right.
  if (line === undefined) return { seed, title: undefined };
  const [, title, owner] = OWNER.exec(line) ?? [];
  if (owner !== idText(signerFromSeed(seed).id)) {
    throw unusable(path, "it is damaged: its key is not that of its node id; restore it");
  }
  return { seed, title };
}

function createKey(path: string, title: string): Bytes {
  const seed = freshKey();
  const body = Buffer.from(privateKeyDer(seed)).toString("base64");
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const owner = `macula ${title} ${idText(signerFromSeed(seed).id)}`;
    writeWhole(temporary, `${owner}\n${BEGIN}\n${body}\n${END}\n`);
    try {
      linkSync(temporary, path); // Unlike a rename it never replaces a file that has come meanwhile.
    } finally {
      unlinkSync(temporary);
    }
    syncDirectory(dirname(path));
    return seed;
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const existing = isThere ? readKey(path) : undefined;
    if (existing?.title === title) return existing.seed;
    throw unusable(path, `it can't be created: ${(cause as Error).message}`, cause);
  }
}

function writeWhole(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  if (process.platform === "win32") return; // Directories can't be opened there.
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function unusable(path: string, reason: string, cause?: unknown): MeshError {
  return new MeshError("bad_key_file", `the key file ${path} can't be used: ${reason}`, { cause });
}
