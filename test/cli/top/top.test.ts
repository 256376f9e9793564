import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { drawTop } from "../../../src/cli/top/draw-top.ts";
import { Screen } from "../../../src/cli/top/screen.ts";
import { topView } from "../../../src/cli/top/top-view.ts";
import type { NodeStatus } from "../../../src/index.ts";
import { startSimNode } from "../../../src/sim/sim-node.ts";
import { World } from "../../../src/sim/world.ts";

const ROOM = { columns: 100, rows: 40 };

/** Two looks at a gateway, two seconds apart, between which calls pass it: ten to a provider, one to nobody. */
async function looks() {
  const world = new World({ seed: 1, link: { delay: [1, 5] } });
  const start = (number: number, mode: "gateway" | "edge", bootstrap: number[]) =>
    startSimNode(world, number, { mode, listen: mode === "gateway", links: "static", bootstrap });
  const gateway = await start(0, "gateway", []);
  const [caller, provider] = [await start(1, "edge", [0]), await start(2, "edge", [0])];
  await world.run(Promise.all([gateway, caller, provider].map((node) => node.ready())));
  await world.run(provider.register("echo", (args) => args));
  const look = (node: typeof gateway) => ({ at: world.clock.now(), status: node.status() });
  const before = { gateway: look(gateway), caller: look(caller) };
  for (let at = 0; at < 10; at++) await world.run(caller.call("echo", at));
  await world.run(caller.call("nobody", 1).catch(() => undefined));
  await world.advance(before.gateway.at + 2_000 - world.clock.now());
  const after = { gateway: look(gateway), caller: look(caller) };
  return {
    gateway: topView(before.gateway, after.gateway),
    caller: topView(before.caller, after.caller),
    before,
    after,
  };
}

describe("the view of a running node", () => {
  it("has calls a second by outcome, and what was forwarded", async () => {
    const { gateway, caller } = await looks();
    expect(caller.over).toBe(2_000);
    expect(caller.calls).toEqual([
      { strategy: "multi_hop", outcome: "ok", perSecond: 5, total: 10 },
      { strategy: "none", outcome: "no_provider", perSecond: 0.5, total: 1 },
    ]);
    expect(gateway.forwarded.framesPerSecond).toBeGreaterThanOrEqual(10);
    expect(gateway.links).toHaveLength(2);
    expect(gateway.links[0]?.receivedPerSecond).toBeGreaterThan(0);
    expect(caller.links[0]).toMatchObject({ kind: "anchor", transport: "memory" });
  });

  it("claims no rates after one look, or where the node was started again between two", async () => {
    const { before, after } = await looks();
    const first = topView(undefined, after.caller);
    expect([first.over, first.calls[0]?.perSecond, first.calls[0]?.total]).toEqual([0, 0, 10]);
    const young = { ...before.caller.status, uptime: 5 };
    const again = topView(after.caller, { at: after.caller.at + 1_000, status: young });
    expect([again.over, again.forwarded.framesPerSecond]).toEqual([0, 0]);
  });
});

describe("the picture", () => {
  it("shows health, calls, what is forwarded and links", async () => {
    const { gateway, caller } = await looks();
    const picture = drawTop(caller, ROOM);
    expect(picture).toMatch(/^[0-9a-f]{8} {2}edge {2}ready, healthy, up 2 s\n/);
    expect(picture).toMatch(/multi_hop {2}ok +5(?:\.0)? +10\n/);
    expect(picture).toMatch(/none +no_provider +0\.5 +1\n/);
    expect(picture).toMatch(/\n1 link\n.*round trip.*\n {2}[0-9a-f]{8} {2}memory {2}anchor/);
    expect(drawTop(gateway, ROOM)).toMatch(/forwards \d+\.\d\/s frames, [\d.]+ k?B\/s/);
  });

  it("fits into the terminal, and says how many links there was no room for", async () => {
    const { gateway } = await looks();
    const [link] = gateway.links;
    const many = { ...gateway, links: Array.from({ length: 50 }, () => link as never) };
    const lines = drawTop(many, { columns: 30, rows: 20 }).split("\n");
    expect(lines).toHaveLength(20);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(lines.at(-1)).toMatch(/… \d+ more$/);
    expect(drawTop(many, { columns: 30, rows: 3 }).split("\n")).toHaveLength(3);
  });

  it("shows what peers have said without what would move the cursor", async () => {
    const { after } = await looks();
    const reasons = ["dialable: \u001b[2Jgone\u009b1m\r\n"];
    const status: NodeStatus = { ...after.caller.status, health: { state: "degraded", reasons } };
    const picture = drawTop(topView(undefined, { at: 0, status }), ROOM);
    expect(picture).toContain("dialable: ?[2Jgone?1m??");
    expect(picture).toMatch(/> Open the UDP port/);
  });
});

describe("the screen", () => {
  const terminal = () => {
    const stream = new PassThrough();
    const modes: boolean[] = [];
    const fake = Object.assign(stream, {
      isTTY: true,
      setRawMode: (isRaw: boolean) => modes.push(isRaw),
    });
    return { stream: fake as never, input: stream, modes };
  };

  it.each(["q", "\u0003"])("ends at %j, and leaves the terminal as it was", async (key) => {
    const [output, input] = [terminal(), terminal()];
    const listeners = process.listenerCount("exit");
    const asked = new Promise<void>((resolve) => {
      const screen = new Screen(output.stream, input.stream, () => {
        screen[Symbol.dispose]();
        screen[Symbol.dispose]();
        resolve();
      });
      screen.draw("one\ntwo");
      input.input.write("x");
      input.input.write(key);
    });
    await asked;
    const written = (output.input.read() as Buffer).toString();
    expect(written.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
    expect(written).toContain("one\u001b[K\r\ntwo\u001b[K");
    expect(written.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(written.match(/1049l/g)).toHaveLength(1);
    expect(input.modes).toEqual([true, false]);
    expect(process.listenerCount("exit")).toBe(listeners);
  });
});
