import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, hostOf } from "../http/pages.ts";
import { hostPort } from "./chain.ts";
import { macula, Running, type RunningNode, startNode } from "./command.ts";
import { freePort } from "./free-port.ts";

const MODULE = "test/process/fixtures/procedures.mjs";
const FREE = "127.0.0.1:0";
const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a running node that is asked over HTTP", () => {
  const state = join(directory, "state");
  let gateway: RunningNode;
  let provider: RunningNode;
  beforeAll(async () => {
    const pages = ["--health", FREE, "--admin", FREE, "--state", state];
    gateway = await startNode("start", "--mode", "gateway", "--listen", FREE, ...pages);
    const bootstrap = ["--bootstrap", hostPort(gateway.address)];
    provider = await startNode("serve", MODULE, ...bootstrap, "--health", FREE);
  });
  afterAll(async () => {
    await provider?.running[Symbol.asyncDispose]();
    await gateway?.running[Symbol.asyncDispose]();
  });

  it("tells that it is well", async () => {
    for (const { health } of [gateway, provider]) {
      const heard = await ask(health as string, "/health");
      expect(JSON.parse(heard.text)).toMatchObject({ status: "healthy", ready: true, reasons: [] });
      expect(heard.status).toBe(200);
    }
  });

  it("tells the rest to whoever has the token, which lies in the state directory", async () => {
    const token = readFileSync(join(state, "admin.token"), "utf8").trim();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const admin = gateway.admin as string;
    expect((await ask(admin, "/api/links")).status).toBe(401);
    const links = JSON.parse((await ask(admin, "/api/links", { headers })).text);
    expect(links.links).toMatchObject([{ node: provider.id }]);
    const body = JSON.stringify({ procedure: "calculator.add", args: { a: 2, b: 3 } });
    const made = await ask(admin, "/api/explain", { method: "POST", headers, body });
    expect(JSON.parse(made.text)).toMatchObject({
      result: 5,
      report: { ok: true, provider: provider.id, strategy: "direct" },
    });
    const { calls } = JSON.parse((await ask(admin, "/api/calls", { headers })).text);
    expect(calls).toMatchObject([{ procedure: "calculator.add", ok: true, forwarders: 0 }]);
    const found = await ask(admin, "/api/lookup?procedure=calculator.add", { headers });
    expect(JSON.parse(found.text).providers).toMatchObject([{ node: provider.id }]);
  });
});

describe("a node that can't tell over HTTP how it is", () => {
  const start = ["start", "--listen", FREE];

  it("does not start where it was asked to, and says who has the place", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const taken = `127.0.0.1:${(other.address() as { port: number }).port}`;
    const token = ["--admin-token", join(directory, "token")];
    for (const pages of [
      ["--health", taken],
      ["--admin", taken, ...token],
    ]) {
      const refused = await macula(...start, ...pages);
      expect(refused).toMatchObject({ code: 3, stdout: "" });
      expect(refused.stderr).toMatch(
        new RegExp(`^macula start: address_in_use: [^\\n]*${taken}[^\\n]*\\n$`),
      );
    }
    await new Promise((resolve) => other.close(resolve));
  });

  it("does without where nobody asked for it, as the second node of a machine does", async () => {
    const other = createServer();
    // Whoever has the usual place already serves as well.
    await new Promise<void>((resolve) => {
      other.once("error", () => resolve()).listen(8_080, "127.0.0.1", resolve);
    });
    await using running = new Running([...start, "--json"], { MACULA_HEALTH: "" });
    await running.until((it) => it.stdout.includes("\n"), "it is ready");
    expect(running.stderr).toMatch(
      /^no health page: another process has 127\.0\.0\.1:8080[^\n]*--health[^\n]*\n$/,
    );
    expect(Object.keys(JSON.parse(running.stdout))).toEqual(["event", "id", "addresses"]);
    await new Promise((resolve) => (other.listening ? other.close(resolve) : resolve(undefined)));
  });

  it.each([
    [
      "an admin page on a public address, without TLS",
      ["--admin", "0.0.0.0:0", "--admin-token", "t"],
      /^macula start: bad_config: [^\n]*certificate[^\n]*\n$/,
    ],
    [
      "an admin page without a place for its token",
      ["--admin", FREE],
      /^macula start: usage: [^\n]*--admin-token[^\n]*\n$/,
    ],
    [
      "a certificate without its key",
      ["--admin", FREE, "--admin-token", "t", "--admin-cert", MODULE],
      /^macula start: usage: [^\n]*--admin-key[^\n]*\n$/,
    ],
    [
      "a certificate that is not there",
      ["--admin", FREE, "--admin-token", "t", "--admin-cert", "none"],
      /^macula start: bad_config: --admin-cert [^\n]*\n$/,
    ],
    [
      "a name in place of an address",
      ["--health", "localhost:0"],
      /^macula start: bad_config: [^\n]*localhost:0[^\n]*\n$/,
    ],
  ])("refuses %s", async (_, pages, line) => {
    const refused = await macula(...start, ...pages);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(line);
  });
});

describe("a node that is still looking for its mesh", () => {
  it("tells so from its first moment on", async () => {
    const port = await freePort();
    await using running = new Running(
      [
        "start",
        "--listen",
        FREE,
        "--bootstrap",
        "127.0.0.1:9",
        "--timeout",
        "20000",
        "--log",
        "info",
      ],
      { MACULA_HEALTH: `127.0.0.1:${port}` },
    );
    await running.until((it) => it.stderr.includes("dial_failed"), "it has tried");
    const url = `http://127.0.0.1:${port}`;
    expect(hostOf(url).port).toBe(port);
    const heard = await ask(url, "/health");
    expect(heard.status).toBe(503);
    const codes = JSON.parse(heard.text).reasons.map((reason: { code: string }) => reason.code);
    expect(codes).toContain("not_ready");
    expect((await ask(url, "/live")).status).toBe(200);
  });
});
