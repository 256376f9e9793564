/** What the process tells its caller. `macula help` lists the same numbers. */
export interface ExitCodes {
  readonly ok: number;
  /** The work was tried and failed: a call that ended with an error, a demo that did not hold. */
  readonly failed: number;
  /** The command line or the configuration is wrong; nothing was started. */
  readonly usage: number;
  /** The node could not start: its port is in use, its key file cannot be used. */
  readonly start: number;
  /** Ended by Ctrl-C, as shells count it: 128 + SIGINT. */
  readonly interrupted: number;
}

export const EXIT: ExitCodes = { ok: 0, failed: 1, usage: 2, start: 3, interrupted: 130 };
