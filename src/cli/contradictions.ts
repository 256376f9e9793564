import { MeshError } from "../base/errors.ts";
import { checkConfig } from "../node/config.ts";
import { MODES } from "../node/modes.ts";
import type { Arguments } from "./command.ts";
import { checkPages } from "./http-pages.ts";
import { nodeOptions } from "./node-options.ts";
import { UsageError } from "./usage-error.ts";

/** Settings that are right one by one, and do not go together or mean nothing: a line each. */
export function contradictions(given: Arguments): string[] {
  return [() => checkConfig(nodeOptions(given)), () => checkPages(given), () => checkPlace(given)]
    .map(problemIn)
    .filter((problem) => problem !== undefined);
}

function problemIn(look: () => unknown): string | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (error instanceof MeshError || error instanceof UsageError) return error.message;
    throw error;
  }
}

function checkPlace(given: Arguments): void {
  const mode = given.text("mode") as keyof typeof MODES;
  if (given.text("listen") !== "off" || !MODES[mode].listens) return;
  throw new UsageError(
    `--mode ${mode} is a node that others dial, and --listen is off; say where, or make it an edge`,
  );
}
