import { FOREIGN_IDENTITIES } from "../foreign.ts";
import { identityOf, type Stranger } from "../stage.ts";
import type { Papers } from "./handshake.ts";

/** What each stranger shows. */
export const PAPERS: Readonly<Record<Stranger, Papers>> = {
  "no certificate": { ...identityOf(9), certificate: undefined },
  "the certificate of another key": { ...identityOf(9), certificate: identityOf(8).certificate },
  "a P-256 certificate": FOREIGN_IDENTITIES.p256,
  "an RSA certificate": FOREIGN_IDENTITIES.rsa,
};
