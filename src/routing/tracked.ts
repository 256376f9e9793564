import type { Numbered } from "../base/numbered-table.ts";
import type { Link } from "../peer/link.ts";
import type { Session } from "../seal/session.ts";
import type { Rule } from "../wire/route-control.ts";
import type { Parcel } from "./parcel.ts";
import type { Way } from "./sender.ts";

const NO_LINKS: readonly Link[] = [];

/** A parcel under way, and what was tried to get it there. */
export class Tracked implements Numbered<Tracked> {
  readonly number: number;
  sibling: Tracked | undefined = undefined;
  readonly parcel: Parcel;
  /** Times that its last attempt was refused since it was given to the courier, or given to it again. */
  refusals = 0;
  /** First links of the attempts before, in this round. */
  used: readonly Link[] = NO_LINKS;
  /** The way of the present attempt, how it was chosen, and in which session it is sealed. */
  way: Way | undefined = undefined;
  rule: Rule = "greedy";
  session: Session | undefined = undefined;
  /** How often it was sealed anew. */
  reseals = 0;
  /** A route is asked for. */
  isSearching = false;

  constructor(parcel: Parcel) {
    this.number = parcel.number;
    this.parcel = parcel;
  }

  /** The present way is not taken again in this round. */
  leaveWay(): void {
    if (this.way) this.used = [...this.used, this.way.link];
    this.way = undefined;
  }

  /** Every link may be taken again. */
  beginRound(): void {
    this.used = NO_LINKS;
    this.way = undefined;
  }
}
