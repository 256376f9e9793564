import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPort } from "./chain.ts";
import { type Ended, macula, type RunningNode, startNode } from "./command.ts";

const MODULE = "test/process/fixtures/procedures.mjs";
const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
const state = join(directory, "state");
const key = join(directory, "gateway.key");

interface Diagnosis {
  readonly ok: boolean;
  readonly healthy: boolean;
  readonly from: string;
  readonly node: string;
  readonly findings: readonly { readonly topic: string; readonly level: string; says: string }[];
}

/** The one object on stdout. */
function read({ stdout, stderr }: Ended): Diagnosis {
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^\{"ok":true,[^\n]+\n$/);
  return JSON.parse(stdout) as Diagnosis;
}

/** `level topic` of all that is not as it should be. */
const wrong = ({ findings }: Diagnosis): string[] =>
  findings.filter(({ level }) => level !== "ok").map(({ level, topic }) => `${level} ${topic}`);

describe("macula doctor", () => {
  let gateway: RunningNode;
  let provider: RunningNode;

  beforeAll(async () => {
    const listen = ["--mode", "gateway", "--listen", "127.0.0.1:0"];
    gateway = await startNode("start", ...listen, "--state", state, "--identity", key);
    const bootstrap = ["--bootstrap", hostPort(gateway.address)];
    provider = await startNode("serve", MODULE, ...bootstrap, "--control", join(directory, "p"));
  });
  afterAll(async () => {
    await provider?.running[Symbol.asyncDispose]();
    await gateway?.running[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  it("finds nothing wrong with nodes that run well, and says how they are linked", async () => {
    const asked = await macula("doctor", "--state", state, "--identity", key, "--json");
    expect(asked.code).toBe(0);
    const diagnosis = read(asked);
    expect(diagnosis).toMatchObject({ healthy: true, from: "running", node: gateway.id });
    expect(diagnosis).toMatchObject({ udp: "works", dialable: "proved", anchors: [] });
    expect(diagnosis.findings.map(({ topic }) => topic)).toEqual([
      "key",
      "state",
      "udp",
      "mesh",
      "anchors",
      "nat",
      "dialable",
      "clock",
    ]);
    const people = await macula("doctor", "--control", join(directory, "p"), "--peer", gateway.id);
    expect(people).toMatchObject({ code: 0, stderr: "" });
    expect(people.stdout).toMatch(/^ok {4}bootstrap {2}127\.0\.0\.1:\d+ is linked$/m);
    expect(people.stdout).toMatch(/^ok {4}nat +no NAT: others see it at .*127\.0\.0\.1:\d+$/m);
    expect(people.stdout).toMatch(/^ok {4}direct +there is a direct link to [0-9a-f]{8}/m);
    expect(people.stdout).toMatch(/\nall is well\n$/);
  });

  it("joins by itself where none runs, and tells of each bootstrap address", async () => {
    const good = hostPort(gateway.address);
    const ended = await macula(
      ...["doctor", "--bootstrap", good, "--bootstrap", "127.0.0.1:1", "--listen", "127.0.0.1:0"],
      ...["--peer", provider.id, "--json"],
    );
    expect(ended.code).toBe(1);
    const diagnosis = read(ended);
    expect(diagnosis).toMatchObject({ healthy: false, from: "own", dialable: "proved" });
    expect(wrong(diagnosis)).toEqual(["warn bootstrap"]);
    const says = (topic: string) =>
      diagnosis.findings.filter((it) => it.topic === topic).map((it) => it.says);
    expect(says("bootstrap")[1]).toMatch(
      /^127\.0\.0\.1:1 could not be linked: dial_failed: .*no answer/,
    );
    expect(says("peer")[0]).toMatch(/^[0-9a-f]{8} answers over 1 forwarder, in /);
    expect(says("direct")[0]).toMatch(/^there is a direct link to /);
  });

  it("says what to do where nobody answers", async () => {
    const ended = await macula("doctor", "--bootstrap", "127.0.0.1:1");
    expect(ended).toMatchObject({ code: 1, stderr: "" });
    expect(ended.stdout).toMatch(
      /^fail {2}bootstrap {2}127\.0\.0\.1:1 could not be linked: .*\n +> check/m,
    );
    expect(ended.stdout).toMatch(/^warn {2}udp +nothing has come back/m);
    expect(ended.stdout).toMatch(/^fail {2}mesh /m);
    expect(ended.stdout).toMatch(/\n3 to mend, 1 to look at\n$/);
  });

  it("looks at a key file that a node would refuse", async () => {
    chmodSync(key, 0o644);
    const ended = await macula("doctor", "--state", state, "--identity", key, "--json");
    chmodSync(key, 0o600);
    expect(ended.code).toBe(1);
    expect(wrong(read(ended))).toEqual(["fail key"]);
  });

  it.each([
    ["nobody to ask", ["doctor"], /usage: name a running node/],
    ["a peer that is no id", ["doctor", "--bootstrap", "127.0.0.1:1", "--peer", "x"], /bad_config/],
    ["an address that is none", ["doctor", "--bootstrap", "nowhere"], /bad_config/],
  ])("is used wrongly with %s", async (_, words, expected) => {
    const ended = await macula(...words);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(expected);
  });
});
