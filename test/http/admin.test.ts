import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminOptions, type HttpListener, serveAdmin } from "../../src/http/index.ts";
import { CALLS_MAX } from "../../src/http/recent-calls.ts";
import { loadOrCreateToken } from "../../src/http/token-file.ts";
import { createIdentity } from "../../src/identity/certificate.ts";
import type { CallReport, MeshNode } from "../../src/index.ts";
import { MeshError } from "../../src/index.ts";
import { line } from "../rpc/line.ts";
import { ask, codeIn, type Heard, lonelyNodes } from "./pages.ts";

let directory: string;
let token: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "macula-admin-"));
  token = join(directory, "admin.token");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const { first: node } = await lonelyNodes();

const admin = (of: MeshNode = node, options: Partial<AdminOptions> = {}): Promise<HttpListener> =>
  serveAdmin(of, { listen: "127.0.0.1:0", token, ...options });

const code = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (cause: MeshError) => cause.code,
  );

function get(listener: HttpListener, path: string): Promise<Heard> {
  return ask(listener.url, path, { headers: { authorization: `Bearer ${bearer()}` } });
}

function post(
  listener: HttpListener,
  path: string,
  body: string,
  type = "application/json",
): Promise<Heard> {
  const headers = { authorization: `Bearer ${bearer()}`, "content-type": type };
  return ask(listener.url, path, { method: "POST", headers, body });
}

const bearer = (): string => readFileSync(token, "utf8").trim();
const object = ({ text }: Heard): Record<string, unknown> => JSON.parse(text);

describe("the token file", () => {
  it("is made where there is none, for this user alone, and used again", () => {
    const made = loadOrCreateToken(token);
    expect(made).toMatch(/^[\w-]{43}$/);
    expect(statSync(token).mode & 0o777).toBe(0o600);
    expect(loadOrCreateToken(token)).toBe(made);
    expect(loadOrCreateToken(join(directory, "new", "other"))).not.toBe(made);
  });

  it.each([0o640, 0o604, 0o620])("is refused where others may see it: mode %o", (mode) => {
    loadOrCreateToken(token);
    chmodSync(token, mode);
    expect(() => loadOrCreateToken(token)).toThrow(/others may read it.*chmod 600/);
  });

  it("is refused, and left as it is, where it holds no token", () => {
    for (const text of [
      "",
      "short\n",
      `${"a".repeat(20)} ${"b".repeat(20)}\n`,
      "x".repeat(2_000),
    ]) {
      writeFileSync(token, text, { mode: 0o600 });
      expect(() => loadOrCreateToken(token)).toThrow(MeshError);
      expect(readFileSync(token, "utf8")).toBe(text);
    }
    rmSync(token);
    mkdirSync(token);
    expect(() => loadOrCreateToken(token)).toThrow(MeshError);
  });
});

describe("where the admin listener may be", () => {
  it.each(["0.0.0.0:0", "[::]:0", "192.0.2.7:0", "128.0.0.1:0"])(
    "is not %s without TLS: bad_config, and no token is made",
    async (listen) => {
      await expect(admin(node, { listen })).rejects.toMatchObject({
        code: "bad_config",
        message: expect.stringMatching(/certificate.*--admin-cert/),
      });
      expect(existsSync(token)).toBe(false);
    },
  );

  it("is a public address with TLS, where the token is asked for all the same", async () => {
    const { certificate, privateKey } = createIdentity(new Uint8Array(32).fill(7));
    const pem = (label: string, der: Uint8Array): string =>
      `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`;
    const tls = { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) };
    await using listener = await admin(node, { listen: "0.0.0.0:0", tls });
    const url = listener.url.replace("0.0.0.0", "127.0.0.1");
    expect(url).toMatch(/^https:/);
    expect((await ask(url, "/api/status")).status).toBe(401);
    const headers = { authorization: `Bearer ${bearer()}` };
    expect((await ask(url, "/api/status", { headers })).status).toBe(200);
    const origin = { ...headers, origin: url.replace("https:", "http:") };
    expect((await ask(url, "/api/status", { headers: origin })).status).toBe(403);
  });

  it("is nowhere with what is no certificate", async () => {
    const tls = { cert: "nonsense", key: "nonsense" };
    expect(await code(admin(node, { tls }))).toBe("bad_config");
  });

  it("is a unix socket of this user alone, in place of one that a dead process has left", async () => {
    const listen = join(directory, "admin.sock");
    {
      await using listener = await admin(node, { listen });
      expect(listener.url).toBe(listen);
      expect(statSync(listen).mode & 0o777).toBe(0o600);
      expect((await ask(listen, "/api/status")).status).toBe(401);
      expect((await get(listener, "/api/status")).status).toBe(200);
      expect(await code(admin(node, { listen }))).toBe("address_in_use");
    }
    await using again = await admin(node, { listen });
    expect((await get(again, "/api/health")).status).toBe(200);
  });

  it("is no place that is taken, or that is none", async () => {
    await using listener = await admin();
    const listen = listener.url.replace("http://", "");
    expect(await code(admin(node, { listen }))).toBe("address_in_use");
    expect(await code(admin(node, { listen: "localhost:0" }))).toBe("bad_config");
    expect(await code(admin(node, { listen: "nonsense" }))).toBe("bad_config");
  });
});

