import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGE_POLICY } from "../../src/http/dashboard-routes.ts";
import { type HttpListener, serveAdmin } from "../../src/http/index.ts";
import { createNode, HandlerError, type MeshNode, type NodeOptions } from "../../src/index.ts";
import { openBrowser, openPage, withoutBrowser } from "../http/browser.ts";
import { ask, nodeWith } from "../http/pages.ts";
import { hostPort, REALM } from "./chain.ts";
import { startNode } from "./command.ts";

const directory = mkdtempSync(join(tmpdir(), "macula-test-"));
const tokenFile = join(directory, "admin.token");

/** Each would set `pwned` if it were taken for markup or a script, and not for text. */
const HOSTILE = [
  '<img src="x" onerror="globalThis.pwned=1">',
  '"><script>globalThis.pwned=1</script>',
  "<svg onload=globalThis.pwned=1>",
  "javascript:globalThis.pwned=1",
];

/** Client – gateway – provider, and nothing else linked; the page is that of the client, unless another one is asked for. */
let gateway: MeshNode;
let provider: MeshNode;
let client: MeshNode;
let admin: HttpListener;
let browser: Browser;

async function start(options: Partial<NodeOptions>): Promise<MeshNode> {
  const node = await createNode({ realm: REALM, links: "static", ...options });
  await node.ready();
  return node;
}

const serve = (node: MeshNode): Promise<HttpListener> =>
  serveAdmin(node, { listen: "127.0.0.1:0", token: tokenFile });

const token = (): string => readFileSync(tokenFile, "utf8").trim();
const link = ({ url }: HttpListener): string => `${url}/#token=${token()}`;

/** The words on the page, those that are read out included. */
const words = (page: Page): Promise<string> =>
  page.evaluate<string>("document.documentElement.outerHTML");

