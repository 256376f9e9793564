import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { toMeshError } from "../../base/errors.ts";
import { loadOrCreateKey } from "../../node/key-file.ts";
import type { PlaceFacts } from "./facts.ts";

/** Whether a node could use that key file. One that is not there is not made; its place has to take it. */
export function checkKey(path: string): PlaceFacts {
  if (!existsSync(path)) return { path, problem: problemOf(dirname(resolve(path))) };
  try {
    loadOrCreateKey(path);
    return { path, problem: undefined };
  } catch (cause) {
    return { path, problem: toMeshError(cause).message };
  }
}

/** Whether a node could keep its state there. A directory that is not there is not made; its place has to take it. */
export function checkState(path: string): PlaceFacts {
  let place = resolve(path);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return { path, problem: problemOf(place) };
}

function problemOf(directory: string): string | undefined {
  try {
    if (!statSync(directory).isDirectory()) return `${directory} is no directory`;
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (cause) {
    return `${directory} can't be written: ${(cause as Error).message}`;
  }
}
