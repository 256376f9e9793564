import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askNode } from "../../../src/cli/control/ask-node.ts";
import { ControlServer } from "../../../src/cli/control/control-server.ts";
import {
  CONNECTIONS_MAX,
  CONTROL_VERSION,
  REQUEST_BYTES_MAX,
  TIME_MAX,
} from "../../../src/cli/control/message.ts";
import { NoNodeError } from "../../../src/cli/control/no-node-error.ts";
import type { CallOptions, LookupReport, NodeStatus } from "../../../src/index.ts";
import { nodeThat, Place, sayer } from "./place.ts";

const NEVER = new AbortController().signal;
const STATUS = { id: "ab".repeat(32), ready: true } as unknown as NodeStatus;
const NODE = nodeThat({ status: () => STATUS });

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => {
  vi.useRealTimers();
  place[Symbol.dispose]();
});

const code = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (cause: { code: string }) => cause.code,
  );

/** Connects and sends; resolves to all that comes back. */
function exchange(path: string, text: string, ends = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => (ends ? socket.end(text) : socket.write(text)));
    let heard = "";
    socket.on("data", (bytes: Buffer) => {
      heard += bytes.toString();
    });
    socket.once("end", () => resolve(heard)).once("error", reject);
  });
}

/** The code in the one line that answers `text`. */
async function refusal(path: string, text: string, ends = false): Promise<unknown> {
  const [line, rest] = (await exchange(path, text, ends)).split("\n");
  expect(rest).toBe("");
  const answer = JSON.parse(line as string) as { version: number; error: { code: string } };
  expect(answer).toMatchObject({ version: CONTROL_VERSION, ok: false });
  return answer.error.code;
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => resolve(socket)).once("error", reject);
  });
}

describe("a control socket", () => {
  it("answers one line with one line", async () => {
    await using control = await ControlServer.open(place.path(), NODE);
    const answer = await exchange(control.path, '{"ask":"status"}\n');
    expect(answer.endsWith("\n")).toBe(true);
    expect(JSON.parse(answer)).toEqual({ version: CONTROL_VERSION, ok: true, value: STATUS });
    expect(await askNode(control.path, { ask: "status" }, 5_000, NEVER)).toEqual(STATUS);
  });

  it("looks up for whoever asks, and passes on how that fails", async () => {
    const report = { procedure: "echo" } as unknown as LookupReport;
    const times: unknown[] = [];
    const node = nodeThat({
      lookup: (_, options) => {
        times.push(options?.timeout);
        return Promise.resolve(report);
      },
    });
    await using control = await ControlServer.open(place.path(), node);
    const request = { ask: "lookup", procedure: "echo" } as const;
    const ask = (timeout: number): Promise<unknown> =>
      askNode(control.path, { ...request, timeout }, 5_000, NEVER);
    expect(await ask(700)).toEqual(report);
    await ask(3_600_000);
    expect(times).toEqual([700, TIME_MAX]);
    const failing = nodeThat({ status: () => Promise.reject(new Error("broken")) as never });
    await using other = await ControlServer.open(place.path("b.sock"), failing);
    expect(await code(askNode(other.path, { ask: "status" }, 5_000, NEVER))).toBe("internal");
  });

  it("calls a peer for whoever asks, within the time", async () => {
    const calls: unknown[] = [];
    const report = { error: undefined, hops: [], elapsed: 3 };
    const node = nodeThat({
      explain: (_: unknown, __: unknown, options?: CallOptions) => {
        calls.push([options?.provider, options?.routingStrategy, options?.timeout]);
        return Promise.resolve({ result: undefined, report: report as never });
      },
      status: () => ({ links: [{ node: "ab", address: "192.0.2.1:1" }] }) as never,
    });
    await using control = await ControlServer.open(place.path(), node);
    const request = { ask: "reach", peer: "ab", timeout: 800 } as const;
    expect(await askNode(control.path, request, 5_000, NEVER)).toMatchObject({
      node: "ab",
      routed: { isReached: true, forwarders: 0, elapsed: 3 },
      direct: { isReached: true, address: "192.0.2.1:1" },
    });
    expect(calls).toEqual([
      ["ab", "multi_hop_only", 400],
      ["ab", "direct_only", 400],
    ]);
  });

  it("is its owner's alone, and gone with the node", async () => {
    const usual = process.umask(0);
    const control = await ControlServer.open(place.path(), NODE);
    expect(process.umask(usual)).toBe(0);
    expect(statSync(control.path).mode & 0o777).toBe(0o600);
    await control[Symbol.asyncDispose]();
    expect(existsSync(control.path)).toBe(false);
    const asked = askNode(control.path, { ask: "status" }, 5_000, NEVER);
    await expect(asked).rejects.toThrow(NoNodeError);
  });

  it.each([
    ["no JSON", "status\n", "bad_frame"],
    ["no object", "null\n", "bad_frame"],
    ["nothing it knows", '{"ask":"stop"}\n', "unknown_type"],
    ["a lookup of nothing", '{"ask":"lookup","timeout":5}\n', "bad_frame"],
    ["a lookup without end", '{"ask":"lookup","procedure":"a"}\n', "bad_frame"],
    ["the way to nobody", '{"ask":"reach","timeout":5}\n', "bad_frame"],
    ["a way without end", '{"ask":"reach","peer":"ab"}\n', "bad_frame"],
    ["more than it takes", `${"x".repeat(REQUEST_BYTES_MAX + 1)}`, "too_large"],
  ])("that is asked %s says so", async (_, text, expected) => {
    await using control = await ControlServer.open(place.path(), NODE);
    expect(await refusal(control.path, text)).toBe(expected);
    expect(await askNode(control.path, { ask: "status" }, 5_000, NEVER)).toEqual(STATUS);
  });

  it("answers half a line with what is wrong", async () => {
    await using control = await ControlServer.open(place.path(), NODE);
    expect(await refusal(control.path, '{"ask":', true)).toBe("bad_frame");
  });

  it(`lets ${CONNECTIONS_MAX} ask at once and tells the next one`, async () => {
    await using control = await ControlServer.open(place.path(), NODE);
    const silent = [];
    for (let at = 0; at < CONNECTIONS_MAX; at++) silent.push(await connect(control.path));
    expect(await refusal(control.path, "")).toBe("overloaded");
    const [first] = silent as [Socket];
    const answered = new Promise((resolve) => first.once("data", resolve));
    first.write('{"ask":"status"}\n');
    await answered;
    for (const socket of silent) socket.destroy();
  });

  it("waits for nobody for longer than ten seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using control = await ControlServer.open(place.path(), NODE);
    const socket = createConnection({ path: control.path, allowHalfOpen: true });
    const told = new Promise<string>((resolve) => {
      socket.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    });
    await vi.waitUntil(() => vi.getTimerCount() === 2);
    vi.advanceTimersByTime(TIME_MAX);
    expect(await told).toContain('"timeout"');
    const closed = new Promise((resolve) => socket.once("close", resolve));
    vi.advanceTimersByTime(1_000);
    socket.end();
    await closed;
  });

  it("stops looking when whoever asked has gone", async () => {
    let started: (signal: AbortSignal) => void;
    const lookup = new Promise<AbortSignal>((resolve) => {
      started = resolve;
    });
    const node = nodeThat({
      lookup: (_, options) => {
        started(options?.signal as AbortSignal);
        return new Promise(() => {});
      },
    });
    await using control = await ControlServer.open(place.path(), node);
    const socket = await connect(control.path);
    socket.write('{"ask":"lookup","procedure":"a","timeout":5000}\n');
    const signal = await lookup;
    const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
    socket.destroy();
    await stopped;
    expect(signal.reason).toMatchObject({ code: "cancelled" });
  });
});

