import { closeSync, openSync, readSync } from "node:fs";
import { MeshError } from "../base/errors.ts";
import type { TokenSource } from "./own-token.ts";

/** Bytes of a token file at most; what is larger is something else. */
const FILE_BYTES_MAX = 4_096;

/** Reads the token from a file, anew each time. Throws `token_missing` where it can't be read. */
export function tokenFile(path: string): TokenSource {
  return () => {
    try {
      const file = openSync(path, "r");
      try {
        const buffer = Buffer.alloc(FILE_BYTES_MAX);
        return buffer.toString("latin1", 0, readSync(file, buffer));
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      throw new MeshError(
        "token_missing",
        `the token file ${path} can't be read: ${(cause as Error).message}; put there what "macula token issue" printed`,
        { cause },
      );
    }
  };
}
