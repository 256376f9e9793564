import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERROR_CODES } from "../../src/index.ts";
import { ROOT } from "./page.ts";

it("docs/reference/errors.md has each code once, with number, cause, cure and whether to try again", () => {
  const page = readFileSync(`${ROOT}docs/reference/errors.md`, "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\S+) \| (.+) \| (.+) \| (yes|no) \|$/gm)];
  const told = rows.map(([, code, wire, , , retry]) => [code, Number(wire), retry === "yes"]);
  const known = Object.entries(ERROR_CODES).map(([code, { wire, retry }]) => [code, wire, retry]);
  expect(told).toEqual(known);
  // A cure says what to do, not only that there is nothing.
  expect(
    rows.filter(([, , , cause = "", cure = ""]) => cause.length < 15 || cure.length < 15),
  ).toEqual([]);
});
