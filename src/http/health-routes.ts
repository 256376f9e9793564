import type { MeshNode } from "../index.ts";
import { json } from "./answers.ts";
import type { EventLoopWatch } from "./event-loop.ts";
import type { Route } from "./routes.ts";
import { healthView } from "./views.ts";

/** What the health listener answers. None of it is secret, and none of it changes anything. */
export function healthRoutes(node: MeshNode, loop: EventLoopWatch): Route[] {
  return [
    {
      method: "GET",
      path: "/health",
      answer: () => {
        const view = healthView(node);
        return json(view, view.status === "healthy" ? 200 : 503);
      },
    },
    {
      method: "GET",
      path: "/ready",
      answer: () => {
        const { ready } = healthView(node);
        return json({ ready }, ready ? 200 : 503);
      },
    },
    // The process takes requests, so it lives. Whether it does its work is another question.
    { method: "GET", path: "/live", answer: () => json({ live: true }) },
    {
      method: "GET",
      path: "/metrics",
      answer: async () => {
        // Only who is scraped loads the library.
        const { metricsText, METRICS_TYPE } = await import("./metrics.ts");
        const body = await metricsText(node.status(), loop.delay());
        return { status: 200, type: METRICS_TYPE, body };
      },
    },
  ];
}
