import { type Bytes, equalBytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { type NodeId, sameId, shortId } from "../base/id.ts";
import { readCertificate } from "../identity/certificate.ts";

/**
 * The node behind a finished handshake, whose signature was checked with `key`.
 *
 * @throws {MeshError} `bad_certificate`; `id_mismatch` where it is not the node that was expected.
 */
export function verifyPeer(key: Bytes, certificate: Bytes, expect: NodeId | undefined): NodeId {
  const peer = readCertificate(certificate);
  // Two readers must not see two keys in one certificate.
  if (!equalBytes(peer, key)) {
    throw new MeshError("bad_certificate", "the certificate's key is not the handshake's");
  }
  if (expect !== undefined && !sameId(peer, expect)) {
    throw new MeshError(
      "id_mismatch",
      `node ${shortId(peer)} answered where ${shortId(expect)} was expected`,
    );
  }
  return peer;
}
