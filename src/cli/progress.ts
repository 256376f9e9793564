import { note } from "./output.ts";

/** Milliseconds after which somebody wonders what is going on. */
const SOON = 1_000;

/** Says on a terminal what is under way, where it is not over after a second. */
export function tellWhenSlow(what: string): Disposable {
  const isSeen = process.stderr.isTTY === true;
  const timer = isSeen ? setTimeout(() => note(`${what} …`), SOON) : undefined;
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
