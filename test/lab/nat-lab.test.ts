import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import {
  KIND_NAMES,
  KINDS,
  type Lab,
  type LabOptions,
  NatLab,
  Processes,
  type Role,
  type Roles,
  staleSpaces,
} from "./modules.ts";
import { unavailable } from "./needs-lab.ts";

const path = (name: string): string => fileURLToPath(new URL(`../../lab/${name}`, import.meta.url));
const PORTS = [3_478, 3_479];

/** Every kind once, two of them in each lab. */
const COUPLES = KIND_NAMES.flatMap((kind, at) => {
  return at % 2 === 0 ? [[kind, KIND_NAMES[at + 1] as string] as const] : [];
});

interface Seen {
  readonly address: string;
  readonly port: number;
}

/** What the test has begun, and ends. */
let lab: Lab | undefined;
let roles: Roles | undefined;

afterEach(async () => {
  await roles?.end();
  lab?.remove();
  lab = undefined;
  roles = undefined;
});

/** A lab with a probe on the host of the left side, or of both. */
async function probed(options: LabOptions, hosts = ["a"]): Promise<{ lab: Lab; probes: Role[] }> {
  const built = NatLab.build(options);
  lab = built;
  const processes = new Processes(undefined, path("role.mjs"));
  roles = processes;
  const [publicHost] = built.plan.public;
  const config = { kind: "observer", addresses: publicHost?.addresses, ports: PORTS };
  const observer = await processes.start("observer", config, built.inside("p1"));
  const started = hosts.map((host) => {
    return processes.start(host, { kind: "probe", observer: observer.ready }, built.inside(host));
  });
  return { lab: built, probes: await Promise.all(started) };
}

const spacesOf = (it: Lab): string[] =>
  readdirSync("/run/netns").filter((name) => name.startsWith(it.name("")));

