import { ERROR_CODES } from "../base/errors.ts";
import type { Millis } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import type { CloseInfo } from "../transport/transport.ts";

/** The end of a link that nobody announced. */
export function isSilence(info: CloseInfo): boolean {
  if (info.by === "timeout" || info.by === "fault") return true;
  return info.by === "local" && info.code === ERROR_CODES.timeout.wire;
}

/** Kept links whose peers leave pings unanswered. They may be gone soon. */
export function suspectsIn(links: Iterable<Link>, now: Millis): ReadonlySet<Link> {
  return new Set([...links].filter((link) => link.pinned && link.liveness.isSuspect(now)));
}
