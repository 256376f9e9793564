import type { Health } from "../base/health.ts";
import { type NodeId, sameId, shortId } from "../base/id.ts";
import type { Millis, Ports, Timer } from "../base/ports.ts";

/** How long the health of a node stays degraded after the last sign of another process with its key. */
const STANDS_FOR: Millis = 600_000;

const REASON = "identity";

/** Tells of keys that two processes use: of peers in the log, of this node's own in its health too. */
export class IdentityAlarm {
  readonly #self: NodeId;
  readonly #ports: Ports;
  readonly #health: Health;
  #end: Timer | undefined;

  constructor(self: NodeId, ports: Ports, health: Health) {
    this.#self = self;
    this.#ports = ports;
    this.#health = health;
  }

  /** Two processes use the key of node `id`; `evidence` is how that is known. */
  raise(id: NodeId, evidence: string): void {
    const { log, meter, clock } = this.#ports;
    meter.count("duplicate_identities");
    const isOwn = sameId(id, this.#self);
    if (isOwn) {
      const text = `another process uses the key of this node (${evidence}): give each a key file of its own`;
      const isNews = this.#health.degraded(REASON, text);
      this.#end?.cancel();
      this.#end = clock.timer(STANDS_FOR, () => this.#health.recovered(REASON));
      if (!isNews) return;
    }
    log.write("error", "duplicate_identity", { node: shortId(id), own: isOwn, evidence });
  }

  close(): void {
    this.#end?.cancel();
  }
}
