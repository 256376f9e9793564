import { codeFromWire, ERROR_CODES, MeshError } from "../../base/errors.ts";
import type { CloseInfo } from "../transport.ts";
import {
  LOST_APPLICATION,
  LOST_OWN_TRANSPORT,
  LOST_PEER_TRANSPORT,
  LOST_RESET,
  LOST_TIMEOUT,
} from "./layout.ts";

// RFC 9000, section 20.1.
const CONNECTION_REFUSED = 0x02;
/** TLS alerts about certificates (RFC 8446, section 6) in the range that QUIC gives them. */
const CERTIFICATE_ALERTS: ReadonlySet<number> = new Set(
  [42, 43, 44, 45, 46, 48, 51, 116].map((alert) => 0x100 + alert),
);

/** What the core says about the end of a connection. */
export interface Lost {
  readonly kind: number;
  readonly code: number;
  readonly reason: string;
}

/** The end as the connection's handler learns it. */
export function closeInfo(lost: Lost): CloseInfo {
  const { kind, code, reason } = lost;
  if (kind === LOST_APPLICATION) return { by: "peer", code, reason };
  if (kind === LOST_TIMEOUT) return { by: "timeout", code: 0, reason };
  if (kind === LOST_RESET) return { by: "peer", code: 0, reason };
  const wire = CERTIFICATE_ALERTS.has(code) ? ERROR_CODES.bad_certificate.wire : 0;
  const text = `QUIC error 0x${code.toString(16)}${reason === "" ? "" : `: ${reason}`}`;
  return { by: kind === LOST_PEER_TRANSPORT ? "peer" : "fault", code: wire, reason: text };
}

/** The failure of a dial that ended before it was established. */
export function dialError(lost: Lost): MeshError {
  const { kind, code } = lost;
  const info = closeInfo(lost);
  if (kind === LOST_APPLICATION) {
    return new MeshError(
      "refused",
      `the peer closed with ${codeFromWire(code)} (${code}): ${info.reason}`,
    );
  }
  const transport = kind === LOST_PEER_TRANSPORT || kind === LOST_OWN_TRANSPORT;
  if (transport && code === CONNECTION_REFUSED) {
    return new MeshError("refused", "the peer takes no more connections, or none at all");
  }
  if (transport && CERTIFICATE_ALERTS.has(code)) {
    return new MeshError("bad_certificate", `the certificate was refused: ${info.reason}`);
  }
  return new MeshError("dial_failed", `the handshake failed: ${info.reason}`);
}
