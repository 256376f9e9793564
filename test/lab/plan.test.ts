import { describe, expect, it } from "vitest";
import { KIND_NAMES, KINDS, type Plan, planOf } from "./modules.ts";

/** Every kind on either side. */
const PLANS = KIND_NAMES.map((left, at) => {
  const [right, third] = [3, 5].map((more) => KIND_NAMES[(at + more) % KIND_NAMES.length]);
  return planOf({ left, right: right as string, third: third as string });
});

const number = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** `[network, length]` of an address with its length. */
function networkOf(address: string): string {
  const [ip = "", length = "32"] = address.split("/");
  const size = 2 ** (32 - Number(length));
  return `${Math.floor(number(ip) / size)}/${length}`;
}

function addresses(plan: Plan): { space: string; device: string; address: string }[] {
  return Object.entries(plan.spaces).flatMap(([space, { lines }]) =>
    lines.flatMap((line) => {
      const [, address, device] = /^addr add (\S+) dev (\S+)$/.exec(line) ?? [];
      return address && device ? [{ space, device, address }] : [];
    }),
  );
}

describe("the plan of a lab", () => {
  it("gives every address once", () => {
    for (const plan of PLANS) {
      const all = addresses(plan).map(({ address }) => address.split("/")[0]);
      expect(new Set(all).size).toBe(all.length);
    }
  });

  it.each(PLANS)("has both ends of each link in one network (%#)", (plan) => {
    const all = addresses(plan);
    for (const [one, other] of plan.links) {
      const networks = [one, other].map((end) => {
        const found = all.find((it) => it.space === end?.space && it.device === end.name);
        return networkOf(found?.address ?? "");
      });
      expect(networks[0]).toBe(networks[1]);
    }
  });

  it.each(PLANS)("leads every route over a neighbour (%#)", (plan) => {
    const all = addresses(plan).filter(({ device }) => device !== "lo");
    const routes = Object.entries(plan.spaces).flatMap(([space, { lines }]) =>
      lines.flatMap((line) => {
        const [, via] = /^route add .* via (\S+)$/.exec(line) ?? [];
        return via === undefined ? [] : [{ space, via }];
      }),
    );
    expect(routes.length).toBeGreaterThan(0);
    for (const { space, via } of routes) {
      const isNear = ({ address }: { readonly address: string }): boolean =>
        networkOf(address) === networkOf(`${via}/${address.split("/")[1]}`);
      expect(all.some((it) => it.space === space && isNear(it))).toBe(true);
    }
  });

  it("has a carrier where the kind has one, and one for both homes where they share it", () => {
    const carriers = (plan: Plan) => Object.keys(plan.spaces).filter((it) => it.startsWith("isp"));
    expect(carriers(planOf({ left: "port", right: "cgn-sym" }))).toEqual(["ispb"]);
    const shared = planOf({ left: "cgn-full", right: "cgn-full", sharedCarrier: true });
    expect(carriers(shared)).toEqual(["ispa"]);
    expect(shared.sides.b.uplink).toBe(shared.sides.a.uplink);
  });

  it("has a third side where one is asked for", () => {
    const homes = (plan: Plan) => Object.keys(plan.spaces).filter((it) => it.startsWith("gw"));
    expect(homes(planOf({ left: "port", right: "port" }))).toEqual(["gwa", "gwb"]);
    const plan = planOf({ left: "port", right: "port", third: "cgn-sym" });
    expect(homes(plan)).toEqual(["gwa", "gwb", "gwc"]);
    expect(plan.spaces.ispc?.rules).toContain('iifname "subc" accept');
  });

  it("has both hosts in one home where they share it", () => {
    const plan = planOf({ left: "port", right: "port", sharedHome: true });
    expect(Object.keys(plan.spaces).filter((it) => it.startsWith("gw"))).toEqual(["gwa"]);
    const homes = [plan.sides.a, plan.sides.b].map(({ address }) => networkOf(`${address}/24`));
    expect(homes[0]).toBe(homes[1]);
    expect(plan.sides.a.address).not.toBe(plan.sides.b.address);
    const all = addresses(plan).map(({ address }) => address.split("/")[0]);
    expect(new Set(all).size).toBe(all.length);
  });

  it("gives each public host two addresses in a network of its own", () => {
    const { public: hosts } = planOf({ left: "none", right: "none", publicHosts: 4 });
    const networks = hosts.map(
      (host) => new Set(host.addresses.map((it) => networkOf(`${it}/24`))),
    );
    expect(networks.every((it) => it.size === 1)).toBe(true);
    expect(new Set(networks.map((it) => [...it][0])).size).toBe(4);
  });

  it("has public addresses for sides that nobody translates, and private ones for the others", () => {
    const plan = planOf({ left: "none", right: "port" });
    expect(plan.sides.a.address).toMatch(/^198\.51\.100\./);
    expect(plan.sides.b.address).toMatch(/^192\.168\./);
  });

  it("promises of each kind what its two routers amount to", () => {
    expect(Object.keys(KINDS)).toEqual(KIND_NAMES);
    expect(KINDS["cgn-full"]?.filtering).toBe(KINDS.port?.filtering);
  });
});
