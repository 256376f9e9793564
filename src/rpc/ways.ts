import { MeshError } from "../base/errors.ts";
import type { AnsweredCall } from "../nat/shortcuts.ts";
import type { Link } from "../peer/link.ts";
import type { RoutingStrategy } from "../routing/strategy.ts";

/** Who knows of links to providers that are quicker than the mesh, and opens them: a `Shortcuts`. */
export interface Ways {
  /** What calls may use that say nothing themselves. */
  readonly strategy: RoutingStrategy;
  /** A call was answered, and not sent again before. Not told where the strategy is `multi_hop_only`. */
  answered(call: AnsweredCall): void;
  /** A shortcut is silent. */
  doubted(link: Link): void;
  /** The link to a provider, or a new one. Rejects with `no_direct_link`. */
  open(provider: AnsweredCall["provider"]): Promise<Link>;
}

/** Of a node that opens no links by itself. */
export const MESH_ALONE: Ways = {
  strategy: "multi_hop_only",
  answered: () => {},
  doubted: () => {},
  open: () => Promise.reject(new MeshError("no_direct_link", "this node opens no links")),
};
