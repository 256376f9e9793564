import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LookupReport, NodeStatus } from "../../src/index.ts";
import { hostPort } from "./chain.ts";
import { type Ended, macula, type RunningNode, startNode } from "./command.ts";

const MODULE = "test/process/fixtures/procedures.mjs";
const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
const state = join(directory, "state");
const socket = join(directory, "provider.sock");

/** The one object on stdout of a command that did what it was asked. */
function object<T>({ code, stdout, stderr }: Ended): T {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\{"ok":true,[^\n]+\n$/);
  return JSON.parse(stdout) as T;
}

describe("a running node that is asked", () => {
  let gateway: RunningNode;
  let provider: RunningNode;

  beforeAll(async () => {
    gateway = await startNode(
      ...["start", "--mode", "gateway", "--listen", "127.0.0.1:0", "--state", state],
    );
    const bootstrap = ["--bootstrap", hostPort(gateway.address)];
    provider = await startNode("serve", MODULE, ...bootstrap, "--control", socket);
  });
  afterAll(async () => {
    await provider?.running[Symbol.asyncDispose]();
    await gateway?.running[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  it("tells how it stands", async () => {
    const status = object<NodeStatus>(await macula("status", "--state", state, "--json"));
    expect(status).toMatchObject({ id: gateway.id, mode: "gateway", ready: true });
    expect(status.links.map(({ node }) => node)).toEqual([provider.id]);
    const { code, stdout } = await macula("status", "--control", socket);
    expect(code).toBe(0);
    expect(stdout).toContain(`node     ${provider.id}\n`);
    expect(stdout).toContain(`anchors  ${gateway.id.slice(0, 8)}\n`);
    expect(stdout).toMatch(/^ {2}calculator\.add {2}1 {2}copies of its record$/m);
  });

  it("tells whom it is linked to and whom it knows", async () => {
    const peers = object<NodeStatus>(await macula("peers", "--control", socket, "--json"));
    expect(Object.keys(peers)).toEqual(["ok", "id", "anchors", "links", "contacts"]);
    expect(peers.anchors).toEqual([gateway.id]);
    expect(peers.contacts).toMatchObject([{ node: gateway.id, linked: true, anchor: true }]);
    const { code, stdout } = await macula("peers", "--state", state);
    expect(code).toBe(0);
    expect(stdout).toContain(`1 link of ${gateway.id.slice(0, 8)}\n`);
    expect(stdout).toContain(provider.id.slice(0, 8));
  });

  it("looks up for whoever asks it", async () => {
    const words = ["lookup", "echo", "--control", socket];
    const report = object<LookupReport>(await macula(...words, "--json"));
    expect(report.providers.map(({ node }) => node)).toEqual([provider.id]);
    const { code, stdout } = await macula("lookup", "echo", "--state", state);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 provider of echo\n/);
    expect(stdout).toContain(provider.id);
  });

  it("is done without where there is a way into the mesh", async () => {
    const bootstrap = ["--bootstrap", hostPort(gateway.address)];
    const nobody = ["--state", join(directory, "nobody")];
    const report = object<LookupReport>(
      await macula("lookup", "echo", ...bootstrap, ...nobody, "--json"),
    );
    expect(report).toMatchObject({ holder: gateway.id, steps: 1 });
    expect(report.providers).toMatchObject([{ node: provider.id, anchors: [gateway.id] }]);
    expect(existsSync(join(directory, "nobody"))).toBe(false);
  });

  it("says that nobody provides it", async () => {
    const { code, stdout, stderr } = await macula("lookup", "no.such", "--state", state, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "no_provider" } });
    expect(stderr).toMatch(
      /^macula lookup: no_provider: [^\n]*1 were asked and 1 answered[^\n]*\n$/,
    );
  });

  it("keeps its socket from a second node", async () => {
    const second = await macula("start", "--listen", "127.0.0.1:0", "--state", state);
    expect(second).toMatchObject({ code: 3, stdout: "" });
    expect(second.stderr).toMatch(/^macula start: address_in_use: [^\n]*control\.sock[^\n]*\n$/);
    expect((await macula("status", "--state", state)).code).toBe(0);
  });
});

describe("whoever asks a node that does not run", () => {
  it.each(["status", "peers", "lookup echo"])(
    "macula %s: says so, and what to do",
    async (line) => {
      const [name, ...words] = line.split(" ") as [string, ...string[]];
      const none = await macula(name, ...words, "--control", join(directory, "none"));
      expect(none).toMatchObject({ code: 1, stdout: "" });
      expect(none.stderr).toMatch(
        /^macula \w+: no_node: no node answers at [^\n]*macula start[^\n]*\n$/,
      );
      const unnamed = await macula(name, ...words);
      expect(unnamed).toMatchObject({ code: 2, stdout: "" });
      expect(unnamed.stderr).toMatch(/^macula \w+: usage: [^\n]*--control[^\n]*\n$/);
    },
  );

  it("cannot find one whose state directory takes no socket; it runs all the same", async () => {
    const place = mkdtempSync(join(tmpdir(), "macula-test-"));
    const deep = join(place, "x".repeat(100));
    const { running } = await startNode("start", "--listen", "127.0.0.1:0", "--state", deep);
    expect(running.stderr).toMatch(/^no control socket: [^\n]*--control\n$/);
    await running[Symbol.asyncDispose]();
    const far = join(place, "y".repeat(100));
    const refused = await macula("start", "--listen", "127.0.0.1:0", "--control", far);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^macula start: bad_config: [^\n]*103 bytes[^\n]*\n$/);
    rmSync(place, { recursive: true });
  });

  it("finds it again after it was killed and started anew", async () => {
    const place = mkdtempSync(join(tmpdir(), "macula-test-"));
    const start = ["start", "--listen", "127.0.0.1:0", "--state", place];
    const { running } = await startNode(...start);
    running.kill("SIGKILL");
    await running.ended;
    expect((await macula("status", "--state", place)).stderr).toContain(" no_node: ");
    const again = await startNode(...start);
    const { id } = object<NodeStatus>(await macula("status", "--state", place, "--json"));
    expect(id).toBe(again.id);
    await again.running[Symbol.asyncDispose]();
    rmSync(place, { recursive: true });
  });
});
