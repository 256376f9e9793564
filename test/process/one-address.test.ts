import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MeshError, MeshNode } from "../../src/index.ts";
import { OneAddress } from "./mesh.ts";

/** In which something has to come true that others have to learn first, in milliseconds. */
const PATIENCE = 5_000;
/** In which a node that closes has to be gone. */
const GONE = 1_000;
/** In which a node that is back has to be called again. */
const AGAIN = 1_000;
const GATEWAYS = ["entrance", "second", "third"] as const;

/** Ids of the nodes that `node` is linked to. */
const linked = (node: MeshNode): string[] => node.status().links.map((link) => link.node);

/** Resolves when `node` is linked to all of `ids`. */
function linkedTo(node: MeshNode, ids: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      stop();
      reject(new Error(`linked to ${linked(node)} alone within ${PATIENCE} ms`));
    }, PATIENCE);
    const check = (): void => {
      if (!ids.every((id) => linked(node).includes(id))) return;
      clearTimeout(late);
      stop();
      resolve();
    };
    const stop = node.on("link", check);
    check();
  });
}

/** The error that `action` ends with, and how long that took. */
async function failure(action: () => Promise<unknown>): Promise<{ code: string; after: number }> {
  const before = performance.now();
  try {
    await action();
  } catch (error) {
    return { code: (error as MeshError).code, after: performance.now() - before };
  }
  throw new Error("it succeeded");
}

describe("processes that were told one address", () => {
  let mesh: OneAddress;
  let client: MeshNode;
  beforeAll(async () => {
    mesh = await OneAddress.start();
    client = await mesh.client();
  });
  afterAll(async () => {
    await mesh?.[Symbol.asyncDispose]();
  });

  it("discover peers that nobody told them of", async () => {
    const strangers = mesh.ids("second", "third");
    await linkedTo(client, strangers);
    expect(linked(client)).not.toContain(mesh.node("provider").id);
  });

  it("register a service with the nodes that hold records", async () => {
    await using registration = await client.register("greeting", () => "hello");
    expect(registration.copies).toBeGreaterThanOrEqual(1);
    const stranger = await mesh.client();
    expect(await stranger.call("greeting")).toBe("hello");
  });

  it("discover a service that was registered elsewhere, and who provides it", async () => {
    const { result, report } = await client.explain("calculator.add", { a: 2, b: 3 });
    expect(result).toBe(5);
    expect(mesh.ids("provider", "other provider")).toContain(report.provider);
  });

  it("call over one link what a neighbour provides", async () => {
    const { id } = await mesh.serve("greeter", "greeter", { isGateway: true });
    const neighbour = await mesh.client();
    await linkedTo(neighbour, [id]);
    const { result, report } = await neighbour.explain("greeter.hello", "you");
    expect(result).toBe("hello you");
    expect(report.hops.map((hop) => hop.node)).toEqual([id]);
  });

  it("call over gateways what nobody can dial", async () => {
    const { result, report } = await client.explain("echo", "far");
    expect(result).toBe("far");
    const way = report.hops.map((hop) => hop.node);
    expect(way.length).toBeGreaterThanOrEqual(2);
    expect(mesh.ids("provider", "other provider")).toContain(way.at(-1));
    for (const forwarder of way.slice(0, -1)) expect(mesh.ids(...GATEWAYS)).toContain(forwarder);
    expect(report.strategy).toBe("multi_hop");
  });

  it("end a call that is not answered in time", async () => {
    const { code, after } = await failure(() => client.call("never", null, { timeout: 500 }));
    expect(code).toBe("timeout");
    expect(after).toBeGreaterThanOrEqual(490);
    expect(after).toBeLessThan(1_500);
  });

  it("say at once that nobody provides something", async () => {
    const { code, after } = await failure(() => client.call("no.such.procedure"));
    expect(code).toBe("no_provider");
    expect(after).toBeLessThan(2_000);
  });

  it("refuse to pass more forwarders than a call allows", async () => {
    const { code, after } = await failure(() => client.call("echo", 1, { maxHops: 0 }));
    expect(code).toBe("max_hops_exceeded");
    expect(after).toBeLessThan(2_000);
  });
});

describe("a mesh that loses a node", () => {
  let mesh: OneAddress;
  beforeAll(async () => {
    mesh = await OneAddress.start();
  });
  afterAll(async () => {
    await mesh?.[Symbol.asyncDispose]();
  });

  it("calls the other provider when one is killed", async () => {
    const client = await mesh.client();
    const { running } = mesh.node("provider");
    expect(await client.call("echo", 0)).toBe(0);
    running.kill("SIGKILL");
    await running.ended;
    const left = mesh.node("other provider").id;
    const before = performance.now();
    for (let inRow = 0; inRow < 20; ) {
      const { report } = await client.explain("echo", 1, { timeout: 1_000 });
      inRow = report.error === undefined && report.provider === left ? inRow + 1 : 0;
      if (performance.now() - before > 2 * PATIENCE) throw report.error ?? new Error("too late");
    }
  });

  it("forgets a provider within a second of its closing", async () => {
    const { running } = await mesh.serve("greeter", "greeter");
    const [before, after] = await Promise.all([mesh.client(), mesh.client()]);
    expect(await before.call("greeter.hello", "you")).toBe("hello you");
    running.kill("SIGTERM");
    await running.ended;
    const [known, unknown] = await Promise.all(
      [before, after].map((node) => failure(() => node.call("greeter.hello", "you"))),
    );
    expect(unknown?.code).toBe("no_provider");
    expect(unknown?.after).toBeLessThan(GONE);
    // Whoever remembers it learns by trying once.
    expect(["no_provider", "no_route", "provider_gone"]).toContain(known?.code);
    const again = await failure(() => before.call("greeter.hello", "you"));
    expect(again.code).toBe("no_provider");
    expect(again.after).toBeLessThan(GONE);
  });

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "finds a provider again that was started anew after %s",
    async (signal) => {
      const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
      const identity = join(directory, "greeter.key");
      const { running, id } = await mesh.serve("greeter", "greeter", { identity });
      const client = await mesh.client();
      expect(await client.call("greeter.hello", "you")).toBe("hello you");
      running.kill(signal);
      await running.ended;
      expect((await mesh.serve("greeter", "greeter", { identity })).id).toBe(id);
      const before = performance.now();
      const { providers } = await client.lookup("greeter.hello");
      expect(providers.map(({ node }) => node)).toContain(id);
      expect(await client.call("greeter.hello", "you")).toBe("hello you");
      expect(performance.now() - before).toBeLessThan(AGAIN);
      rmSync(directory, { recursive: true });
    },
  );

  it("goes on without the node that everybody came in through", async () => {
    const client = await mesh.client();
    await linkedTo(client, mesh.ids("second", "third"));
    const { running } = mesh.node("entrance");
    running.kill("SIGKILL");
    await running.ended;
    const before = performance.now();
    for (let inRow = 0; inRow < 20; ) {
      const { report } = await client.explain("text.count", "a b\n", { timeout: 1_000 });
      inRow = report.error === undefined ? inRow + 1 : 0;
      if (performance.now() - before > 2 * PATIENCE) throw report.error ?? new Error("too late");
    }
  });
});
