import { expect, it } from "vitest";
import type { Mode } from "../../src/node/modes.ts";
import { Roles } from "../../src/node/modes.ts";
import { ROLE_SERVES, ROLE_TRANSIT, ROLES_ALL } from "../../src/peer/roles.ts";

function rolesOf(
  mode: Mode,
  links: "auto" | "static",
  isProved: boolean,
  granted = ROLES_ALL,
): string {
  const roles = new Roles(mode, links, () => granted);
  roles.isProved = isProved;
  const { transit, serves, isListed } = roles;
  return Object.entries({ transit, serves, isListed })
    .filter(([, has]) => has)
    .map(([name]) => name)
    .join(" ");
}

it("has the roles of its mode once it is proved that it can be dialled", () => {
  const modes = ["bootstrap", "gateway", "hybrid", "edge"] as const;
  expect(modes.map((mode) => rolesOf(mode, "auto", false))).toEqual(["", "", "", ""]);
  expect(modes.map((mode) => rolesOf(mode, "auto", true))).toEqual([
    "serves isListed",
    "transit serves isListed",
    "transit serves isListed",
    "serves isListed",
  ]);
});

it("has the roles of its mode in any case where links are static", () => {
  for (const isProved of [false, true]) {
    expect(rolesOf("gateway", "static", isProved)).toBe("transit serves isListed");
    expect(rolesOf("bootstrap", "static", isProved)).toBe("serves isListed");
    expect(rolesOf("edge", "static", isProved)).toBe("isListed");
  }
});

it("has no role that its token does not allow", () => {
  const by = (granted: number) => rolesOf("gateway", "auto", true, granted);
  expect(by(ROLE_SERVES)).toBe("serves isListed");
  expect(by(ROLE_TRANSIT)).toBe("transit isListed");
  expect(by(0)).toBe("isListed");
  expect(rolesOf("edge", "auto", true, 0)).toBe("isListed");
  expect(rolesOf("gateway", "static", false, 0)).toBe("isListed");
});
