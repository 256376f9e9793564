import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type HealthView, serveHealth } from "../../src/http/index.ts";
import { isReachable, reasonsOf, WHAT_TO_DO } from "../../src/http/reasons.ts";
import type { MeshNode } from "../../src/index.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { line } from "../rpc/line.ts";
import { ask, lonelyNodes, nodeWith } from "./pages.ts";

/** Status codes of /health, /ready and /live, and what /health says. */
async function told(node: MeshNode): Promise<{ codes: number[]; view: HealthView }> {
  await using health = await serveHealth(node, { listen: "127.0.0.1:0" });
  const paths = ["/health", "/ready", "/live"];
  const heard = await Promise.all(paths.map((path) => ask(health.url, path)));
  const view = JSON.parse(heard[0]?.text as string) as HealthView;
  expect(heard[0]?.headers["content-type"]).toBe("application/json; charset=utf-8");
  return { codes: heard.map(({ status }) => status), view };
}

const codes = (node: MeshNode): string[] => reasonsOf(node.status()).map(({ code }) => code);

describe("health", () => {
  it("is 200 for a node that nothing is wrong with", async () => {
    const { first } = await lonelyNodes();
    expect(await told(first)).toEqual({
      codes: [200, 200, 200],
      view: { status: "healthy", ready: true, uptimeSeconds: 0, reasons: [] },
    });
  });

  it("is 503 for a node that has found nobody, with the reason, and it lives all the same", async () => {
    const { world, lost } = await lonelyNodes();
    await world.advance(90_000);
    const { codes: statuses, view } = await told(lost);
    expect(statuses).toEqual([503, 503, 200]);
    expect(view).toMatchObject({ status: "degraded", ready: false, uptimeSeconds: 90 });
    const [reason] = view.reasons.filter(({ code }) => code === "not_ready");
    expect(reason?.text).toMatch(/^no bootstrap node is linked; node 5: dial_failed: /);
    expect(reason?.whatToDo).toContain("--bootstrap");
  });

  it("follows a node into the mesh, out of it, and in again", async () => {
    const world = new World({ seed: 3, link: { delay: [1, 5] } });
    const start = (number: number): Promise<MeshNode> =>
      startSimNode(world, number, {
        mode: "gateway",
        links: "auto",
        listen: true,
        bootstrap: number === 0 ? [] : [0],
      });
    await start(0);
    const edge = await startSimNode(world, 9, { mode: "edge", links: "auto", bootstrap: [0] });
    expect((await told(edge)).codes).toEqual([503, 503, 200]);
    await world.run(edge.ready());
    expect((await told(edge)).codes).toEqual([200, 200, 200]);
    world.crash(0);
    await world.advance(30_000);
    expect(edge.status().links).toEqual([]);
    expect((await told(edge)).codes).toEqual([503, 503, 200]);
    await start(0);
    await world.advance(30_000);
    expect((await told(edge)).codes).toEqual([200, 200, 200]);
  });

  it("is 503 where calls do not get to the node, though it is linked", async () => {
    const { provider, client } = await line(1);
    expect(codes(provider)).toEqual([]);
    const unanchored = nodeWith(provider, { anchors: [] });
    expect(isReachable(unanchored.status())).toBe(false);
    expect((await told(unanchored)).view.reasons).toMatchObject([{ code: "unreachable" }]);
    expect((await told(unanchored)).codes).toEqual([503, 503, 200]);
    expect((await told(client)).codes).toEqual([200, 200, 200]);
  });

  it("is 503 while a part of the node does not work, which may be ready all the same", async () => {
    const { first } = await lonelyNodes();
    const health = { state: "degraded", reasons: ["storage: the disk is full: ENOSPC"] } as const;
    const { codes: statuses, view } = await told(nodeWith(first, { health }));
    expect(statuses).toEqual([503, 200, 200]);
    expect(view.reasons).toEqual([
      { code: "storage", text: "the disk is full: ENOSPC", whatToDo: WHAT_TO_DO.storage },
    ]);
  });

  it("is not ready any more once the node is closed", async () => {
    const { world, first } = await lonelyNodes();
    await world.run(first.close());
    expect((await told(first)).codes).toEqual([503, 503, 200]);
  });

  it("has an answer for every reason that the code gives", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join("src", file), "utf8"))
      .filter((text) => text.includes("ealth.degraded("));
    const names = files.flatMap((text) => [
      ...[...text.matchAll(/ealth\.degraded\("(\w+)"/g)].map(([, name]) => name as string),
      ...[...text.matchAll(/^const REASON = "(\w+)"/gm)].map(([, name]) => name as string),
    ]);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => !(name in WHAT_TO_DO))).toEqual([]);
  });
});
