import type { Health } from "../base/health.ts";
import { parseRealm } from "../identity/realm.ts";
import { Members } from "../peer/members.ts";
import type { NodeParts } from "./node-parts.ts";
import { OwnToken } from "./own-token.ts";

/** Who belongs to the realm, and by what this node does. */
export interface Membership {
  readonly members: Members;
  readonly own: OwnToken;
}

/** `onRenewed` is called when this node has a new token. */
export function makeMembership(
  { ports, signer, verify, realm, mode, token }: NodeParts,
  health: Health,
  onRenewed: () => void,
): Membership {
  const members = new Members(parseRealm(realm), verify, ports.meter);
  const owner = { members, self: signer.id, mode };
  return { members, own: new OwnToken(owner, token, ports, health, onRenewed) };
}
