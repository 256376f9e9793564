import { EXIT } from "../exit-code.ts";

/** How the process of a node ended. */
export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It gave no sign of life for too long, and was killed for that. */
  readonly wasHung: boolean;
  /** It had found its place, in this life. */
  readonly wasReady: boolean;
  /** Milliseconds from start to end. */
  readonly lived: number;
}

/** What to do about a death. */
export type Verdict = { readonly kind: "again"; readonly wait: number } | Over;

/** The end: with what exit code, and whether it was not wanted. */
export interface Over {
  readonly kind: "over";
  readonly code: number;
  readonly gaveUp: boolean;
}

/** Milliseconds before a node is started again: at first, and at most. */
const WAIT_MIN = 100;
const WAIT_MAX = 30_000;

/** Who lived so long was well: waits and failures are counted anew. Milliseconds. */
const GOOD_LIFE = 60_000;

/** Deaths in a row within `SHORT_LIFE` milliseconds of the start, after which starting again is of no use. */
export const SHORT_LIVES_MAX = 5;
const SHORT_LIFE = 10_000;

/** Decides whether a node that has ended is started again, and when. */
export class Lives {
  #hasBeenReady = false;
  #wait = WAIT_MIN;
  #shortLives = 0;

  /** It was ready once, in this life or an earlier one. */
  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  after(death: Death): Verdict {
    this.#hasBeenReady ||= death.wasReady;
    if (this.#isMeant(death)) return { kind: "over", code: codeOf(death), gaveUp: false };
    if (death.lived >= GOOD_LIFE) {
      this.#wait = WAIT_MIN;
      this.#shortLives = 0;
    }
    const isShort = death.lived < SHORT_LIFE && death.code !== EXIT.start;
    this.#shortLives = isShort ? this.#shortLives + 1 : 0;
    if (this.#shortLives >= SHORT_LIVES_MAX) {
      return { kind: "over", code: codeOf(death), gaveUp: true };
    }
    const wait = this.#wait;
    this.#wait = Math.min(WAIT_MAX, 2 * wait);
    return { kind: "again", wait };
  }

  /**
   * Whether it ended because it was asked to, or told why it can't run. What could not start for the first time won't at
   * the second; but a node that has run before may wait for its port, or for a mesh that is away (exit code 3).
   */
  #isMeant({ code, wasHung }: Death): boolean {
    if (wasHung || code === null) return false;
    return code === EXIT.ok || code === EXIT.usage || !this.#hasBeenReady;
  }
}

/** The exit code of who ended so, as shells tell it. */
function codeOf({ code, signal }: Death): number {
  if (code !== null) return code;
  return 128 + (signal === null ? 0 : (SIGNAL_NUMBERS[signal] ?? 0));
}

/** Those that end processes, as everywhere numbered (POSIX). */
const SIGNAL_NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** How it ended, in words. */
export function deathText({ code, signal, wasHung }: Death, hungAfter: number): string {
  if (wasHung) return `it gave no sign of life for ${hungAfter / 1_000} s and was killed`;
  return signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
}
