import { describe, expect, it } from "vitest";
import { age, bytes, count, span } from "../../src/http/dashboard/format.ts";
import { History } from "../../src/http/dashboard/history.ts";
import { Layout } from "../../src/http/dashboard/layout.ts";
import { quantile } from "../../src/http/dashboard/quantile.ts";
import { topologyOf, wayOf } from "../../src/http/dashboard/topology.ts";
import { toJson } from "../../src/http/json.ts";
import { type Picture, pictureOf, SHOWN_MAX } from "../../src/http/picture.ts";
import { RecentCalls } from "../../src/http/recent-calls.ts";
import type { LinkStatus, MeshNode } from "../../src/index.ts";
import { line } from "../rpc/line.ts";
import { lonelyNodes, nodeWith } from "./pages.ts";

/** The picture as a browser gets it. */
function seen(node: MeshNode, calls: RecentCalls): Picture {
  return JSON.parse(toJson(pictureOf(node, calls))) as Picture;
}

const id = (n: number): string => n.toString(16).padStart(64, "0");

describe("the picture of a node", () => {
  it("has its links, its calls and their ways", async () => {
    const { world, client, gateways, provider } = await line(1);
    await world.run(provider.register("echo", (args) => args));
    using calls = new RecentCalls(client);
    await world.run(client.call("echo", 1));
    await world.run(client.call("none").catch(() => {}));
    const picture = seen(client, calls);
    expect(picture.node.id).toBe(client.id);
    expect(picture.links).toMatchObject({ shown: [{ node: gateways[0]?.id }], more: 0 });
    expect(picture.recent).toMatchObject([
      { number: 2, procedure: "none", error: { code: "no_provider" } },
      { number: 1, procedure: "echo", provider: provider.id, forwarders: 1, attempts: 1 },
    ]);
    const { places, edges } = topologyOf(picture);
    expect(places.map(({ id: of, standing }) => [of, standing])).toEqual([
      [client.id, "self"],
      [gateways[0]?.id, "linked"],
      [provider.id, "seen"],
    ]);
    expect(edges.map(({ from, to, kind }) => [from, to, kind])).toEqual([
      [client.id, gateways[0]?.id, "overlay"],
      [gateways[0]?.id, provider.id, "seen"],
    ]);
    const [, call] = picture.recent;
    expect(call && wayOf(client.id, call)).toEqual([client.id, gateways[0]?.id, provider.id]);
  });

  it("stays small, whatever others choose and however many they are", async () => {
    const { first: node } = await lonelyNodes();
    const link = {
      node: id(1),
      addresses: [],
      address: "127.0.0.1:1",
      transport: "quic",
    } as unknown as LinkStatus;
    const contact = { node: id(2), bucket: 3, transit: true, heardAgo: 1, linked: false };
    const long = "x".repeat(100_000);
    const crowded = nodeWith(node, {
      realm: long,
      links: Array.from({ length: 1_024 }, () => ({ ...link, address: long })),
      contacts: Array.from({ length: 2_000 }, () => contact as never),
      registrations: Array.from({ length: 4_096 }, () => ({ procedure: long, copies: 1 })),
      bootstrap: Array.from({ length: 1_000 }, () => {
        return { target: long, connected: false, failures: 1, lastError: long };
      }),
      health: { state: "degraded", reasons: [`dialable: ${long}`] },
    });
    using calls = new RecentCalls(node);
    const picture = pictureOf(crowded, calls);
    expect(picture.links.shown).toHaveLength(SHOWN_MAX.links);
    expect(picture.links.more).toBe(1_024 - SHOWN_MAX.links);
    expect(picture.known.more).toBe(2_000 - SHOWN_MAX.known);
    expect(picture.dht.buckets).toEqual([{ bucket: 3, contacts: 2_000, linked: 0 }]);
    expect(toJson(picture).length).toBeLessThan(256 << 10);
  });
});

