import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNode, type MeshNode } from "../../src/index.ts";
import { hostPort, REALM } from "./chain.ts";
import { Running } from "./command.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}.mjs`, import.meta.url));

const ON = { MACULA_SUPERVISE: "on" };
const DEADLINE = 15_000;

/** What a node says each time it has found its place. */
interface Ready {
  readonly id: string;
  readonly addresses: readonly string[];
}

const readyLines = ({ stdout }: Running): Ready[] =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Ready);

/** Waits until it has been ready so many times, and tells what it said the last time. */
async function ready(running: Running, times: number): Promise<Ready> {
  await running.until((it) => readyLines(it).length >= times, `it is ready for time ${times}`);
  return readyLines(running)[times - 1] as Ready;
}

/** The processes that this one has started, as Linux tells it. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => placeOf(name)?.parent === pid)
    .map(Number);
}

function placeOf(pid: string): { readonly state: string; readonly parent: number } | undefined {
  try {
    const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
    const [state = "", parent] = rest.split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

/** Whether such a process runs; what is left of one that has ended (a zombie) does not. */
function isThere(pid: number): boolean {
  const place = placeOf(String(pid));
  return place !== undefined && place.state !== "Z";
}

const clients: MeshNode[] = [];
let running: Running | undefined;
beforeEach(() => {
  running = undefined;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((node) => node.close()));
  await running?.[Symbol.asyncDispose]();
});

function start(...words: readonly string[]): Running {
  const flags = ["--listen", "127.0.0.1:0", "--realm", REALM, "--json"];
  running = new Running([...words, ...flags], ON);
  return running;
}

const serve = (...words: readonly string[]): Running =>
  start("serve", fixture("fragile"), "--mode", "gateway", ...words);

async function clientOf({ addresses }: Ready): Promise<MeshNode> {
  const node = await createNode({ realm: REALM, bootstrap: [hostPort(addresses[0] as string)] });
  clients.push(node);
  await node.ready({ timeout: DEADLINE });
  return node;
}

/** The answer of the procedure, asked for until there is one. */
async function answer(node: MeshNode, procedure: string): Promise<unknown> {
  for (const end = performance.now() + DEADLINE; ; ) {
    try {
      return await node.call(procedure, null, { timeout: 1_000 });
    } catch (error) {
      if (performance.now() > end) throw error;
      // Calls that fail at once leave the network no time.
      await new Promise((resume) => setImmediate(resume));
    }
  }
}

describe.runIf(process.platform === "linux")("a node with a supervisor", () => {
  it("that is killed is there again with its id and port, and answers who called it before", async () => {
    const node = serve();
    const first = await ready(node, 1);
    const client = await clientOf(first);
    const before = (await client.call("pid", null)) as number;
    expect(childrenOf(node.pid)).toEqual([before]);
    process.kill(before, "SIGKILL");

    expect(await ready(node, 2)).toMatchObject({ id: first.id, addresses: first.addresses });
    const after = await answer(client, "pid");
    expect(childrenOf(node.pid)).toEqual([after]);
    expect(after).not.toBe(before);
    expect(node.stderr).toMatch(/ error node_restarted reason="it was ended by SIGKILL" wait=100 /);
  });

  it("that does not run is noticed, killed and started again", async () => {
    const node = serve("--hung-after", "1000");
    const first = await ready(node, 1);
    const [before] = childrenOf(node.pid) as [number];
    process.kill(before, "SIGSTOP");

    expect((await ready(node, 2)).id).toBe(first.id);
    expect(isThere(before)).toBe(false);
    expect(node.stderr).toMatch(/node_restarted reason="it gave no sign of life for 1 s/);
  });

  it("that computes without end is noticed, killed and started again", async () => {
    const node = serve("--hung-after", "1000");
    const client = await clientOf(await ready(node, 1));
    void client.call("compute", null, { timeout: 500 }).catch(() => {});
    await ready(node, 2);
    expect(await answer(client, "pid")).toBe(childrenOf(node.pid)[0]);
  });

  it("that breaks is started again, and its fault is seen", async () => {
    const node = serve();
    const client = await clientOf(await ready(node, 1));
    void client.call("break_", null).catch(() => {});
    await ready(node, 2);
    expect(node.stderr).toContain("this handler breaks its process");
    expect(node.stderr).toMatch(/node_restarted reason="it ended with exit code 1"/);
  });

  it("that keeps dying is given up, with one line that says so", async () => {
    const node = start("serve", fixture("dies-young"), "--mode", "gateway");
    const { code, stdout, stderr } = await node.ended;
    expect(code).toBe(137);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
      ok: false,
      error: { code: "node_failed" },
    });
    expect(stderr.match(/node_restarted/g)).toHaveLength(4);
    expect(stderr).toMatch(
      /^macula serve: node_failed: the node failed 5 times in a row .*--supervise off/m,
    );
  });
});

describe.runIf(process.platform === "linux")("the end of a node with a supervisor", () => {
  it.each<NodeJS.Signals>(["SIGINT", "SIGTERM"])(
    "comes by %s, for both of them",
    async (signal) => {
      const node = start("start");
      await ready(node, 1);
      const [child] = childrenOf(node.pid) as [number];
      node.kill(signal);
      expect(await node.ended).toMatchObject({ code: 0, stderr: `${signal}: closing\n` });
      expect(isThere(child)).toBe(false);
    },
  );

  it("comes once where a terminal or a service manager tells both", async () => {
    const node = start("start");
    await ready(node, 1);
    const [child] = childrenOf(node.pid) as [number];
    process.kill(child, "SIGINT");
    node.kill("SIGINT");
    expect(await node.ended).toMatchObject({ code: 0, stderr: "SIGINT: closing\n" });
  });

  it("comes at once with the second signal, also where the node hangs", async () => {
    const node = start("start");
    await ready(node, 1);
    const [child] = childrenOf(node.pid) as [number];
    process.kill(child, "SIGSTOP");
    node.kill("SIGTERM");
    // A process takes two signals that come together for one.
    const again = setInterval(() => node.kill("SIGTERM"), 50);
    const { code } = await node.ended;
    clearInterval(again);
    expect(code).toBe(143);
    expect(isThere(child)).toBe(false);
  });

  it("comes for the node where its supervisor is killed", async () => {
    const node = start("start");
    await ready(node, 1);
    const [child] = childrenOf(node.pid) as [number];
    node.kill("SIGKILL");
    // It resolves with the end of stdout, which both have open.
    await node.ended;
    expect(node.stderr).toContain("SIGTERM: closing");
    expect(isThere(child)).toBe(false);
  });
});

describe("a node that can't run", () => {
  it.each([
    ["start --nonsense", 2, /^macula start: usage: there is no flag --nonsense/],
    ["start --bootstrap nowhere", 2, /^macula start: bad_config: .*not an address/],
    ["serve no-such-file.mjs", 2, /^macula serve: usage: no-such-file.mjs cannot be loaded/],
    ["start --identity /proc/x.key --listen 127.0.0.1:0", 3, /^macula start: bad_key_file/],
    ["join macula-join-1/x", 2, /^macula join: bad_config/],
  ])("%s: is tried once, says one line and ends with %d", async (line, exitCode, message) => {
    running = new Running(line.split(" "), ON);
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});

describe("without a supervisor", () => {
  it.runIf(process.platform === "linux")("a node is one process", async () => {
    running = new Running(["start", "--listen", "127.0.0.1:0", "--json", "--supervise", "off"], ON);
    await ready(running, 1);
    expect(childrenOf(running.pid)).toEqual([]);
  });
});
