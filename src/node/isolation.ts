import type { Health } from "../base/health.ts";
import type { Millis, Ports, Timer } from "../base/ports.ts";

/** Time that a node has for its first link before it is told to be cut off. */
const FIRST_LINK_WITHIN: Millis = 3_000;

const REASON = "cut_off";

const TEXT =
  "no link to the mesh is there: nobody reaches this node, and its calls fail. Check its network and the bootstrap addresses; it goes on trying and comes back by itself";

/** Tells that a node has lost all links through which it is part of a mesh, and that it has them again. */
export class Isolation {
  readonly #ports: Ports;
  readonly #health: Health;
  readonly #isCutOff: () => boolean;
  #first: Timer | undefined;
  #isTold = false;

  constructor(ports: Ports, health: Health, isCutOff: () => boolean) {
    this.#ports = ports;
    this.#health = health;
    this.#isCutOff = isCutOff;
    this.#first = ports.clock.timer(FIRST_LINK_WITHIN, () => {
      this.#first = undefined;
      this.check();
    });
  }

  /** To be told whenever links have come, gone or changed. */
  check(): void {
    const isCutOff = this.#isCutOff();
    if (!isCutOff) this.#linked();
    if (isCutOff === this.#isTold || this.#first !== undefined) return;
    this.#isTold = isCutOff;
    const { log, meter } = this.#ports;
    if (isCutOff) {
      this.#health.degraded(REASON, TEXT);
      meter.count("times_cut_off");
      log.write("warn", "cut_off");
    } else {
      this.#health.recovered(REASON);
      log.write("info", "back_in_mesh");
    }
  }

  close(): void {
    this.#first?.cancel();
    this.#isTold = true; // Links that it closes itself are nobody's news.
  }

  #linked(): void {
    this.#first?.cancel();
    this.#first = undefined;
  }
}
