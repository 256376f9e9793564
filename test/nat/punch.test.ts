import { describe, expect, it } from "vitest";
import { type Address, toAddress } from "../../src/base/address.ts";
import {
  KNOCKING_TIME,
  KNOCKS_MAX,
  Punch,
  type PunchStep,
  WORD_TIMEOUT,
} from "../../src/nat/punch.ts";
import fc from "../base/property.ts";
import { PunchDuel, type Side } from "./punch-duel.ts";

const THERE = toAddress("192.0.2.1", 9_443);
const ELSEWHERE = toAddress("192.0.2.2", 9_443);

/** A punch that begins to knock at `addresses` at 100 ms. */
function begun(role: "initiator" | "answerer", addresses: Address[] = [THERE]): Punch {
  const punch = new Punch(role, 0);
  punch.agreed(addresses, 100);
  return punch;
}

/** All that `punch` does until `until`, with when it does so. */
function run(punch: Punch, until: number): [number, string][] {
  const done: [number, string][] = [];
  for (let now = 0; now <= until; now = Math.max(now + 1, Math.min(punch.dueAt, until + 1))) {
    for (const step of punch.steps(now)) {
      done.push([now, "to" in step ? `${step.kind} ${step.to}` : step.kind]);
    }
  }
  return done;
}

function knocksIn(steps: readonly PunchStep[]): Map<string, number> {
  const sent = new Map<string, number>();
  for (const step of steps) {
    if (step.kind === "knock") sent.set(step.to, (sent.get(step.to) ?? 0) + 1);
  }
  return sent;
}

describe("a punch", () => {
  it("knocks ten times at each address, 150 ms apart, and gives up after 2 s", () => {
    const done = run(begun("initiator", [THERE, ELSEWHERE]), 5_000);
    const knocks = done.filter(([, what]) => what === `knock ${THERE}`);
    expect(knocks.map(([at]) => at)).toEqual(
      Array.from({ length: KNOCKS_MAX }, (_, time) => 100 + time * 150),
    );
    expect(done.filter(([, what]) => what.startsWith("knock")).length).toBe(2 * KNOCKS_MAX);
    expect(done.at(-1)).toEqual([100 + KNOCKING_TIME, "failed"]);
  });

  it("sends nothing while the peer has not agreed, and fails after 5 s", () => {
    expect(run(new Punch("initiator", 0), 10_000)).toEqual([[WORD_TIMEOUT, "failed"]]);
  });

  it("does not believe a knock before it is agreed", () => {
    const punch = new Punch("initiator", 0);
    punch.heard(THERE, true, 10);
    expect([punch.state, punch.steps(20)]).toEqual(["talking", []]);
  });

  it("begins early where the peer knocks early, and tells it that it is heard", () => {
    const punch = begun("answerer");
    punch.heard(THERE, false, 40);
    expect(punch.steps(40)).toEqual([{ kind: "knock", to: THERE, isHeard: true }]);
  });

  it("dials where its own knocks are heard, once, and knocks no more", () => {
    const punch = begun("initiator");
    punch.steps(100);
    punch.heard(THERE, false, 120);
    expect(punch.steps(120)).toEqual([{ kind: "knock", to: THERE, isHeard: true }]);
    punch.heard(THERE, true, 140);
    const timeout = KNOCKING_TIME - 40;
    expect(punch.steps(140)).toEqual([{ kind: "dial", to: THERE, timeout }]);
    expect(run(punch, 1_900)).toEqual([]);
    punch.linked();
    expect([punch.state, punch.dueAt]).toEqual(["open", Number.POSITIVE_INFINITY]);
  });

  it("leaves a late dial a second", () => {
    const punch = begun("initiator");
    punch.steps(2_000);
    punch.heard(THERE, true, 2_050);
    expect(punch.steps(2_050)).toEqual([{ kind: "dial", to: THERE, timeout: 1_000 }]);
  });

  it("knocks back at an address that nobody has named, at two of them at most", () => {
    const punch = begun("answerer");
    punch.steps(100);
    const from = [1, 2, 3].map((port) => toAddress("192.0.2.9", port));
    for (const address of from) punch.heard(address, false, 110);
    expect(punch.steps(110)).toEqual(
      from.slice(0, 2).map((to) => ({ kind: "knock", to, isHeard: true })),
    );
  });

  it("never dials as the answerer", () => {
    const punch = begun("answerer");
    punch.heard(THERE, true, 150);
    expect(run(punch, 5_000).filter(([, what]) => what.startsWith("dial"))).toEqual([]);
  });

  it("is over where the peer refuses, and does nothing more", () => {
    const punch = begun("initiator");
    punch.fail();
    punch.heard(THERE, true, 150);
    expect([punch.state, run(punch, 5_000)]).toEqual(["failed", []]);
  });

  it("sends no more than ten to an address and names none of its own, whatever comes in", () => {
    const knock = fc.record({
      port: fc.integer({ min: 1, max: 6 }),
      isHeard: fc.boolean(),
      wait: fc.nat({ max: 400 }),
    });
    const roles = fc.constantFrom("initiator" as const, "answerer" as const);
    fc.assert(
      fc.property(roles, fc.array(knock, { maxLength: 40 }), (role, knocks) => {
        const named = [toAddress("192.0.2.9", 1), THERE];
        const punch = begun(role, named);
        const allowed = new Set<string>(named);
        const steps: PunchStep[] = [];
        let now = 0;
        for (const { port, isHeard, wait } of knocks) {
          now += wait;
          const from = toAddress("192.0.2.9", port);
          punch.heard(from, isHeard, now);
          allowed.add(from);
          steps.push(...punch.steps(now));
        }
        const sent = knocksIn(steps);
        const dials = steps.filter(({ kind }) => kind === "dial").length;
        expect(dials).toBeLessThanOrEqual(role === "initiator" ? 1 : 0);
        expect(Math.max(0, ...sent.values())).toBeLessThanOrEqual(KNOCKS_MAX);
        expect([...sent.keys()].filter((to) => !allowed.has(to))).toEqual([]);
        expect(sent.size).toBeLessThanOrEqual(4);
      }),
    );
  });
});

