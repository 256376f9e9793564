import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { composed, DEPLOY, Deployed, manifested } from "./deployed.ts";

describe("the commands of the compose file", () => {
  it("chain carry a call over three nodes between networks that have no other way", async () => {
    await using nodes = await Deployed.of(composed("chain"));
    await nodes.start("c", "b", "a", "provider");
    const { code, stdout, stderr } = await nodes.run("client");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { ok, hops } = JSON.parse(stdout) as { ok: boolean; hops: readonly unknown[] };
    // The provider is the last of them.
    expect([ok, hops.length]).toEqual([true, 4]);
  });

  it("edges let edges call each other that listen nowhere", async () => {
    await using nodes = await Deployed.of(composed("edges"));
    await nodes.start("bootstrap", "gateway", "edge1");
    const calls = await Promise.all([nodes.run("edge2"), nodes.run("edge3")]);
    const failed = calls.filter(({ code }) => code !== 0);
    expect(failed).toEqual([]);
    const [called, traced] = calls.map(({ stdout }) => JSON.parse(stdout));
    expect(called).toMatchObject({ ok: true, result: 5 });
    expect(traced).toMatchObject({ ok: true, procedure: "calculator.add" });
  });
});

it("the commands of the Kubernetes manifest make a mesh whose nodes are told of themselves too", async () => {
  const pods = manifested("macula");
  const gateway = pods.get("macula");
  const named = new Map(pods);
  for (const ordinal of [0, 1]) if (gateway) named.set(`macula-${ordinal}.macula`, gateway);
  await using nodes = await Deployed.of(named);
  await nodes.start("macula-0.macula", "macula-1.macula", "calculator");
});

describe("the systemd unit", () => {
  const unit = readFileSync(join(DEPLOY, "systemd/macula.service"), "utf8");

  it("starts what the package installs", () => {
    expect(unit).toMatch(/^ExecStart=\/usr\/local\/bin\/macula start$/m);
  });

  it("is one that systemd accepts", (context) => {
    const directory = mkdtempSync(join(tmpdir(), "macula-unit-"));
    try {
      const path = join(directory, "macula.service");
      writeFileSync(path, unit.replace("/usr/local/bin/macula", process.execPath));
      const { status, stderr, error } = spawnSync("systemd-analyze", ["verify", path], {
        encoding: "utf8",
      });
      if (error) context.skip("this machine has no systemd-analyze");
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