describe("the place of a control socket", () => {
  it("is taken over from a process that is dead", async () => {
    const dead = await sayer(place.path("other"), undefined);
    renameSync(place.path("other"), place.path());
    await new Promise((resolve) => dead.close(resolve));
    expect(existsSync(place.path())).toBe(true);
    await using control = await ControlServer.open(place.path(), NODE);
    expect(await askNode(control.path, { ask: "status" }, 5_000, NEVER)).toEqual(STATUS);
  });

  it("is left to a process that answers", async () => {
    await using first = await ControlServer.open(place.path(), NODE);
    expect(await code(ControlServer.open(place.path(), NODE))).toBe("address_in_use");
    expect(await askNode(first.path, { ask: "status" }, 5_000, NEVER)).toEqual(STATUS);
  });

  it("is refused where something else is, and that stays", async () => {
    writeFileSync(place.path(), "mine");
    expect(await code(ControlServer.open(place.path(), NODE))).toBe("bad_config");
    expect(readFileSync(place.path(), "utf8")).toBe("mine");
    expect(await code(ControlServer.open(join(place.path(), "below"), NODE))).toBe("bad_config");
  });

  it("is refused where others could put a socket of theirs", async () => {
    chmodSync(place.directory, 0o770);
    expect(await code(ControlServer.open(place.path(), NODE))).toBe("bad_config");
    chmodSync(place.directory, 0o755);
    await using control = await ControlServer.open(place.path(), NODE);
    expect(control.path).toBe(place.path());
  });

  it("is refused where its path is too long for a socket", async () => {
    const path = place.path("x".repeat(104));
    await expect(ControlServer.open(path, NODE)).rejects.toThrow(/over 103 bytes/);
  });
});

describe("whoever asks at a socket", () => {
  const ask = (timeout = 5_000): Promise<unknown> =>
    askNode(place.path(), { ask: "status" }, timeout, NEVER);

  it.each([
    ["that is no node", "220 mail.example.com\n", "bad_frame"],
    ["that closes", "", "bad_frame"],
    ["of another version", '{"version":2,"ok":true,"value":{}}\n', "unsupported_version"],
    ["that fails without a reason", '{"version":1,"ok":false}\n', "bad_frame"],
    ["that says nothing", undefined, "timeout"],
  ])("%s is told by a code", async (_, answer, expected) => {
    const server = await sayer(place.path(), answer);
    expect(await code(ask(200))).toBe(expected);
    server.close();
  });

  it("may give up before the answer", async () => {
    const server = await sayer(place.path(), undefined);
    const stop = new AbortController();
    const asked = askNode(place.path(), { ask: "status" }, 5_000, stop.signal);
    stop.abort(Object.assign(new Error("enough"), { code: "enough" }));
    expect(await code(asked)).toBe("enough");
    server.close();
  });

  it("is told what to do where nobody is", async () => {
    await expect(ask()).rejects.toThrow(/no node answers at .*macula start --control/);
  });
});