describe.skipIf(withoutBrowser !== undefined)("the dashboard in a browser", () => {
  beforeAll(async () => {
    gateway = await start({ mode: "gateway", listen: "127.0.0.1:0" });
    const bootstrap = [...gateway.addresses];
    provider = await start({ bootstrap });
    client = await start({ bootstrap });
    await provider.register("echo", (args) => args);
    for (const name of HOSTILE) {
      await provider.register(name, () => {
        throw new HandlerError("hostile", name);
      });
    }
    admin = await serve(client);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await admin?.close();
    await Promise.all([gateway, provider, client].map((node) => node?.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  it("shows to whom the node is linked, and takes the token out of the address", async () => {
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(admin));
    await page.locator(`[data-node="${client.id}"]`).waitFor();
    await page.locator(`[data-node="${gateway.id}"].linked`).waitFor();
    await page.locator(`[data-peer="${gateway.id}"]`).getByText("open: can be dialled").waitFor();
    expect(page.url()).toBe(`${admin.url}/`);
    await page.reload();
    await page.locator(`[data-node="${gateway.id}"]`).waitFor();
    expect(await words(page)).not.toContain(token());
    expect(await opened.problems()).toEqual([]);
  });

  it("draws a call over its stations, in their order and with their times", async () => {
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(admin));
    // One call a second is asked for its way.
    await expect
      .poll(
        async () => {
          await client.call("echo", 1);
          return await page.locator(".stations .name").allTextContents();
        },
        { timeout: 10_000, interval: 200 },
      )
      .toEqual([...[client, gateway, provider].map(({ id }) => id.slice(0, 6)), "result"]);
    expect(await page.locator(".stations .time").first().textContent()).toMatch(/^[\d.]+ ms$/);
    expect(await page.locator(".call-way .way").getAttribute("d")).toMatch(/^M[\d.]+,[\d.]+/);
    await page.locator(`[data-node="${provider.id}"].seen.on-way`).waitFor();
    expect(await opened.problems()).toEqual([]);
  });

  it("shows names that others have chosen as text, and runs nothing", async () => {
    for (const name of HOSTILE) await client.call(name).catch(() => {});
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(admin));
    for (const name of HOSTILE) {
      await page.locator(".recent .name").getByText(name, { exact: true }).click();
      await page.locator(".procedure").getByText(name, { exact: true }).waitFor();
      await page.locator(".call-head .message").getByText(name).waitFor();
    }
    expect(await page.evaluate("globalThis.pwned")).toBeUndefined();
    expect(await opened.problems()).toEqual([]);
  });

  it("shows everything else that may be hostile as text too", async () => {
    const [name = ""] = HOSTILE;
    const status = client.status();
    const change = {
      realm: name,
      health: { state: "degraded", reasons: HOSTILE.map((text) => `${text}: ${text}`) },
      links: status.links.map((it) => ({ ...it, address: name, transport: name })),
      routing: { ...status.routing, seenAt: HOSTILE },
      bootstrap: HOSTILE.map((target) => {
        return { target, connected: false, failures: 1, lastError: target };
      }),
      registrations: HOSTILE.map((procedure) => ({ procedure, copies: 1 })),
    } as const;
    const hostile = nodeWith(client, change);
    await using listener = await serveAdmin({ ...hostile, on: () => () => {} } as MeshNode, {
      listen: "127.0.0.1:0",
      token: tokenFile,
    });
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(listener));
    await page.locator(".chips").getByText(name).waitFor();
    await page.locator(`[data-node="${gateway.id}"]`).click();
    await page.locator(".details").getByText(name).first().waitFor();
    for (const text of HOSTILE) {
      await page.locator(".reasons").getByText(text).first().waitFor();
      await page.locator(".facts").getByText(text).first().waitFor();
      await page.locator(".provided").getByText(text).first().waitFor();
    }
    expect(await page.evaluate("globalThis.pwned")).toBeUndefined();
    expect(await opened.problems()).toEqual([]);
  });

  it("changes when a node joins, and when it dies without a word", async () => {
    await using listener = await serve(gateway);
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(listener));
    await page.locator(`[data-node="${client.id}"]`).waitFor();
    const bootstrap = ["--bootstrap", hostPort(gateway.addresses[0] ?? "")];
    const newcomer = await startNode("start", "--mode", "edge", "--realm", REALM, ...bootstrap);
    await using running = newcomer.running;
    const seen = page.locator(`[data-node="${newcomer.id}"]`);
    await seen.waitFor();
    await page.locator(`[data-peer="${newcomer.id}"]`).waitFor();
    running.kill("SIGKILL");
    await seen.waitFor({ state: "detached" });
    await page.locator(`[data-node="${client.id}"]`).waitFor();
    expect(await opened.problems()).toEqual([]);
  });

  it("says when the node does not answer any more, and goes on when it does", async () => {
    const first = await serve(client);
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(first));
    await page.getByText("live", { exact: true }).waitFor();
    await first.close();
    await page.getByText("no answer, still asking").waitFor();
    const listen = new URL(first.url).host;
    await using _second = await serveAdmin(client, { listen, token: tokenFile });
    await page.getByText("live", { exact: true }).waitFor();
  });

  it("shows nothing of the node without its token", async () => {
    await using opened = await openPage(browser);
    const { page } = opened;
    const answers: string[] = [];
    page.on("response", (it) => {
      if (it.url().includes("/api/")) answers.push(`${it.status()}`);
    });
    const field = page.getByLabel("Token");
    const problem = page.getByText("This is not the token of this node.");
    await page.goto(admin.url);
    await field.waitFor();
    expect([...answers, await problem.count()]).toEqual([0]);
    await page.goto(`${admin.url}/#token=${"a".repeat(43)}`);
    await problem.waitFor();
    expect(page.url()).toBe(`${admin.url}/`);
    await field.fill("b".repeat(43));
    await field.press("Enter");
    await expect.poll(() => answers).toEqual(["401", "401"]);
    await problem.waitFor();
    const all = await words(page);
    for (const secret of [client.id, gateway.id, client.id.slice(0, 6), REALM]) {
      expect(all).not.toContain(secret);
    }
  });

  it("takes the token by hand too, and forgets it when one leaves", async () => {
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(admin.url);
    await page.getByLabel("Token").fill(token());
    await page.getByRole("button", { name: "Show" }).click();
    await page.locator(`[data-node="${gateway.id}"]`).waitFor();
    await page.getByRole("button", { name: "Leave" }).click();
    await page.getByLabel("Token").waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    expect(await words(page)).not.toContain(client.id);
  });

  it("may do what its policy says, and no more", async () => {
    for (const path of ["/", "/main.js", "/style.css", "/icon.svg"]) {
      const { status, headers } = await ask(admin.url, path);
      expect([path, status]).toEqual([path, 200]);
      expect(headers).toMatchObject({
        "content-security-policy": PAGE_POLICY,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
      });
    }
    expect(PAGE_POLICY).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    );
    await using opened = await openPage(browser);
    await opened.page.goto(link(admin));
    await opened.page.locator(`[data-node="${gateway.id}"]`).waitFor();
    const tries = {
      "style-src-attr": `document.body.setAttribute("style", "color: red")`,
      "connect-src": `fetch("https://example.com").catch(() => {})`,
      "img-src": `new Image().src = "https://example.com/x.png"`,
      "form-action": `const it = document.createElement("form"); it.action = "/x"; document.body.append(it); it.submit()`,
      "base-uri": `const it = document.createElement("base"); it.href = "https://example.com"; document.head.append(it)`,
      "require-trusted-types-for": `document.body.innerHTML = "<img src=x onerror=globalThis.pwned=1>"`,
    };
    for (const [directive, code] of Object.entries(tries)) {
      await opened.page.evaluate(`(() => { try { ${code} } catch {} })()`);
      const forbidden = (): Promise<string[]> => opened.page.evaluate("globalThis.forbidden");
      await expect.poll(forbidden).toContainEqual(expect.stringContaining(directive));
    }
    expect(await opened.page.evaluate("globalThis.pwned")).toBeUndefined();
  });

  it("is used by keyboard alone", async () => {
    await client.call("echo", 1);
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(admin));
    await page.locator(".recent button").first().waitFor();
    const focused = (): Promise<string> =>
      page.evaluate<string>(
        `(({ dataset, textContent, ariaLabel }) => dataset.node ?? ariaLabel ?? textContent)(document.activeElement)`,
      );
    const passed: string[] = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press("Tab");
      passed.push(await focused());
    }
    const [skip, leave, node, call] = passed;
    expect([skip, leave, node]).toEqual(["Skip to the mesh", "Leave", client.id]);
    expect(call).toMatch(/^(?:echo|<|"|javascript)/);
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe(
      "solid",
    );
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Follow the latest" }).waitFor();
    await page.locator(`[data-node="${client.id}"]`).focus();
    await page.keyboard.press("ArrowRight");
    await page.locator(".details").getByText(gateway.id).waitFor();
    await expect.poll(focused).toBe(gateway.id);
  });

  it("has room for all it shows, on a phone and on a desk, by day and by night", async () => {
    await using opened = await openPage(browser);
    const { page } = opened;
    await page.goto(link(admin));
    await page.locator(`[data-peer="${gateway.id}"]`).waitFor();
    for (const width of [320, 360, 768, 1_366, 1_920]) {
      await page.setViewportSize({ width, height: 740 });
      const scroll = (): Promise<number> => page.evaluate("document.documentElement.scrollWidth");
      await expect.poll(scroll).toBeLessThanOrEqual(width);
      const right = async (): Promise<number> => {
        const box = await page.locator(`[data-node="${gateway.id}"]`).boundingBox();
        return (box?.x ?? Number.NaN) + (box?.width ?? Number.NaN);
      };
      await expect.poll(right).toBeLessThanOrEqual(width);
    }
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const [ink, ground] = await page.evaluate<[string, string]>(
        "(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.body))",
      );
      expect(contrast(ink, ground)).toBeGreaterThan(7);
      expect(luminance(ground) > 0.5).toBe(colorScheme === "light");
    }
    expect(await opened.problems()).toEqual([]);
  });
});

/** Relative luminance of `rgb(r, g, b)` (WCAG 2.2). */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
