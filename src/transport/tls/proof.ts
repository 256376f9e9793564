import type { TLSSocket } from "node:tls";
import { MeshError, toMeshError } from "../../base/errors.ts";
import { ID_BYTES, type NodeId } from "../../base/id.ts";
import { verifyPeer } from "../verify-peer.ts";
import { ALPN } from "./credentials.ts";

const NOTHING = new Uint8Array(0);

/**
 * The node behind a finished handshake.
 *
 * @throws {MeshError} `bad_certificate`; `id_mismatch` where it is not the node that was expected;
 *   `unsupported_version` where the peer speaks another protocol.
 */
export function provenPeer(socket: TLSSocket, expect: NodeId | undefined): NodeId {
  if (socket.alpnProtocol !== ALPN) {
    throw new MeshError("unsupported_version", `the peer does not speak ${ALPN}`);
  }
  try {
    const shown = socket.getPeerX509Certificate();
    if (shown === undefined) return verifyPeer(NOTHING, NOTHING, expect);
    const key = shown.publicKey.export({ format: "der", type: "spki" });
    return verifyPeer(key.subarray(-ID_BYTES), new Uint8Array(shown.raw), expect);
  } catch (cause) {
    // What OpenSSL can't read is no mesh certificate either.
    throw toMeshError(cause, "bad_certificate");
  }
}
