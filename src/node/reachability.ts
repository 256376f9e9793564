import { type Address, parseHostPort } from "../base/address.ts";
import type { MeshError } from "../base/errors.ts";
import type { Health } from "../base/health.ts";
import { DialBack } from "../nat/dial-back.ts";
import type { Dialability } from "../nat/dial-proof.ts";
import { Prover } from "../nat/prover.ts";
import { ADDRESSES_MAX } from "../peer/contact.ts";
import type { Link } from "../peer/link.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import type { Transport } from "../transport/transport.ts";
import type { Roles } from "./modes.ts";

/** What the reachability of a node works with. */
export interface ReachabilityOptions {
  readonly roles: Roles;
  readonly links: "auto" | "static";
  /** Where this node listens; empty where it doesn't. */
  readonly addresses: readonly Address[];
  /** The same as things are now: with a wildcard, the addresses that this machine has. */
  readonly listening: () => readonly Address[];
  /** Whether there is nobody it comes in through. */
  readonly isFirst: boolean;
  readonly health: Health;
  readonly transport: Transport;
  /** Makes a transport with this node's identity and a socket of its own. */
  readonly spare: () => Transport;
  /** Roles or addresses are others than they were. */
  readonly onChange: () => void;
}

/** Whether others can dial this node, what it may claim by that, and the same service for its neighbours. */
export class Reachability {
  readonly #context: RoutingContext;
  readonly #options: ReachabilityOptions;
  readonly #dialBack: DialBack;
  /** `undefined` where there is nothing to prove: links are static, or this node doesn't listen. */
  readonly #prover: Prover | undefined;

  constructor(context: RoutingContext, router: Router, options: ReachabilityOptions) {
    const { links, addresses, roles, isFirst, spare, transport } = options;
    this.#context = context;
    this.#options = options;
    this.#dialBack = new DialBack(context, router, {
      spare,
      isImpaired: () => transport.state().datagrams === "blocked",
    });
    const [first] = addresses;
    if (links === "static" || first === undefined) return;
    const { port } = parseHostPort(first);
    const starts = isFirst && roles.isCore;
    this.#prover = new Prover(context, router, {
      port,
      isFirst: starts,
      onChange: () => this.#changed(port),
    });
    roles.isProved = starts;
  }

  get state(): Dialability {
    return this.#prover?.state ?? "unproved";
  }

  /** What this node says of where it is: where it was reached, then where it listens. */
  get claimed(): readonly Address[] {
    const { roles, listening } = this.#options;
    if (!roles.isListed) return [];
    const proved = this.#prover?.addresses ?? [];
    return [...new Set([...proved, ...listening()])].slice(0, ADDRESSES_MAX);
  }

  /** Whether there is anything to prove, and so to prove anew where this node has moved. */
  get isProving(): boolean {
    return this.#prover !== undefined;
  }

  /** This node may be elsewhere now. */
  moved(): void {
    this.#prover?.moved();
  }

  linkAdded(): void {
    this.#prover?.linkAdded();
  }

  linkLost(link: Link): void {
    this.#prover?.linkLost(link);
  }

  close(error: MeshError): void {
    this.#dialBack.close();
    this.#prover?.close(error);
  }

  #changed(port: number): void {
    const { roles, health, onChange } = this.#options;
    const { log } = this.#context.ports;
    roles.isProved = this.state === "proved";
    health.recovered("dialable");
    if (roles.isProved) log.write("info", "dialable", { addresses: this.claimed.join(" ") });
    else if (roles.isCore) {
      const reason = `peers could not dial this node at port ${port}, neither over UDP nor over TCP: open or forward it, or run this node as an edge`;
      health.degraded("dialable", reason);
      log.write("warn", "not_dialable", { port, reason });
    }
    onChange();
  }
}
