import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { MeshError } from "../base/errors.ts";

/** Bytes of chance in a token that is made here; in the file they are 43 letters. */
const TOKEN_BYTES = 32;

const TOKEN = /^[\w.~+/-]{32,256}={0,2}$/;

/**
 * The token in the file at `path`, which is made with mode 0600 where there is none.
 *
 * @throws {MeshError} `bad_config` where others may read it, where it holds none, or where it can't be made.
 */
export function loadOrCreateToken(path: string): string {
  return read(path) ?? create(path);
}

function read(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unusable(path, (cause as Error).message);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > 1_024) throw unusable(path, "it is no file with a token");
    if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8);
      throw unusable(path, `others may read it (mode ${mode}); run: chmod 600 ${path}`);
    }
    const token = readFileSync(file, "latin1").trim();
    if (TOKEN.test(token)) return token;
    throw unusable(path, "it holds no token of 32 letters or more; move it away to get a new one");
  } finally {
    closeSync(file);
  }
}

/** Whole or not at all, and never in place of one that has come meanwhile. */
function create(path: string): string {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, `${token}\n`, { flag: "wx", mode: 0o600, flush: true });
    try {
      linkSync(temporary, path);
    } finally {
      unlinkSync(temporary);
    }
    return token;
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const existing = isThere ? read(path) : undefined;
    if (existing !== undefined) return existing;
    throw unusable(path, `it can't be made: ${(cause as Error).message}`);
  }
}

function unusable(path: string, reason: string): MeshError {
  return new MeshError("bad_config", `the token file ${path} can't be used: ${reason}`);
}
