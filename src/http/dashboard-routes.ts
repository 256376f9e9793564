import { readFileSync } from "node:fs";
import { MeshError } from "../base/errors.ts";
import type { Route } from "./routes.ts";

/**
 * What the page may do: load its own script, style and icon, ask this listener, and nothing else. No text can become a
 * script or markup in it, not even by a mistake of its own code: without a policy of trusted types there is no way from one to the other.
 */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const FILES = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/main.js": { file: "main.js", type: "text/javascript; charset=utf-8" },
  "/style.css": { file: "style.css", type: "text/css; charset=utf-8" },
  "/icon.svg": { file: "icon.svg", type: "image/svg+xml; charset=utf-8" },
} as const;

/** Where the build puts them: the same from the sources, which tests import, as from what is made of them. */
const BUILT = new URL("../../dist/http/dashboard/", import.meta.url);

/** The dashboard, empty: what it shows it asks for with the token. Each file is read with its first request, and kept. */
export function dashboardRoutes(): Route[] {
  return Object.entries(FILES).map(([path, { file, type }]) => {
    let body: string | undefined;
    return {
      method: "GET",
      path,
      isPublic: true,
      answer: () => {
        body ??= read(file);
        return { status: 200, type, body, contentSecurityPolicy: PAGE_POLICY };
      },
    };
  });
}

function read(file: string): string {
  try {
    return readFileSync(new URL(file, BUILT), "utf8");
  } catch (cause) {
    const what = `the dashboard's ${file} is not where the package has it; install it anew`;
    throw new MeshError("bad_config", what, { cause });
  }
}
