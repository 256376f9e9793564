import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { Bytes } from "../../base/bytes.ts";
import { MeshError } from "../../base/errors.ts";
import type { TransportIdentity } from "../transport.ts";

/** The protocol of the mesh, whatever carries it. */
export const ALPN = "macula/2";

interface Handshake {
  readonly ALPNProtocols: string[];
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** What both ends of every handshake have in common: they show themselves, and judge each other afterwards. */
export const HANDSHAKE: Handshake = {
  ALPNProtocols: [ALPN],
  requestCert: true,
  // Node would compare with authorities; verifyPeer compares with the key, and tells the peer what is wrong.
  rejectUnauthorized: false,
};

/** How TLS speaks for a node: TLS 1.3, nothing that is resumed, no authorities. */
export function contextOptions(identity: TransportIdentity): SecureContextOptions {
  return {
    cert: pem("CERTIFICATE", identity.certificate),
    key: pem("PRIVATE KEY", identity.privateKey),
    // Not even those that come with Node: reading them takes milliseconds, and nobody is trusted for them.
    ca: [],
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    ciphers: "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384",
    ecdhCurve: "X25519",
    // OpenSSL sends tickets all the same, but they name sessions that nobody keeps.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Throws `bad_config` where the identity is not one. */
export function createContext(identity: TransportIdentity): SecureContext {
  try {
    return createSecureContext(contextOptions(identity));
  } catch (cause) {
    throw new MeshError("bad_config", "the identity has no certificate that goes with its key", {
      cause,
    });
  }
}

function pem(label: string, der: Bytes): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