describe.skipIf(unavailable !== undefined)("a lab", () => {
  it.each(COUPLES)("of %s and %s is seen from outside as it has to be", async (left, right) => {
    const { probes } = await probed({ left, right, third: left }, ["a", "b", "c"]);
    const seen = await Promise.all(probes.map((probe) => probe.ask("classify")));
    const expected = [left, right, left].map((kind) => {
      const { mapping, filtering, portKept } = KINDS[kind] ?? {};
      return { mapping, filtering, portKept, tcp: true };
    });
    expect(seen).toEqual(expected);
  });

  it.each(["cgn-full", "cgn-port", "cgn-sym"])(
    "of two homes behind one carrier (%s) shows both at one address",
    async (kind) => {
      const shared = { left: kind, right: kind, sharedCarrier: true, hairpin: true };
      const { probes } = await probed(shared, ["a", "b"]);
      const { mapping, filtering } = KINDS[kind] ?? {};
      const addresses = new Set<string>();
      for (const probe of probes) {
        expect(await probe.ask("classify")).toMatchObject({ mapping, filtering });
        addresses.add(((await probe.ask("seen")) as Seen).address);
      }
      expect(addresses.size).toBe(1);
    },
  );

  it.each([
    ["port", "port", {}, true],
    ["addr", "sym", {}, true],
    ["port", "sym", {}, false],
    ["cgn-full", "cgn-full", { sharedCarrier: true, hairpin: true }, true],
    ["cgn-full", "cgn-full", { sharedCarrier: true }, false],
    ["port", "port", { sharedHome: true }, false],
  ])("of %s and %s lets both meet where that can be (%j: %s)", async (left, right, more, can) => {
    const { probes } = await probed({ left, right, ...more }, ["a", "b"]);
    const [one, other] = probes as [Role, Role];
    const [first, second] = [await one.ask("seen"), await other.ask("seen")];
    const met = await Promise.all([one.ask("meet", second), other.ask("meet", first)]);
    expect(met.map((it) => (it as { met: boolean }).met)).toEqual([can, can]);
  });

  it.each(["full", "addr", "port", "sym"])(
    "forgets mappings and stays what it is when it is rebound or gets another address (%s)",
    async (kind) => {
      const { lab: built, probes } = await probed({ left: kind, right: "none" });
      const [probe] = probes as [Role];
      const first = (await probe.ask("seen")) as Seen;
      built.disturb.rebind("a");
      const second = (await probe.ask("seen")) as Seen;
      expect(second.address).toBe(first.address);
      expect(second.port).not.toBe(first.port);
      built.disturb.newAddress("a");
      const third = (await probe.ask("seen")) as Seen;
      expect(third.address).not.toBe(first.address);
      const { mapping, filtering } = KINDS[kind] ?? {};
      expect(await probe.ask("classify")).toMatchObject({ mapping, filtering });
    },
  );

  it("is cut and heals, loses everything or UDP alone, and takes it all back", async () => {
    const { lab: built, probes } = await probed({ left: "port", right: "none" });
    const [probe] = probes as [Role];
    built.disturb.cut("a");
    expect(await probe.ask("seen")).toBeNull();
    built.disturb.heal("a");
    expect(await probe.ask("seen")).not.toBeNull();
    built.disturb.lose("a", 100, "in");
    expect(await probe.ask("seen")).toBeNull();
    built.disturb.lose("a", 0);
    expect(await probe.ask("seen")).not.toBeNull();
    built.disturb.blockUdp("a");
    const blocked = { mapping: null, filtering: null, portKept: null, tcp: true };
    expect(await probe.ask("classify")).toEqual(blocked);
  });

  it("lets no more through than its rate", () => {
    const built = NatLab.build({ left: "port", right: "port" });
    lab = built;
    const shown = (): string => built.run("gwa", "tc", ["qdisc", "show", "dev", "wan"]);
    built.disturb.rate("a", 800);
    expect(shown()).toMatch(/tbf.* rate 800Kbit/);
    built.disturb.rate("a", 0);
    expect(shown()).not.toContain("tbf");
  });

  it("stands beside others, and leaves nothing behind", () => {
    const one = NatLab.build({ left: "port", right: "cgn-sym" });
    const other = NatLab.build({ left: "port", right: "cgn-sym" });
    lab = other;
    expect(spacesOf(one)).toHaveLength(Object.keys(one.plan.spaces).length);
    one.remove();
    expect(spacesOf(one)).toEqual([]);
    expect(spacesOf(other)).toHaveLength(Object.keys(other.plan.spaces).length);
    other.remove();
    other.remove();
    expect(spacesOf(other)).toEqual([]);
  });

  it("refuses to do to a public side what happens to a NAT", () => {
    lab = NatLab.build({ left: "none", right: "port" });
    expect(() => lab?.disturb.rebind("a")).toThrow("side a is public");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("is removed when %s ends its process", async (signal, code) => {
    const { child, spaces } = await startOwner();
    expect(spaces.length).toBeGreaterThan(5);
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([code, null]);
    expect(spaces.filter((name) => readdirSync("/run/netns").includes(name))).toEqual([]);
  });

  it("is removed by the next one when its process was killed", async () => {
    const { child, spaces } = await startOwner();
    child.kill("SIGKILL");
    await once(child, "exit");
    lab = NatLab.build({ left: "none", right: "none" });
    expect(spaces.filter((name) => readdirSync("/run/netns").includes(name))).toEqual([]);
  });
});

/** A process of its own that has built a lab, and the names of its spaces. */
async function startOwner() {
  const source = `
    import { NatLab } from ${JSON.stringify(path("net/nat-lab.mjs"))};
    const lab = NatLab.build({ left: "port", right: "sym" });
    process.stdout.write(JSON.stringify(Object.keys(lab.plan.spaces).map((it) => lab.name(it))));
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [bytes] = (await once(child.stdout, "data")) as [Buffer];
  return { child, spaces: JSON.parse(bytes.toString()) as string[] };
}

describe("stale spaces", () => {
  it("are those of processes that are gone, or that are others than they were", () => {
    const names = ["macula-10-500-1-gwa", "macula-11-600-1-gwa", "macula-12-700-1-gwa", "mine"];
    const starts: Record<string, string> = { 10: "500", 11: "601" };
    const stale = staleSpaces(names, (pid) => starts[pid]);
    expect(stale).toEqual(["macula-11-600-1-gwa", "macula-12-700-1-gwa"]);
  });
});
