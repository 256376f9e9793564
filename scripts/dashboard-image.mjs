/*
 * node scripts/run.mjs scripts/dashboard-image.mjs [dark|light] [width] [height] [path]
 *
 * Starts a mesh of seven nodes in which calls run, and takes the picture of the dashboard that the docs show, after two minutes or so. Needs
 * Chromium; MACULA_CHROMIUM names it where it is not at its usual place.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { serveAdmin } from "../dist/http/index.js";
import { createNode } from "../dist/index.js";

const [scheme = "dark", width = "1280", height = "985", path = "docs/images/dashboard.png"] =
  process.argv.slice(2);
const browserAt = process.env.MACULA_CHROMIUM ?? "/usr/bin/chromium";
const directory = mkdtempSync(join(tmpdir(), "macula-image-"));
const nodes = [];

const HANDLERS = {
  "sensors.temperature": () => 21.5,
  "orders.place": ({ id }) => ({ id, placed: true }),
  "calculator.add": ({ a, b }) => a + b,
};

/** A node with links to just these others. */
async function start(mode, others, procedure, options = {}) {
  const bootstrap = others.map((node) => node.addresses[0]);
  const listen = mode === "gateway" ? "127.0.0.1:0" : false;
  const realm = "com.example.shop";
  const node = await createNode({ realm, mode, listen, bootstrap, links: "static", ...options });
  nodes.push(node);
  await node.ready();
  if (procedure !== undefined) await node.register(procedure, HANDLERS[procedure]);
  return node;
}

async function makeMesh() {
  const east = await start("gateway", []);
  const north = await start("gateway", [east]);
  const self = await start("gateway", [north], "calculator.add", { routingStrategy: "hybrid" });
  const south = await start("gateway", [east, self]);
  await start("edge", [east], "sensors.temperature");
  await start("edge", [south], "orders.place", { routingStrategy: "hybrid" });
  const till = await start("edge", [north]);
  return { self, till };
}

async function call({ self, till }) {
  for (let i = 0; i < 5; i += 1) {
    await self.call("sensors.temperature");
    await self.call("orders.place", { id: i });
    await till.call("orders.place", { id: i });
  }
  await self.call("orders.cancel").catch(() => {});
}

const mesh = await makeMesh();
const token = join(directory, "admin.token");
const admin = await serveAdmin(mesh.self, { listen: "127.0.0.1:0", token });
let isOver = false;
const calls = (async () => {
  while (!isOver) {
    await call(mesh);
    await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 300));
  }
})();
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: browserAt, args });
try {
  const page = await browser.newPage({
    viewport: { width: Number(width), height: Number(height) },
    colorScheme: scheme,
  });
  page.on("console", (message) => console.error(message.text()));
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`${admin.url}/#token=${readFileSync(token, "utf8").trim()}`);
  // So that the curves are filled.
  await page.waitForTimeout(Number(process.env.MACULA_IMAGE_AFTER ?? 90_000));
  await page.screenshot({ path });
} finally {
  await browser.close();
  isOver = true;
  await calls;
  await admin.close();
  await Promise.all(nodes.map((node) => node.close()));
  rmSync(directory, { recursive: true });
}
