import { codeFromWire, MeshError } from "../../base/errors.ts";
import type { CloseInfo } from "../transport.ts";

/** Alerts about certificates, as Node names the errors for them (RFC 8446, section 6). */
const CERTIFICATE_ALERT = /ALERT_(?:\w*CERTIFICATE\w*|UNKNOWN_CA|DECRYPT_ERROR)$/;

/** How a connection ended whose socket closed without the mesh's own farewell. */
export function lossOf(error: NodeJS.ErrnoException | undefined): CloseInfo {
  const code = error?.code ?? "";
  if (error === undefined) {
    return { by: "peer", code: 0, reason: "the peer closed the connection without a word" };
  }
  if (code === "ETIMEDOUT") return { by: "timeout", code: 0, reason: "ETIMEDOUT" };
  const ours = code.startsWith("ERR_SSL_") && !code.includes("_ALERT_");
  return { by: ours ? "fault" : "peer", code: 0, reason: code || error.message };
}

/** Why a dial failed whose socket closed before the peer was proven. */
export function dialFailure(error: NodeJS.ErrnoException | undefined): MeshError {
  const code = error?.code ?? "";
  const options = error === undefined ? undefined : { cause: error };
  if (CERTIFICATE_ALERT.test(code)) {
    return new MeshError("bad_certificate", `the certificate was refused: ${code}`, options);
  }
  const why = error === undefined ? "the peer closed the connection" : code || error.message;
  return new MeshError("dial_failed", `the handshake failed: ${why}`, options);
}

/** Why a dial failed whose peer closed the connection in place of taking it. */
export function dialRefusal({ code, reason }: CloseInfo): MeshError {
  return new MeshError(
    "refused",
    `the peer closed with ${codeFromWire(code)} (${code}): ${reason}`,
  );
}
