import type { Deadlines } from "../base/deadlines.ts";
import type { Key } from "../base/id.ts";
import type { Ports } from "../base/ports.ts";
import type { Signer, Verify } from "../identity/keys.ts";
import type { LinkTable } from "../peer/link-table.ts";
import type { Sealer } from "../seal/sealer.ts";
import type { ForwardingQuota } from "./forwarding-quota.ts";
import type { MessageIds } from "./message-ids.ts";
import type { Standing } from "./next-hop.ts";

/** What all of routing works with. */
export interface RoutingContext extends Standing {
  readonly realm: Key;
  readonly ports: Ports;
  readonly deadlines: Deadlines;
  readonly signer: Signer;
  readonly verify: Verify;
  readonly table: LinkTable;
  readonly ids: MessageIds;
  readonly sealer: Sealer;
  /** What it passes on for others; `undefined` where that has no limit. */
  readonly forwarding?: ForwardingQuota | undefined;
  /** How many nodes there seem to be. */
  meshSize(): number;
}
