import type { ContactBook } from "../peer/contact-book.ts";
import type { LinkTable } from "../peer/link-table.ts";
import type { Members } from "../peer/members.ts";
import type { Token } from "../peer/token.ts";
import type { RoutingContext } from "../routing/routing-context.ts";

/** What all of the DHT works with. */
export interface DhtContext extends RoutingContext {
  /** This node holds records and answers lookups; may change. */
  readonly serves: boolean;
  /** This node is meant to carry transit or to serve, whether or not it does so now. */
  readonly isCore: boolean;
  readonly book: ContactBook;
  readonly members: Members;
  /** This node's own membership; `undefined` in an open realm. */
  readonly token: Token | undefined;
  /** True where a route may be searched for one question: in meshes that are small or have no order. */
  readonly searches: () => boolean;
}

/** Somebody is linked who passes on what this node sends. */
export function hasTransit(table: LinkTable): boolean {
  for (const link of table) if (link.contact.transit) return true;
  return false;
}
