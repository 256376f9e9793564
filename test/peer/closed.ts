import { type Signer, verify } from "../../src/identity/keys.ts";
import { closedRealm } from "../../src/identity/realm.ts";
import { Members } from "../../src/peer/members.ts";
import { ROLES_ALL } from "../../src/peer/roles.ts";
import { signToken, type Token, type TokenClaim } from "../../src/peer/token.ts";
import { NOW, signerOf } from "./nodes.ts";

export const HOUR = 3_600_000;

/** Who signs for the closed realm of tests, and somebody who would like to. */
export const AUTHORITY: Signer = signerOf(200);
export const PRETENDER: Signer = signerOf(201);

const NAME = "com.example.club";

export const CLUB = closedRealm(NAME, AUTHORITY.id);

/** Who belongs to the realm, and how many signatures were checked to know that. */
export function clubMembers(max?: number): { members: Members; checked: () => number } {
  let checked = 0;
  const counting: typeof verify = (...args) => {
    checked += 1;
    return verify(...args);
  };
  return { members: new Members(CLUB, counting, { count: () => {} }, max), checked: () => checked };
}

/** A token for `node`, good for a day from an hour before `NOW`, with some of it changed. */
export function tokenOf(
  node: Signer,
  changed: Partial<TokenClaim> = {},
  authority: Signer = AUTHORITY,
): Token {
  return signToken(authority, {
    realm: CLUB.id,
    node: node.id,
    roles: ROLES_ALL,
    notBefore: NOW - HOUR,
    expires: NOW + 24 * HOUR,
    ...changed,
  });
}
