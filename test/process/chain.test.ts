import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MeshError } from "../../src/index.ts";
import { Chain, linked } from "./chain.ts";
import { macula } from "./command.ts";

describe("five processes in a chain", () => {
  let chain: Chain;
  beforeAll(async () => {
    chain = await Chain.start();
  });
  afterAll(async () => {
    await chain?.[Symbol.asyncDispose]();
  });

  /** The error a call ends with, and how long that took. */
  async function failure(
    procedure: string,
    options: { timeout?: number; maxHops?: number; signal?: AbortSignal },
  ): Promise<{ error: MeshError; after: number }> {
    const before = performance.now();
    try {
      await chain.client.call(procedure, null, options);
    } catch (error) {
      return { error: error as MeshError, after: performance.now() - before };
    }
    throw new Error(`${procedure} answered`);
  }

  it("carry a call and its answer over three forwarders", async () => {
    const text = "one two\nthree\n";
    const { result, report } = await chain.client.explain("text.count", text, { timeout: 5_000 });

    expect(result).toEqual({ lines: 2, words: 3, bytes: 14 });
    const way = ["A", "B", "C", "provider"].map((name) => chain.node(name).id);
    expect(report.hops.map((hop) => hop.node)).toEqual(way);
  });

  it("carry every kind of value there and back", async () => {
    const value = { text: "ü", list: [1, -1.5, null, true], bytes: new Uint8Array([0, 255]) };
    expect(await chain.client.call("echo", value)).toEqual(value);
  });

  it("answer many calls at once, each with its own answer", async () => {
    const sums = Array.from({ length: 200 }, (_, n) =>
      chain.client.call("calculator.add", { a: n, b: 1 }),
    );
    expect(await Promise.all(sums)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  it("gain and lose no link by that", async () => {
    await chain.client.call("echo", 1);
    expect(chain.client.status().links.map((link) => link.node)).toEqual([chain.node("A").id]);
  });

  it("refuse a call that may pass two forwarders only", async () => {
    const { error } = await failure("echo", { maxHops: 2, timeout: 3_000 });
    expect(error.code).toBe("max_hops_exceeded");
  });

  it("deliver a call that may pass exactly three", async () => {
    expect(await chain.client.call("echo", "x", { maxHops: 3 })).toBe("x");
  });

  it("say that nobody provides a procedure", async () => {
    const { error, after } = await failure("no.such.procedure", { timeout: 3_000 });
    expect(error.code).toBe("no_provider");
    expect(after).toBeLessThan(3_500);
  });

  it("end a call to a handler that never returns at its deadline", async () => {
    const { error, after } = await failure("never", { timeout: 300 });
    expect(error.code).toBe("timeout");
    expect(after).toBeGreaterThan(250);
    expect(after).toBeLessThan(1_500);
  });

  it("end a call that the caller cancels", async () => {
    const controller = new AbortController();
    const failing = failure("never", { timeout: 5_000, signal: controller.signal });
    controller.abort();
    expect((await failing).error.code).toBe("cancelled");
  });

  it("hand on what a handler throws, without its stack", async () => {
    const { error } = await failure("fails", { timeout: 3_000 });
    expect(error.code).toBe("handler_error");
    expect(error.remote).toEqual({ code: "sold_out", message: "out of stock" });
    expect(`${error.message} ${error.remote?.message}`).not.toContain("procedures.mjs");
  });

  it("say that a handler broke down, without its stack", async () => {
    const { error } = await failure("crashes", { timeout: 3_000 });
    expect(error.code).toBe("handler_crash");
    expect(error.message).toContain("a mistake of the handler");
    expect(error.message).not.toContain("procedures.mjs");
  });

  it("name the failure where an answer cannot be sent", async () => {
    const { error, after } = await failure("unsendable", { timeout: 3_000 });
    expect(["encode_failed", "handler_crash"]).toContain(error.code);
    expect(after).toBeLessThan(2_000);
  });

  it("answer a call from the command line", async () => {
    const flags = linked(chain.address("A"));
    const text = await macula("call", "calculator.add", '{"a": 2, "b": 3}', ...flags);
    expect(text).toMatchObject({ code: 0, stdout: "5\n" });

    const json = await macula("call", "calculator.add", '{"a": 2, "b": 3}', ...flags, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, result: 5 });
  });

  it("show the command line the way of a call, also of one that fails", async () => {
    const flags = linked(chain.address("A"));
    const words = ["trace", "calculator.add", '{"a": 2, "b": 3}', ...flags];
    const way = ["A", "B", "C", "provider"].map((name) => chain.node(name).id);
    const { code, stdout } = await macula(...words);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^calculator\.add was answered by [0-9a-f]{8} in .* over 3 forwarders\n/,
    );
    for (const [at, id] of way.entries()) expect(stdout).toContain(`${at + 1}  ${id.slice(0, 8)}`);

    const failing = await macula(...words, "--max-hops", "1", "--json");
    expect(failing.code).toBe(1);
    const report = JSON.parse(failing.stdout);
    expect(report).toMatchObject({ ok: false, error: { code: "max_hops_exceeded" } });
    expect(report.attempts[0]).toMatchObject({
      via: way[0],
      failure: { code: expect.any(String) },
    });
    expect(failing.stderr).toMatch(/^macula trace: max_hops_exceeded: /m);
  });

  it("tell the command line what is wrong, in one line and by the exit code", async () => {
    const { code, stdout, stderr } = await macula(
      ...[
        "call",
        "no.such.procedure",
        "--timeout",
        "3000",
        ...linked(chain.address("A")),
        "--json",
      ],
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "no_provider" } });
    expect(stderr).toMatch(/^macula call: no_provider: /m);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