const SIDES: readonly Side[] = ["none", "full_cone", "restricted", "port_restricted", "symmetric"];

/** As in a laboratory with real packets: a symmetric NAT meets its match in one that filters by port. */
function canBePunched(a: Side, b: Side): boolean {
  const filtersByPort = (side: Side): boolean => side === "port_restricted" || side === "symmetric";
  return !((a === "symmetric" && filtersByPort(b)) || (b === "symmetric" && filtersByPort(a)));
}

describe("two punches behind NATs", () => {
  const pairs = SIDES.flatMap((a) => SIDES.map((b) => [a, b, canBePunched(a, b)] as const));

  it.each(pairs)("%s and %s: get through: %s (20 seeds)", (a, b, expected) => {
    for (let seed = 1; seed <= 20; seed++) {
      const duel = new PunchDuel(a, b, seed);
      const { dialled, knocksTo } = duel.run();
      expect([seed, dialled !== undefined]).toEqual([seed, expected]);
      // The connection of the initiator gets in where it was told to go.
      if (dialled !== undefined) expect(duel.passes(dialled)).toBe(true);
      expect(Math.max(...knocksTo.values())).toBeLessThanOrEqual(KNOCKS_MAX);
    }
  });

  it("get through where a third of the packets is lost, and one begins late (100 seeds)", () => {
    let opened = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const duel = new PunchDuel("port_restricted", "port_restricted", seed, 0.33, 300);
      if (duel.run().dialled !== undefined) opened += 1;
    }
    expect(opened).toBeGreaterThanOrEqual(98);
  });
});
