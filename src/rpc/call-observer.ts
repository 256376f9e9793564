import type { MeshError } from "../base/errors.ts";
import type { Millis } from "../base/ports.ts";
import type { PendingCall } from "./pending-call.ts";

/** Who is told how each call to another node ended. */
export interface CallObserver {
  /** Whether the stations of a call that begins now are to report; asked once for each. */
  wantsTrace(): boolean;
  /** The call is over since `at`: answered, or failed with `error`. */
  ended(call: PendingCall, error: MeshError | undefined, at: Millis): void;
}
