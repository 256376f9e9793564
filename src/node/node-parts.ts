import type { Address } from "../base/address.ts";
import type { Ports, Storage } from "../base/ports.ts";
import type { Signer, Verify } from "../identity/keys.ts";
import type { ContactBook } from "../peer/contact-book.ts";
import type { KeptTarget } from "../peer/keeper.ts";
import type { LivenessLimits } from "../peer/liveness.ts";
import type { ForwardingLimits } from "../routing/forwarding-quota.ts";
import type { RoutingStrategy } from "../routing/strategy.ts";
import type { Transport } from "../transport/transport.ts";
import type { Mode } from "./modes.ts";
import type { TokenSource } from "./own-token.ts";

/** What a node is made of and what it is told; nothing in it is real or virtual by itself. */
export interface NodeParts {
  readonly ports: Ports;
  readonly transport: Transport;
  readonly signer: Signer;
  readonly verify: Verify;
  /** `com.example.shop`, or `com.example.shop~<public key>` where it is closed. */
  readonly realm: string;
  /** Gives this node's membership token; left out in an open realm. */
  readonly token?: TokenSource | undefined;
  readonly mode: Mode;
  /** Nodes to keep links to. */
  readonly bootstrap: readonly KeptTarget[];
  /** Where this node listens. */
  readonly addresses: readonly Address[];
  /** The same as things are now, where this machine's addresses may change; `addresses` when left out. */
  readonly listening?: () => readonly Address[];
  /** Makes a transport with this node's identity and a socket of its own. */
  readonly spare: () => Transport;
  /** Whether it finds its place in the mesh by itself, or keeps links to the bootstrap nodes and no others. */
  readonly links: "auto" | "static";
  /** Which ways calls may use that say nothing themselves; `multi_hop_only` when left out. */
  readonly routingStrategy?: RoutingStrategy | undefined;
  /** Addresses of this machine's interfaces, with the port of the transport's socket; none when left out. */
  readonly locals?: () => readonly Address[];
  readonly liveness?: LivenessLimits;
  /** What it passes on for others at most; without limit when left out. */
  readonly forwarding?: ForwardingLimits | undefined;
  /** Where it keeps what it needs after a restart; nowhere when left out. */
  readonly storage?: Storage | undefined;
  /** Contacts verified already, where several nodes share them; its own when left out. */
  readonly book?: ContactBook;
}
