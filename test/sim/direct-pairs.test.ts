import { describe, expect, it } from "vitest";
import { DirectMesh, SIDES, type Side } from "./direct-mesh.ts";

/** A symmetric NAT meets its match in one that filters by port. */
function canBePunched(a: Side, b: Side): boolean {
  const filtersByPort = (side: Side): boolean => side === "port_restricted" || side === "symmetric";
  return !((a === "symmetric" && filtersByPort(b)) || (b === "symmetric" && filtersByPort(a)));
}

const pairs = SIDES.flatMap((a) => SIDES.map((b) => [a, b, canBePunched(a, b)] as const));

describe("calls between nodes behind NATs", () => {
  it.each(pairs)(
    "%s to %s: all are answered, and go direct by themselves: %s",
    async (a, b, goes) => {
      const mesh = await DirectMesh.start(a, b);
      const first = await mesh.call("first");
      expect([first.error, first.strategy]).toEqual([undefined, "multi_hop"]);
      expect(await mesh.callFor(60_000)).toEqual([]);
      const last = await mesh.call("last");
      expect([last.strategy, mesh.link]).toEqual(
        goes ? ["direct", "shortcut"] : ["multi_hop", "none"],
      );
      expect([...mesh.executed.values()].filter((times) => times !== 1)).toEqual([]);
    },
  );
});
