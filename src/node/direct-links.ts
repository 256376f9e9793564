import type { Address } from "../base/address.ts";
import { ERROR_CODES } from "../base/errors.ts";
import { idText, type NodeId } from "../base/id.ts";
import type { Dht } from "../dht/dht.ts";
import { Puncher } from "../nat/puncher.ts";
import { Shortcuts } from "../nat/shortcuts.ts";
import { Sightings } from "../nat/sightings.ts";
import type { Link } from "../peer/link.ts";
import type { Courier } from "../routing/courier.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import type { RoutingStrategy } from "../routing/strategy.ts";
import type { CloseInfo, Transport } from "../transport/transport.ts";
import type { RoutingStatus } from "./node-status.ts";

/** Destinations that the status shows: those called last. */
const SHOWN_MAX = 64;

/** What the direct links of a node work with. */
export interface DirectLinksOptions {
  readonly transport: Transport;
  readonly dht: Dht;
  readonly strategy: RoutingStrategy;
  /** Addresses of this machine's interfaces, with the port of the socket. */
  readonly locals: () => readonly Address[];
  readonly dial: (to: Address, peer: NodeId, timeout: number) => Promise<Link>;
}

/** The part of a node that opens links beside the overlay: what sees, what punches, and what decides. */
export class DirectLinks {
  readonly shortcuts: Shortcuts;
  readonly puncher: Puncher;
  readonly sightings: Sightings;

  constructor(
    context: RoutingContext,
    courier: Courier,
    router: Router,
    { transport, dht, strategy, locals, dial }: DirectLinksOptions,
  ) {
    this.sightings = new Sightings(context, router);
    this.puncher = new Puncher(context, courier, router, this.sightings, {
      transport,
      dial,
      locals,
      isWilling: strategy !== "multi_hop_only",
      // A shortcut proves nothing of who is behind it: anybody who is called may have one.
      knows: (id) =>
        context.table.to(id)?.isShortcut === false || dht.contacts.get(id) !== undefined,
    });
    this.shortcuts = new Shortcuts(context, this.puncher, this.sightings, strategy);
  }

  /** To be told of every new link, before all others are. */
  linkAdded(link: Link): void {
    this.shortcuts.linkAdded(link);
  }

  /** To be told of every lost link. */
  linkLost(link: Link, { code }: CloseInfo): void {
    const { unneeded, closed, duplicate_link, overloaded } = ERROR_CODES;
    const isMeant = [unneeded, closed, duplicate_link, overloaded].some(
      ({ wire }) => wire === code,
    );
    this.shortcuts.linkLost(link, isMeant);
  }

  state(): RoutingStatus {
    const states = [...this.shortcuts.states()].slice(0, SHOWN_MAX);
    return {
      strategy: this.shortcuts.strategy,
      mapping: this.puncher.mapping,
      seenAt: [...new Set(this.sightings.known.map(({ address }) => address))],
      gain: this.shortcuts.gain,
      destinations: states.map(([id, state]) => {
        return { node: idText(id), mapping: this.puncher.mappingOf(id), ...state };
      }),
    };
  }

  close(...[error]: Parameters<Sightings["close"]>): void {
    this.shortcuts.close();
    this.sightings.close(error);
  }
}
