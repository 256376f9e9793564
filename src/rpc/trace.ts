import type { MeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { HopReport, Rule } from "../wire/route-control.ts";

/** Of one call; no way has so many stations, but a forwarder may invent them. */
const REPORTS_MAX = 64;

/** Attempts of one call that are noted; later ones replace the last. */
const ATTEMPTS_MAX = 64;

/** What a station of a traced call told, and how many milliseconds after its start that was known. */
export interface TimedReport extends HopReport {
  readonly node: NodeId;
  readonly roundTrip: Millis;
}

/** One time that a call was sent. */
export interface Attempt {
  /** Milliseconds after the start of the call. */
  readonly at: Millis;
  readonly provider: NodeId;
  /** The neighbour it left to. */
  readonly via: NodeId;
  readonly rule: Rule;
  /** Why there was another one, or no other; `undefined` of the one that was answered. */
  failure: MeshError | undefined;
}

/** What is noted of a call whose caller wants to know how it went. */
export class Trace {
  readonly reports: TimedReport[] = [];
  readonly attempts: Attempt[] = [];

  sent(attempt: Omit<Attempt, "failure">): void {
    if (this.attempts.length === ATTEMPTS_MAX) this.attempts.pop();
    this.attempts.push({ ...attempt, failure: undefined });
  }

  /** The latest attempt has failed. */
  failed(error: MeshError): void {
    const latest = this.attempts.at(-1);
    if (latest) latest.failure ??= error;
  }

  /** None of those that were sent was answered in time. */
  unanswered(error: MeshError): void {
    for (const attempt of this.attempts) attempt.failure ??= error;
  }

  reported(report: TimedReport): void {
    if (this.reports.length < REPORTS_MAX) this.reports.push(report);
  }
}
