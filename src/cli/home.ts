import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { MeshError } from "../base/errors.ts";
import type { Arguments } from "./command.ts";

/** What `macula up` and `macula join` keep: `up/` and `join/` with key and state of their nodes, and a few words. */
type HomeFile = "mesh" | "up/realm" | "up/realm.key" | "up/token" | "join/token";

/** The directory that the commands of one user share. */
export class Home {
  readonly path: string;

  constructor(given: Arguments) {
    this.path = given.text("home") ?? join(homedir(), ".macula");
  }

  /** Makes the directory of one of the two nodes, mode 0700. Throws `bad_config`. */
  make(node: "up" | "join"): void {
    try {
      mkdirSync(join(this.path, node), { recursive: true, mode: 0o700 });
    } catch (cause) {
      const text = `${this.path} can't be made: ${(cause as Error).message}`;
      throw new MeshError("bad_config", `${text}; choose another place with --home`);
    }
  }

  file(name: HomeFile | "up/node.key" | "join/node.key" | "up/state" | "join/state"): string {
    return join(this.path, name);
  }

  /** What a file says; `undefined` where there is none. */
  read(name: HomeFile): string | undefined {
    try {
      return readFileSync(this.file(name), "utf8").trim();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new MeshError(
        "bad_config",
        `${this.file(name)} can't be read: ${(cause as Error).message}`,
      );
    }
  }

  /** Replaces a file, whole, for its owner alone. */
  write(name: HomeFile, text: string): void {
    const path = this.file(name);
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, `${text}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  }
}

/** `given`, with these texts in place of what was said, where they are there. */
export function withTexts(
  given: Arguments,
  texts: Readonly<Record<string, string | undefined>>,
): Arguments {
  return { ...given, text: (name) => texts[name] ?? given.text(name) };
}