describe("the place of each node", () => {
  const { places, edges } = {
    places: [1, 2, 3, 4, 5].map((n) => ({
      id: id(n * 2 ** 31),
      standing: n === 1 ? ("self" as const) : ("linked" as const),
      transit: true,
      anchor: false,
      link: undefined,
    })),
    edges: [2, 3, 4, 5].map((n) => ({
      from: id(2 ** 31),
      to: id(n * 2 ** 31),
      kind: "overlay" as const,
      isTcp: false,
    })),
  };
  const size = { width: 400, height: 300 };

  it("is in the frame, apart from the others, and the same each time", () => {
    const layouts = [1, 2].map(() => {
      const layout = new Layout(() => {});
      layout.show({ places, edges }, size, true);
      return places.map((it) => layout.at(it.id));
    });
    expect(layouts[0]).toEqual(layouts[1]);
    const points = (layouts[0] ?? []).flatMap((it) => (it === undefined ? [] : [it]));
    expect(points[0]).toEqual({ x: 200, y: 150 });
    for (const [at, { x, y }] of points.entries()) {
      expect(x >= 0 && x <= 400 && y >= 0 && y <= 300).toBe(true);
      for (const other of points.slice(at + 1)) {
        expect(Math.hypot(other.x - x, other.y - y)).toBeGreaterThan(40);
      }
    }
  });

  it("does not change much when another node goes", () => {
    const layout = new Layout(() => {});
    layout.show({ places, edges }, size, true);
    const [, second] = places;
    const before = layout.at(second?.id ?? "");
    layout.show({ places: places.slice(0, 4), edges: edges.slice(0, 3) }, size, true);
    const after = layout.at(second?.id ?? "");
    expect(layout.at(places[4]?.id ?? "")).toBeUndefined();
    const moved = Math.hypot(
      (after?.x ?? 0) - (before?.x ?? 0),
      (after?.y ?? 0) - (before?.y ?? 0),
    );
    expect(moved).toBeLessThan(120);
  });
});

describe("rates", () => {
  it("are those of each second, and not below 0 where the node was started anew", async () => {
    const { first: node } = await lonelyNodes();
    using calls = new RecentCalls(node);
    const picture = pictureOf(node, calls);
    const history = new History();
    const add = (at: number, framesForwarded: number): void =>
      history.add({ ...picture, at, framesForwarded });
    add(1_000, 10);
    add(3_000, 30);
    add(3_000, 40);
    add(4_000, 5);
    expect(history.rates.map(({ at, forwarded }) => [at, forwarded])).toEqual([
      [3_000, 10],
      [4_000, 0],
    ]);
    add(1_000_000, 5);
    expect(history.rates).toHaveLength(1);
  });
});

describe("numbers", () => {
  it("have a unit that fits", () => {
    expect([0.123, 4.56, 12.3, 1_234, 65_000].map(span)).toEqual([
      "0.12 ms",
      "4.6 ms",
      "12 ms",
      "1.2 s",
      "65 s",
    ]);
    expect(span(undefined)).toBe("–");
    expect([5, 65, 3_700, 90_000].map(age)).toEqual(["5 s", "1 min", "1 h", "1 d"]);
    expect([999, 1_500, 25_000_000].map(bytes)).toEqual(["999 B", "1.5 KB", "25 MB"]);
    expect([1_234, 1_234_567].map(count)).toEqual(["1,234", "1.2M"]);
  });

  it("are shares of what was counted", () => {
    const latency = { bounds: [1, 2, 5], counts: [5, 4, 0, 1], sum: 0 };
    expect(quantile(latency, 0.5)).toBe(1);
    expect(quantile(latency, 0.9)).toBe(2);
    expect(quantile(latency, 0.95)).toBe(Number.POSITIVE_INFINITY);
    expect(quantile({ ...latency, counts: [0, 0, 0, 0] }, 0.5)).toBeUndefined();
  });
});
