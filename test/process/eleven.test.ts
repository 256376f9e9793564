import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallReport, LookupReport, NodeStatus } from "../../src/index.ts";
import { unavailable } from "../lab/needs-lab.ts";
import { callOf, Five, inHomes, type Name, onLoopback, until } from "./five.ts";

const EDGES = ["edge1", "edge2", "edge3"] as const;

/** Milliseconds a call may take that is not answered, and by how much it may be late on a busy machine. */
const TIMEOUT = 2_000;
const LATE = 500;

/** What `macula call --json` tells. */
interface Called {
  readonly ok: boolean;
  readonly result?: unknown;
  readonly provider?: string;
  readonly hops?: CallReport["hops"];
  readonly error?: { readonly code: string };
}

/** What `macula trace --json` tells. */
type Traced = Omit<CallReport, "error"> & Pick<Called, "ok" | "error">;

describe.each([
  { where: "on loopback", site: onLoopback, without: undefined },
  { where: "in homes behind NATs of their own", site: inHomes, without: unavailable },
])("bootstrap, gateway and three edges $where", ({ site, without }) => {
  describe.skipIf(without !== undefined)("as processes", () => {
    let five: Five;
    beforeAll(async () => {
      five = await Five.start(await site());
    });
    afterAll(async () => {
      await five?.[Symbol.asyncDispose]();
    });

    /** Resolves once a node tells over HTTP that it is well and ready. */
    async function healthy(name: Name): Promise<void> {
      const pages = await until(
        () => five.pages(name, "/health", "/ready"),
        (answers) => answers.every(({ status }) => status === 200),
      );
      expect(pages[0]?.body).toMatchObject({ status: "healthy", ready: true, reasons: [] });
    }

    it("1: the bootstrap node is healthy", async () => {
      await healthy("bootstrap");
    });

    it("2: the gateway is healthy", async () => {
      await healthy("gateway");
    });

    it("3: the edges are healthy", async () => {
      await Promise.all(EDGES.map(healthy));
    });

    it("4: nodes that were told of the bootstrap node alone discover the gateway", async () => {
      const [gateway] = five.ids("gateway");
      for (const name of EDGES) {
        const { object } = await until(
          () => five.ask<NodeStatus>(name, "peers"),
          ({ object }) => object.anchors.length > 0,
        );
        expect(object.anchors).toEqual([gateway]);
        expect(object.links.map((link) => link.node)).toContain(gateway);
      }
    });

    it("5: a service is registered with nodes that hold records", async () => {
      expect(five.ready("edge1").procedures).toContain("calculator.add");
      const { object } = await five.ask<NodeStatus>("edge1", "status");
      const registered = object.registrations.find((it) => it.procedure === "calculator.add");
      expect(registered?.copies).toBeGreaterThanOrEqual(1);
      const holders = await Promise.all(
        (["bootstrap", "gateway"] as const).map((name) => five.ask<NodeStatus>(name, "status")),
      );
      expect(Math.max(...holders.map((it) => it.object.records.held))).toBeGreaterThanOrEqual(1);
    });

    it("6: the other edges discover the service, and who provides it", async () => {
      for (const name of ["edge2", "edge3"] as const) {
        const { object } = await five.ask<LookupReport>(name, "lookup", "calculator.add");
        expect(object.providers.map(({ node }) => node)).toEqual(five.ids("edge1"));
        expect(five.ids("bootstrap", "gateway")).toContain(object.holder);
      }
    });

    it("7: a single hop: over a link of their own, edge2 calls edge1", async () => {
      const direct = ["--routing-strategy", "direct_only"];
      const { code, object } = await five.run<Called>("edge2", ...callOf("edge2"), ...direct);
      expect([code, object.error, object.result]).toEqual([0, undefined, 5]);
      expect(object.hops?.map(({ node }) => node)).toEqual(five.ids("edge1"));
    });

    it("8: several hops: over the gateway, edge3 calls edge1", async () => {
      const { code, object } = await five.run<Traced>("edge3", ...callOf("edge3"));
      expect([code, object.error, object.strategy]).toEqual([0, undefined, "multi_hop"]);
      expect(object.hops.map(({ node }) => node)).toEqual(five.ids("gateway", "edge1"));
    });

    it("9: a call that is not answered ends with timeout, in time", async () => {
      const joining = ["--bootstrap", "bootstrap:9443", "--timeout", String(TIMEOUT)];
      const { code, object } = await five.run<Traced>("edge2", "trace", "never", ...joining);
      expect([code, object]).toMatchObject([1, { ok: false, error: { code: "timeout" } }]);
      expect(object.elapsed).toBeGreaterThan(TIMEOUT - 50);
      expect(object.elapsed).toBeLessThan(TIMEOUT + LATE);
    });

    it("10: a call of what nobody provides ends with no_provider", async () => {
      const joining = ["--bootstrap", "bootstrap:9443"];
      const { code, object } = await five.run<Called>("edge2", "call", "no.such", ...joining);
      expect([code, object]).toMatchObject([1, { ok: false, error: { code: "no_provider" } }]);
    });

    it("11: a call that may pass no forwarder, and has to, ends with max_hops_exceeded", async () => {
      const call = callOf("edge3");
      const refused = await five.run<Traced>("edge3", ...call, "--max-hops", "0");
      expect([refused.code, refused.object.error?.code]).toEqual([1, "max_hops_exceeded"]);
      const passed = await five.run<Traced>("edge3", ...call, "--max-hops", "1");
      expect([passed.code, passed.object.error]).toEqual([0, undefined]);
    });
  });
});
