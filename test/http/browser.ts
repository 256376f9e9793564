import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = [process.env.MACULA_CHROMIUM ?? "", ...PLACES].find((it) => existsSync(it));

/** Why tests that need a browser can't run here; `undefined` where they can. */
export const withoutBrowser: string | undefined =
  executablePath === undefined
    ? "there is no Chromium; it comes with Debian's package chromium, or is named with MACULA_CHROMIUM"
    : undefined;

if (withoutBrowser !== undefined) {
  // Where it is asked for, as in .ci/run, a test that is left out is one that failed.
  if (process.env.MACULA_BROWSER === "required") throw new Error(withoutBrowser);
  process.stderr.write(`tests in a browser are skipped: ${withoutBrowser}\n`);
}

export async function openBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  const args = ["--disable-dev-shm-usage", ...(isRoot ? ["--no-sandbox"] : [])];
  return await chromium.launch({ executablePath: executablePath as string, args });
}

/** A page of its own, with all that went wrong in it. */
export interface Watched extends AsyncDisposable {
  readonly page: Page;
  /** What the page's policy has forbidden, what it threw, and what the browser complained of. */
  problems(): Promise<string[]>;
}

export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const said: string[] = [];
  page.on("pageerror", (error) => said.push(`${error}`));
  page.on("console", (message) => {
    if (message.type() === "error") said.push(message.text());
  });
  await page.addInitScript(`
    globalThis.forbidden = [];
    addEventListener("securitypolicyviolation", (it) => forbidden.push(it.violatedDirective + " " + it.blockedURI));
  `);
  return {
    page,
    problems: async () => [...said, ...(await page.evaluate<string[]>("globalThis.forbidden"))],
    [Symbol.asyncDispose]: () => context.close(),
  };
}
