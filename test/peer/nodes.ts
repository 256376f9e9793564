import type { Address } from "../../src/base/address.ts";
import { type Signer, signerFromSeed, verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import type { ContactClaim } from "../../src/peer/contact.ts";
import { Members } from "../../src/peer/members.ts";

export const REALM = realmId("com.example.test");

/** Who belongs to an open realm: everybody. */
export function openMembers(realm: Uint8Array = REALM): Members {
  return new Members({ id: realm, authority: undefined }, verify, { count: () => {} });
}

/** Some moment of Unix time. */
export const NOW = 1_700_000_000_000;

/** A signer for each number. */
export function signerOf(number: number): Signer {
  return signerFromSeed(new Uint8Array(32).fill(number));
}

export const CLAIM: ContactClaim = {
  addresses: ["192.0.2.7:9443" as Address, "[2001:db8::7]:9443" as Address],
  anchors: [signerOf(90).id],
  transit: true,
  serves: false,
};
