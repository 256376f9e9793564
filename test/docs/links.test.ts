import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { filesOf, proseOf, ROOT, readPage } from "./page.ts";

/** What a heading is called in an address, as forges do it. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");

function anchors(path: string): Set<string> {
  const found = new Map<string, number>();
  for (const [, heading] of proseOf(readPage(path)).matchAll(/^#{1,6} (.*)$/gm)) {
    const anchor = anchorOf(heading as string);
    const times = found.get(anchor) ?? 0;
    found.set(anchor, times + 1);
    if (times > 0) found.set(`${anchor}-${times}`, 1);
  }
  return new Set(found.keys());
}

/** Why a link leads nowhere; `undefined` where it leads somewhere, or out of the project. */
function faultOf(from: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? from : normalize(join(dirname(from), file));
  if (!existsSync(`${ROOT}${path}`)) return "there is no such file";
  if (anchor === undefined || statSync(`${ROOT}${path}`).isDirectory()) return undefined;
  return anchors(path).has(anchor) ? undefined : "there is no such heading";
}

describe("links between pages", () => {
  it("lead to files and headings that there are", () => {
    const faults = filesOf("*.md").flatMap((path) =>
      [...proseOf(readPage(path)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
        const fault = faultOf(path, target as string);
        return fault === undefined ? [] : [`${path}: ${target}: ${fault}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  it("from the sources lead to pages that there are", () => {
    const faults = filesOf("src/*.ts", "deploy/*").flatMap((path) =>
      [...readFileSync(`${ROOT}${path}`, "utf8").matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
        .filter(([page]) => !existsSync(`${ROOT}${page}`))
        .map(([page]) => `${path}: ${page}`),
    );
    expect(faults).toEqual([]);
  });
});
