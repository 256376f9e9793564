import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminRoutes } from "../../src/http/admin-routes.ts";
import { dashboardRoutes, PAGE_POLICY } from "../../src/http/dashboard-routes.ts";
import { EventLoopWatch } from "../../src/http/event-loop.ts";
import { healthRoutes } from "../../src/http/health-routes.ts";
import { type HttpListener, serveAdmin, serveHealth } from "../../src/http/index.ts";
import { RecentCalls } from "../../src/http/recent-calls.ts";
import type { Route } from "../../src/http/routes.ts";
import { loadOrCreateToken } from "../../src/http/token-file.ts";
import { ask, codeIn, lonelyNodes, type Question } from "./pages.ts";

const { first: node } = await lonelyNodes();
using loop = new EventLoopWatch();
using calls = new RecentCalls(node);

/** Every route there is; a new one is tried without being named here. */
const HEALTH = healthRoutes(node, loop);
const OPEN = dashboardRoutes();
const SECRET = adminRoutes(node, calls);
const ADMIN = [...OPEN, ...SECRET];
const shown = (routes: readonly Route[]): [string, string][] => [
  ...routes.map(({ method, path }): [string, string] => [method, path]),
  ["GET", "/no/such/path"],
  ["DELETE", "/api/status"],
];

const directory = mkdtempSync(join(tmpdir(), "macula-http-"));
const tokenFile = join(directory, "admin.token");
let health: HttpListener;
let admin: HttpListener;
let token: string;
beforeAll(async () => {
  health = await serveHealth(node, { listen: "127.0.0.1:0", hosts: ["Mesh.Example.com"] });
  admin = await serveAdmin(node, { listen: "127.0.0.1:0", token: tokenFile });
  token = loadOrCreateToken(tokenFile);
});
afterAll(async () => {
  await health.close();
  await admin.close();
  rmSync(directory, { recursive: true, force: true });
});

const carrying = (headers: Readonly<Record<string, string>> = {}): Question["headers"] => ({
  authorization: `Bearer ${token}`,
  ...headers,
});

const FOREIGN_HOSTS = [
  "evil.example.com",
  "evil.example.com:8080",
  "localhost.evil.example.com",
  "127.0.0.1.nip.io",
  "127.0.0.2",
  "[::2]",
  "localhost@evil.example.com",
  "localhost/",
  "",
];

const FOREIGN_ORIGINS = [
  "null",
  "https://evil.example.com",
  "http://localhost:1",
  "http://127.0.0.1",
  "file://",
];

describe.each([
  ["health", HEALTH],
  ["admin", ADMIN],
] as const)("the %s listener", (name, routes) => {
  const url = (): string => (name === "health" ? health.url : admin.url);

  describe.each(shown(routes))("at %s %s", (method, path) => {
    it.each(FOREIGN_HOSTS)("refuses the Host %j", async (host) => {
      const heard = await ask(url(), path, { method, headers: { ...carrying(), host } });
      expect([heard.status, codeIn(heard)]).toEqual([421, "foreign_host"]);
    });

    it.each(FOREIGN_ORIGINS)("refuses the Origin %j", async (origin) => {
      const heard = await ask(url(), path, { method, headers: { ...carrying(), origin } });
      expect([heard.status, codeIn(heard)]).toEqual([403, "foreign_origin"]);
    });

    it.each(["cross-site", "same-site"])("refuses what a browser calls %s", async (site) => {
      const headers = { ...carrying(), "sec-fetch-site": site };
      const heard = await ask(url(), path, { method, headers });
      expect([heard.status, codeIn(heard)]).toEqual([403, "foreign_origin"]);
    });

    it("sets no cookie, allows no other origin, and lets nothing be kept or framed", async () => {
      const { headers } = await ask(url(), path, { method, headers: carrying() ?? {} });
      expect(headers).toMatchObject({
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": expect.stringContaining("default-src 'none'"),
      });
      const said = Object.keys(headers).join(" ");
      expect(said).not.toMatch(/set-cookie|access-control|server|x-powered-by/);
    });
  });

  it("answers a Host of its own, whatever the port: it may be forwarded", async () => {
    const hosts = ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:80"];
    const path = routes.find(({ method }) => method === "GET")?.path ?? "";
    for (const host of hosts) {
      const { status } = await ask(url(), path, { headers: { ...carrying(), host } });
      expect([host, status]).toEqual([host, 200]);
    }
  });

  it("answers its own origin, and a browser that was told the address", async () => {
    const path = routes.find(({ method }) => method === "GET")?.path ?? "";
    const origin = url();
    const own = { ...carrying(), origin, "sec-fetch-site": "same-origin" };
    expect((await ask(url(), path, { headers: own })).status).toBe(200);
    const typed = { ...carrying(), "sec-fetch-site": "none" };
    expect((await ask(url(), path, { headers: typed })).status).toBe(200);
  });
});

