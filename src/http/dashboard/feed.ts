import type { Picture } from "../picture.ts";

/** Milliseconds from one answer to the next question, and how long an answer may take. */
const EVERY = 1_000;
const ANSWER_WITHIN = 5_000;

/** Where there was no answer, the pause doubles up to this. */
const PAUSE_MAX = 8_000;

export interface FeedListener {
  pictured(picture: Picture): void;
  /** There was no answer; it goes on asking. */
  failed(reason: string): void;
  /** The token is not the node's; it asks no more. */
  refused(): void;
}

/**
 * Asks the node for a picture again and again, one question at a time, until `signal` fires or the token is refused. A
 * page that nobody looks at does not ask.
 */
export async function watch(
  token: string,
  listener: FeedListener,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await isSeen(signal);
      const picture = await ask(token, signal);
      if (picture === undefined) return listener.refused();
      failures = 0;
      listener.pictured(picture);
    } catch (cause) {
      if (signal.aborted) return;
      failures += 1;
      listener.failed(cause instanceof Error ? cause.message : String(cause));
    }
    await pause(Math.min(EVERY * 2 ** failures, PAUSE_MAX), signal);
  }
}

/** `undefined` where the token is refused. */
async function ask(token: string, signal: AbortSignal): Promise<Picture | undefined> {
  const answer = await fetch("api/picture", {
    headers: { authorization: `Bearer ${token}` },
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN)]),
  });
  if (answer.status === 401) return undefined;
  if (!answer.ok) throw new Error(`the node answered with status ${answer.status}`);
  return (await answer.json()) as Picture;
}

function isSeen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
    look();
  });
}

function pause(span: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, span);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
