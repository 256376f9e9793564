import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type HttpListener, serveHealth } from "../../src/http/index.ts";
import { CONNECTIONS_MAX, HEADERS_WITHIN } from "../../src/http/listener.ts";
import { ask, hostOf, lonelyNodes } from "../http/pages.ts";

const CLIENTS = 1_000;
const ASKED = 300;
/** Milliseconds. */
const P99_MAX = 100;

let health: HttpListener;
const open = new Set<Socket>();
beforeAll(async () => {
  const { first } = await lonelyNodes();
  health = await serveHealth(first, { listen: "127.0.0.1:0" });
});
afterEach(() => {
  for (const socket of open) socket.destroy();
  open.clear();
});
afterAll(() => health.close());

/** Connects and says `text`. */
function slow(text: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(hostOf(health.url), () => {
      socket.write(text);
      resolve(socket);
    });
    open.add(socket);
    socket.on("error", () => resolve(socket)).on("close", () => open.delete(socket));
  });
}

/** Milliseconds that 99 of 100 questions took at most, each over a connection of its own. */
async function p99(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ASKED; i++) {
    const before = performance.now();
    const { status } = await ask(health.url, "/health");
    times.push(performance.now() - before);
    expect(status).toBe(200);
  }
  return times.sort((a, b) => a - b)[Math.floor(ASKED * 0.99)] as number;
}

const UNFINISHED = "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n";
const START = "GET /health HTTP/1.1\r\nHost: localhost\r\n";

/** Runs `work` while the slow clients are there, in a thread of their own so that only the listener has to bear them. */
async function among(text: string, drip: boolean, work: () => Promise<void>): Promise<void> {
  const file = new URL("fixtures/slow-clients.mjs", import.meta.url);
  const workerData = { ...hostOf(health.url), count: CLIENTS, text, drip };
  const clients = new Worker(file, { workerData });
  try {
    await once(clients, "message");
    await work();
  } finally {
    await clients.terminate();
  }
}

describe(`/health, while ${CLIENTS} slow clients are there`, () => {
  it.each([
    ["say nothing", "", false],
    ["never end the lines of their request", START, false],
    ["never send the body they have announced", UNFINISHED, false],
    ["ask once and stay", `${START}\r\n`, false],
    ["drip on, and come again when they are thrown out", START, true],
  ])(`is answered in ${P99_MAX} ms, 99 times of 100, where they %s`, async (what, text, drip) => {
    await among(text, drip, async () => {
      const time = await p99();
      process.stdout.write(`/health among ${CLIENTS} that ${what}: p99 ${time.toFixed(1)} ms\n`);
      expect(time).toBeLessThan(P99_MAX);
    });
  });
});

describe("a connection", () => {
  const ended = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      let text = "";
      socket.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      socket.once("close", () => resolve(text));
    });

  it("gives way, where as many are open as may be, if it was silent for longest", async () => {
    const first = await slow("");
    const gone = ended(first);
    const busy = await slow(`${START}\r\n`);
    await once(busy, "data");
    for (let i = 0; i < CONNECTIONS_MAX - 1; i++) await slow("");
    await gone;
    expect(busy.destroyed).toBe(false);
  });

  it("ends where a request does not come to its end in time", async () => {
    const before = performance.now();
    const said = await ended(await slow(START));
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - before).toBeLessThan(HEADERS_WITHIN + 2_500);
  });

  it.each([
    ["more than 8 KiB of header", `${START}X-A: ${"a".repeat(9_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ["what is no HTTP", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["no Host", "GET /health HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["no Host, in a version that needs none", "GET /health HTTP/1.0\r\n\r\n", /^HTTP\/1\.1 421 /],
    [
      "an expectation",
      `${START}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
      /^HTTP\/1\.1 417 /,
    ],
  ])("ends over %s", async (_, text, answer) => {
    expect(await ended(await slow(text))).toMatch(answer);
  });

  it("ends with the listener, whatever it is at", async () => {
    const { first } = await lonelyNodes();
    const listener = await serveHealth(first, { listen: "127.0.0.1:0" });
    const socket = connect(hostOf(listener.url));
    await once(socket, "connect");
    const gone = ended(socket.on("error", () => {}));
    await listener.close();
    await listener.close();
    await gone;
    await expect(ask(listener.url, "/health")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
