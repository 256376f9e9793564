import { describe, expect, it } from "vitest";
import { MeshError } from "../../../src/base/errors.ts";
import { showLookup } from "../../../src/cli/show/show-lookup.ts";
import { showPeers } from "../../../src/cli/show/show-peers.ts";
import { showStatus } from "../../../src/cli/show/show-status.ts";
import { showTrace } from "../../../src/cli/show/show-trace.ts";
import { span } from "../../../src/cli/show/span.ts";
import { table } from "../../../src/cli/show/table.ts";
import { startSimNode } from "../../../src/sim/sim-node.ts";
import { World } from "../../../src/sim/world.ts";

describe("a span of time", () => {
  it.each([
    [-5, "0.0 ms"],
    [0.44, "0.4 ms"],
    [12.4, "12 ms"],
    [1_500, "1 s"],
    [119_999, "119 s"],
    [120_000, "2 min"],
    [7_200_000, "2 h"],
    [172_800_000, "2 d"],
  ])("of %d ms is %s", (ms, text) => {
    expect(span(ms)).toBe(text);
  });
});

describe("a table", () => {
  it("has columns as wide as what stands in them, numbers to the right", () => {
    const rows = [
      ["a", 5, "x"],
      ["long", 1_000, ""],
    ];
    expect(table(rows, ["name", "n", "of"])).toBe(
      ["name     n  of", "a        5  x", "long  1000"].join("\n"),
    );
  });
});

describe("a node as people see it", () => {
  it("shows its place, its peers and what it found", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 5] } });
    const start = (number: number, mode: "gateway" | "edge", bootstrap: number[]) =>
      startSimNode(world, number, { mode, listen: mode === "gateway", links: "auto", bootstrap });
    const gateway = await start(0, "gateway", []);
    const other = await start(1, "gateway", [0]);
    const edge = await start(2, "edge", [0]);
    await world.run(Promise.all([gateway, other, edge].map((node) => node.ready())));
    await world.run(edge.register("echo", (args) => args));
    await world.advance(2_000);

    const status = showStatus(edge.status());
    expect(status).toContain(`node     ${edge.id}`);
    expect(status).toMatch(/state {4}ready, healthy, up \d+ s/);
    expect(status).toMatch(/mode {5}edge\ndrivers {2}memory \(2 connections\); UDP works\n/);
    expect(status).toMatch(/links {4}2; wants 2, has 2 of these/);
    expect(status).toMatch(/anchors {2}[0-9a-f]{8} [0-9a-f]{8}\n/);
    expect(status).toMatch(/Bootstrap\n {2}node 0 {2}linked/);
    expect(status).toMatch(/Provides\n {2}echo {2}2 {2}copies/);
    expect(status).toMatch(/callsPending +0 {2}of +65536/);
    expect(status).toMatch(/Counters\n(?: {2}\w+ +\d+\n?)+$/);
    expect(showStatus(gateway.status())).toMatch(/listens {2}10\.0\.0\.1:9443\n/);

    const peers = showPeers(edge.status());
    expect(peers).toContain(`2 links of ${edge.id.slice(0, 8)}`);
    const row = new RegExp(
      `${gateway.id.slice(0, 8)} {2}memory {2}10.0.0.1:9443 +dialled .*transit, anchor`,
    );
    expect(peers).toMatch(row);
    expect(peers).toMatch(/2 contacts in the table/);
    expect(peers).toMatch(/ \d+ [m]?s ago +transit, linked, anchor/);

    const found = await world.run(gateway.lookup("echo"));
    const shown = showLookup(found, world.clock.wall());
    expect(shown).toMatch(/^1 provider of echo\n/);
    expect(shown).toContain(edge.id);
    expect(shown).toMatch(/reached through [0-9a-f]{8} [0-9a-f]{8} {2}good for 4 min/);
    expect(shown).toMatch(/holds the record itself/);
    const elsewhere = { ...found, holder: other.id, steps: 1, asked: 2, answered: 1 };
    expect(showLookup(elsewhere, world.clock.wall())).toContain(
      `found at ${other.id} in 1 step; 2 asked, 1 answered; `,
    );
  });

  it("shows a node that knows nobody", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "edge", bootstrap: [1] });
    await world.advance(3_000);
    expect(showStatus(node.status())).toMatch(
      /not ready.*\nlistens {2}nowhere\nlinks {4}0, static/s,
    );
    expect(showStatus(node.status())).toMatch(/node 1 {2}not linked {2}\d+ failures? in a row/);
    expect(showPeers(node.status())).toMatch(/^0 links of .*\n\n0 contacts in the table/);
  });
});

describe("the way of a call as people see it", () => {
  const [relay, provider] = ["b".repeat(64), "c".repeat(64)];
  const base = {
    procedure: "add",
    strategy: "multi_hop",
    routing: { strategy: "unknown", reason: "no link to it was tried yet" },
    rule: "greedy",
    forwarders: 1,
    elapsed: 12,
  } as const;
  const hops = [
    { node: relay, rule: "greedy", roundTrip: 4 },
    { node: provider, rule: "deliver", roundTrip: 9 },
  ] as const;
  const sent = { at: 0, provider, via: relay, rule: "greedy" } as const;

  it("names the nodes it passed", () => {
    const attempts = [{ ...sent, failure: undefined }];
    const report = { ...base, provider, hops, attempts, error: undefined };
    expect(showTrace(report).split("\n")).toEqual([
      "add was answered by cccccccc in 12 ms over 1 forwarder",
      "way",
      "  hop  node      went on by  there and back",
      "    1  bbbbbbbb  greedy      4.0 ms",
      "    2  cccccccc  deliver     9.0 ms",
    ]);
  });

  it("says of a failed call how far it came, and what was tried", () => {
    const failure = new MeshError("no_route", "no way on");
    const attempts = [{ ...sent, failure }];
    const report = {
      ...base,
      provider: undefined,
      hops: hops.slice(0, 1),
      attempts,
      error: failure,
    };
    const text = showTrace(report);
    expect(text).toContain("add failed with no_route after 12 ms\ncame as far as\n");
    expect(text).toMatch(
      /tried\n.*\n {2}0\.0 ms +cccccccc +bbbbbbbb +greedy +no_route: no way on$/,
    );
    expect(showTrace({ ...report, hops: [], attempts: [] })).toBe(
      "add failed with no_route after 12 ms",
    );
  });
});