describe("what the admin listener shows", () => {
  it("is the status of the node, whole and in parts", async () => {
    await using listener = await admin();
    const status = object(await get(listener, "/api/status"));
    expect(status).toMatchObject({ id: node.id, mode: "gateway", ready: true });
    const parts: [string, string[]][] = [
      ["/api/peers", ["id", "anchors", "links", "contacts"]],
      ["/api/table", ["id", "sizeEstimate", "contacts"]],
      ["/api/records", ["id", "held", "keys", "owners", "max", "registrations"]],
      ["/api/links", ["id", "anchors", "links", "overlay", "routing", "bootstrap"]],
      ["/api/health", ["status", "ready", "uptimeSeconds", "reasons"]],
    ];
    for (const [path, names] of parts) {
      expect(Object.keys(object(await get(listener, path)))).toEqual(
        names.filter((name) => name !== "overlay" || status.overlay !== undefined),
      );
    }
  });

  it("is its last calls with their ways, the latest first, and no more than a few", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    await using listener = await admin(client);
    for (let i = 0; i < CALLS_MAX + 3; i++) await world.run(client.call("echo", i));
    await world.run(client.call("none").catch(() => {}));
    const { calls } = object(await get(listener, "/api/calls")) as { calls: CallReport[] };
    expect(calls).toHaveLength(CALLS_MAX);
    expect(calls[0]).toMatchObject({
      ok: false,
      procedure: "none",
      error: { code: "no_provider" },
    });
    expect(calls[1]).toMatchObject({ ok: true, provider: provider.id, forwarders: 1 });
    expect(calls[1]?.attempts).toEqual([]);
    const ways = calls
      .map(({ hops }) => hops.map((hop) => hop.node))
      .filter((way) => way.length > 0);
    expect(ways.length).toBeGreaterThan(0);
    for (const way of ways) expect(way).toEqual([gateways[0]?.id, provider.id]);
    const times = (calls as unknown as { endedAt: number }[]).map(({ endedAt }) => endedAt);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it("is nothing of calls from the time after it was closed", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    await (await admin(client)).close();
    const sent = (): number => gateways[0]?.status().counters.frames_forwarded ?? 0;
    await world.run(client.call("echo", 1));
    const before = sent();
    await world.run(client.call("echo", 2));
    expect(sent() - before).toBe(2); // There and back, and no reports of stations.
  });
});

describe("explain", () => {
  const asked: unknown[] = [];
  const report = { procedure: "echo", hops: [], attempts: [], error: undefined, elapsed: 1 };
  const explains = {
    ...node,
    on: () => () => {},
    explain: (...words: unknown[]) => {
      asked.push(words);
      return Promise.resolve({ result: new Uint8Array([1, 2]), report });
    },
  } as unknown as MeshNode;

  it("makes the call that it is told, and shows the way", async () => {
    await using listener = await admin(explains);
    const call = { procedure: "echo", args: { a: 1 }, timeout: 60_000, maxHops: 3 };
    const heard = await post(listener, "/api/explain", JSON.stringify(call));
    expect(object(heard)).toMatchObject({
      result: "AQI=",
      report: { ok: true, procedure: "echo" },
    });
    expect(asked).toMatchObject([["echo", { a: 1 }, { timeout: 10_000, maxHops: 3 }]]);
  });

  it.each([
    ["{", "application/json", 400, "bad_frame"],
    ["[]", "application/json", 400, "bad_frame"],
    ["{}", "application/json", 400, "bad_frame"],
    ['{"procedure":1}', "application/json", 400, "bad_frame"],
    ['{"procedure":"echo","hops":1}', "application/json", 400, "bad_frame"],
    ['{"procedure":"echo"}', "text/plain", 400, "bad_frame"],
    ['{"procedure":"echo"}', "application/x-www-form-urlencoded", 400, "bad_frame"],
    [`{"procedure":"${"a".repeat(65_536)}"}`, "application/json", 413, "too_large"],
  ])("refuses %.30s as %s", async (body, type, status, reason) => {
    await using listener = await admin(explains);
    const heard = await post(listener, "/api/explain", body, type);
    expect([heard.status, codeIn(heard)]).toEqual([status, reason]);
  });

  it("is done for so many at once, and no more", async () => {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const slow = { ...explains, explain: () => ended.then(() => ({ result: 1, report })) };
    await using listener = await admin(slow as unknown as MeshNode);
    const ask1 = (): Promise<Heard> => post(listener, "/api/explain", '{"procedure":"echo"}');
    const many = Array.from({ length: 17 }, ask1);
    const refused = await Promise.race(many);
    expect([refused.status, codeIn(refused)]).toEqual([503, "overloaded"]);
    end();
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(16);
  });
});

describe("lookup", () => {
  it("asks the mesh, and tells what is wrong with a name", async () => {
    const looks = {
      ...node,
      on: () => () => {},
      lookup: (procedure: string) => {
        if (procedure === "") return Promise.reject(new MeshError("bad_config", "no name"));
        return Promise.resolve({ procedure, providers: [] });
      },
    } as unknown as MeshNode;
    await using listener = await admin(looks);
    const heard = await get(listener, "/api/lookup?procedure=a.b");
    expect(object(heard)).toEqual({ procedure: "a.b", providers: [] });
    const nameless = await get(listener, "/api/lookup");
    expect([nameless.status, codeIn(nameless)]).toEqual([400, "bad_config"]);
  });
});