describe("the admin listener", () => {
  const wrong = (): [string, string][] => [
    ["no token", ""],
    ["an empty one", "Bearer "],
    ["a wrong one", `Bearer ${"a".repeat(43)}`],
    ["the beginning of it", `Bearer ${token.slice(0, -1)}`],
    ["more than it", `Bearer ${token}a`],
    ["it under another scheme", `Basic ${token}`],
    ["it and another", `Bearer ${token} ${token}`],
  ];

  it.each(shown(SECRET))(
    "refuses %s %s without the token, or with a wrong one",
    async (method, path) => {
      for (const [what, authorization] of wrong()) {
        const headers: Record<string, string> = authorization === "" ? {} : { authorization };
        const heard = await ask(admin.url, path, { method, headers });
        expect([what, heard.status, codeIn(heard)]).toEqual([what, 401, "no_token"]);
        expect(heard.headers["www-authenticate"]).toBe('Bearer realm="macula"');
        expect(heard.text).not.toContain(token);
      }
    },
  );

  it.each(OPEN.map(({ path }) => path))(
    "shows %s to everybody, and it tells nothing of the node",
    async (path) => {
      const heard = await ask(admin.url, path);
      expect(heard.status).toBe(200);
      expect(heard.headers["content-security-policy"]).toBe(PAGE_POLICY);
      for (const secret of [node.id, node.id.slice(0, 6), node.status().realm, token]) {
        expect(heard.text).not.toContain(secret);
      }
      const { status, text } = await ask(admin.url, path, { method: "POST" });
      expect([status, text.includes("no_token")]).toEqual([401, true]);
    },
  );

  it("does not take the token from the address", async () => {
    const heard = await ask(admin.url, `/api/status?token=${token}&access_token=${token}`);
    expect(heard.status).toBe(401);
  });
});

describe("a method that a path does not take", () => {
  it.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])("is refused: %s", async (method) => {
    const asked = await ask(health.url, "/health", { method });
    expect([asked.status, codeIn(asked)]).toEqual([405, "wrong_method"]);
    const headers = carrying() ?? {};
    expect((await ask(admin.url, "/api/status", { method, headers })).status).toBe(405);
  });

  it("is GET where something is done", async () => {
    for (const { method, path } of ADMIN) {
      const { status } = await ask(admin.url, path, { headers: carrying() ?? {} });
      expect([path, status === 405]).toEqual([path, method === "POST"]);
    }
  });

  it("is none of HEAD, which tells as much as GET without the body", async () => {
    const heard = await ask(health.url, "/health", { method: "HEAD" });
    expect([heard.status, heard.text]).toEqual([200, ""]);
  });
});

describe("a name that was given", () => {
  it("is a Host that may ask, and its origin too", async () => {
    const headers = { host: "mesh.example.com:80", origin: "http://mesh.example.com:80" };
    expect((await ask(health.url, "/live", { headers })).status).toBe(200);
  });
});
