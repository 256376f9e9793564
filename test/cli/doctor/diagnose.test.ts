import { beforeAll, describe, expect, it } from "vitest";
import { diagnose } from "../../../src/cli/doctor/diagnose.ts";
import type { DoctorFacts } from "../../../src/cli/doctor/facts.ts";
import { natKind } from "../../../src/cli/doctor/nat.ts";
import { showFindings } from "../../../src/cli/show/show-doctor.ts";
import type { LinkStatus } from "../../../src/index.ts";
import { startSimNode } from "../../../src/sim/sim-node.ts";
import { World } from "../../../src/sim/world.ts";
import { both, CASES, cutOff, OWN, status } from "./cases.ts";

/** What a healthy edge in a mesh of five gateways says of itself. */
let well: DoctorFacts;
beforeAll(async () => {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const gateways = [1, 2, 3, 4, 5];
  for (const number of gateways) {
    const bootstrap = gateways.filter((other) => other < number);
    await startSimNode(world, number, { mode: "gateway", listen: true, links: "auto", bootstrap });
  }
  const options = { mode: "edge", links: "auto", bootstrap: [1, 2] } as const;
  const edge = await startSimNode(world, 20, options);
  await world.run(edge.ready());
  await world.advance(10_000);
  const places = { key: undefined, state: undefined, peer: undefined };
  well = { status: edge.status(), udp: "works", hosts: [OWN], ...places };
});

const linesOf = (facts: DoctorFacts): string[] =>
  diagnose(facts).map(
    ({ topic, level, says, advice }) =>
      `${level} ${topic}: ${says}${advice === undefined ? "" : ` > ${advice}`}`,
  );

describe("a diagnosis", () => {
  it("of a healthy node finds nothing", () => {
    expect(linesOf(well)).toEqual([
      "ok bootstrap: node 1 is not needed now",
      "ok bootstrap: node 2 is linked",
      "ok udp: UDP goes through, both ways",
      expect.stringMatching(/^ok mesh: it has its place in the mesh, with [4-6] links$/),
      expect.stringMatching(/^ok anchors: it is reached through 4 gateways: (?:[0-9a-f]{8} ?){4}$/),
      expect.stringMatching(/^ok nat: no NAT: others see it at its own address, 10\.0\.0\.21:\d+$/),
      expect.stringMatching(/^ok dialable: it listens nowhere/),
      "ok clock: it agrees with the neighbours' as far as can be told",
    ]);
  });

  it.each(CASES)("of %s", (_, change, expected) => {
    const before = new Set(linesOf(well));
    const found = linesOf({ ...well, ...change(well) }).filter((line) => !before.has(line));
    expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  it("gives advice with all that is not as it should be", () => {
    for (const [, change] of CASES) {
      const findings = diagnose({ ...well, ...change(well) });
      for (const { level, advice } of findings) if (level !== "ok") expect(advice).toBeTruthy();
    }
  });

  it("takes links that others have dialled for no word on a NAT", () => {
    const accepted = status(({ links }) => ({
      links: links.map((link): LinkStatus => ({ ...link, direction: "accepted" })),
    }));
    expect(natKind({ ...well, ...accepted(well) })).toBe("unknown");
  });
});

describe("findings as people see them", () => {
  it("have a line each, the advice below, and a verdict", () => {
    const some = diagnose({ ...well, ...both(cutOff, () => ({ udp: "unknown" }))(well) });
    const lines = showFindings(some).split("\n");
    expect(lines[0]).toMatch(/^fail {2}bootstrap {2}node 1 could not be linked/);
    expect(lines[1]).toMatch(/^ {17}> check that a node listens/);
    expect(lines.at(-1)).toBe("4 to mend, 1 to look at");
    expect(showFindings(diagnose(well)).split("\n").at(-1)).toBe("all is well");
  });
});
