import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { judged } from "../bench/gates.mjs";
import { Processes } from "../bench/processes.mjs";

const ROLE = fileURLToPath(new URL("role.mjs", import.meta.url));
const RELAYS = 5;
/** Milliseconds a call may take, and a killed relay stays away. */
const TIMEOUT = 10_000;
const AWAY = 10_000;

const GATES = {
  success: { of: (it) => it.calls.success, gate: 0.9995, aim: 1 },
  p999Ms: { of: (it) => it.calls.p999Ms, gate: 3_000, aim: 1_500, most: true },
  executedTwice: { of: (it) => it.executions.repeated, gate: 0, aim: 0, most: true },
};

/**
 * A provider and a caller that nobody can dial, and five relays between them. Every `every` seconds one of the relays
 * is killed, in turn, and comes back ten seconds later with its key and at its address, while calls go on at a steady rate.
 */
export async function killRelays({ seconds, every, rate, tell }) {
  const directory = mkdtempSync(join(tmpdir(), "macula-lab-"));
  const processes = new Processes(undefined, ROLE);
  try {
    const mesh = new Relays(processes, directory);
    await mesh.start();
    // What is measured is the mesh: over a direct link the relays that are killed would be missed by nobody.
    const routingStrategy = "multi_hop_only";
    const bootstrap = mesh.addresses;
    const edge = { kind: "node", mode: "edge", listen: false, bootstrap, routingStrategy };
    const provider = await processes.start("provider", edge);
    const caller = await processes.start("caller", edge);
    await provider.ask("provide");
    tell(
      `${rate} calls a second for ${seconds} s, one of ${RELAYS} relays killed every ${every} s`,
    );
    const order = { rate, seconds, timeout: TIMEOUT };
    const calling = caller.ask("callSteadily", order, seconds + TIMEOUT / 1_000);
    const kills = await Promise.all([calling, mesh.killInTurn({ seconds, every, tell })]);
    const result = {
      kills: kills[1],
      calls: (await calling).figures,
      executions: await provider.ask("executions"),
    };
    return { ...result, gates: judged(GATES, result) };
  } finally {
    await processes.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Five gateways that know each other's addresses. */
class Relays {
  addresses = [];
  #processes;
  #directory;
  #relays = [];

  constructor(processes, directory) {
    this.#processes = processes;
    this.#directory = directory;
  }

  async start() {
    for (let at = 0; at < RELAYS; at++) {
      this.#relays[at] = await this.#launch(at, "127.0.0.1:0");
      this.addresses[at] = this.#relays[at].ready.addresses[0];
    }
  }

  /** Seconds since the start at which each was killed. */
  async killInTurn({ seconds, every, tell }) {
    const startedAt = performance.now();
    const kills = [];
    for (let due = every; due < seconds; due += every) {
      await pause(due * 1_000 - (performance.now() - startedAt));
      const at = kills.length % RELAYS;
      kills.push(Number(((performance.now() - startedAt) / 1_000).toFixed(2)));
      tell(`relay ${at + 1} is killed at ${kills.at(-1)} s`);
      await this.#relays[at].kill();
      await pause(Math.min(AWAY, (every * 1_000) / 2));
      const [, address] = this.addresses[at].split("@");
      this.#relays[at] = await this.#launch(at, address);
    }
    return kills;
  }

  #launch(at, listen) {
    return this.#processes.start(`relay${at + 1}`, {
      kind: "node",
      mode: "gateway",
      listen,
      identity: join(this.#directory, `relay${at + 1}.key`),
      bootstrap: this.addresses.filter((_, other) => other !== at),
    });
  }
}
