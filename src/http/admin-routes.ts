import { MeshError } from "../base/errors.ts";
import type { CallOptions, MeshNode, NodeStatus, RoutingStrategy, Value } from "../index.ts";
import { json } from "./answers.ts";
import { pictureOf } from "./picture.ts";
import type { RecentCalls } from "./recent-calls.ts";
import type { Route, RouteRequest } from "./routes.ts";
import { healthView, linksView, peersView, recordsView, reportView, tableView } from "./views.ts";

/** Lookups and calls under way at once that were asked for here. */
const WORK_MAX = 16;

/** Milliseconds that one may take. */
const TIME_MAX = 10_000;

/** What the admin listener answers to whoever has the token. */
export function adminRoutes(node: MeshNode, calls: RecentCalls): Route[] {
  const limit = new Limit(WORK_MAX);
  const shows = (path: string, view: (status: NodeStatus) => object): Route => ({
    method: "GET",
    path,
    answer: () => json(view(node.status())),
  });
  return [
    { method: "GET", path: "/api/health", answer: () => json(healthView(node)) },
    shows("/api/status", (status) => status),
    shows("/api/peers", peersView),
    shows("/api/table", tableView),
    shows("/api/records", recordsView),
    shows("/api/links", linksView),
    { method: "GET", path: "/api/picture", answer: () => json(pictureOf(node, calls)) },
    { method: "GET", path: "/api/calls", answer: () => json({ calls: calls.view() }) },
    {
      method: "GET",
      path: "/api/lookup",
      answer: async ({ query, signal }) => {
        const procedure = query.get("procedure") ?? "";
        return json(await limit.run(() => node.lookup(procedure, { timeout: TIME_MAX, signal })));
      },
    },
    {
      method: "POST",
      path: "/api/explain",
      answer: async (request) => {
        const { procedure, args, options } = readCall(request);
        const { result, report } = await limit.run(() => node.explain(procedure, args, options));
        return json({ result, report: reportView(report) });
      },
    },
  ];
}

const CALL_FIELDS = ["procedure", "args", "timeout", "maxHops", "provider", "routingStrategy"];

/** Reads `{ procedure, args?, timeout?, maxHops?, provider?, routingStrategy? }`. Throws `bad_frame`. */
function readCall({ body, signal }: RouteRequest): {
  readonly procedure: string;
  readonly args: Value;
  readonly options: CallOptions;
} {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw noCall();
  const fields = body as Readonly<Record<string, unknown>>;
  const { procedure, args = null, timeout = TIME_MAX, maxHops, provider, routingStrategy } = fields;
  const unknown = Object.keys(fields).find((name) => !CALL_FIELDS.includes(name));
  if (typeof procedure !== "string" || typeof timeout !== "number" || unknown !== undefined)
    throw noCall();
  const options: CallOptions = {
    timeout: Math.min(timeout, TIME_MAX),
    signal,
    ...(maxHops === undefined ? {} : { maxHops: maxHops as number }),
    ...(provider === undefined ? {} : { provider: provider as string }),
    ...(routingStrategy === undefined
      ? {}
      : { routingStrategy: routingStrategy as RoutingStrategy }),
  };
  return { procedure, args: args as Value, options };
}

function noCall(): MeshError {
  const text = `a call is an object with procedure, and what else of ${CALL_FIELDS.join(", ")} is wanted`;
  return new MeshError("bad_frame", text);
}

/** So much may be under way, and no more. */
class Limit {
  readonly #max: number;
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#used >= this.#max) {
      throw new MeshError(
        "overloaded",
        `${this.#max} calls and lookups are under way here already`,
      );
    }
    this.#used += 1;
    try {
      return await work();
    } finally {
      this.#used -= 1;
    }
  }
}
