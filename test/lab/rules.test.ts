import { describe, expect, it } from "vitest";
import { rules } from "./modules.ts";

const {
  apartRules,
  divertRule,
  faceRule,
  lossRules,
  natRules,
  rebindRules,
  watchRules,
  withoutRules,
} = rules;
const home = (translation: string): string =>
  natRules({ translation, lans: ["lan"], udpTimeout: 30 });
const carrier = (translation: string, hairpin: boolean): string => {
  const lans = ["suba", "subb"];
  return natRules({ translation, lans, udpTimeout: 30, external: "198.51.100.66", hairpin });
};

describe("the rules of a router", () => {
  it.each(["full", "addr", "port", "sym"])("close every brace they open (%s)", (translation) => {
    const text = home(translation) + carrier(translation, true);
    expect(text.match(/\{/g)?.length).toBe(text.match(/\}/g)?.length);
    expect(text).not.toMatch(/undefined|null|NaN/);
  });

  it("drop what nobody has asked for, and forward nothing by default", () => {
    expect(home("port")).toMatch(/hook input[^}]*iifname "wan" drop/);
    expect(home("port")).toMatch(/hook forward[^}]*policy drop/);
  });

  it("let nobody in but those who were spoken to, at port and at sym", () => {
    for (const translation of ["port", "sym"]) {
      expect(home(translation)).not.toMatch(/dnat ip to|@endpoints/);
    }
  });

  it("give each destination another port at sym, and at no other kind", () => {
    const random = ["full", "addr", "port", "sym"].filter((it) => /fully-random/.test(home(it)));
    expect(random).toEqual(["sym"]);
  });

  it("admit anybody at full, and at addr whom the host has spoken to", () => {
    expect(home("full")).toMatch(/ct status dnat accept/);
    expect(home("addr")).not.toMatch(/ct status dnat accept/);
    expect(home("addr")).toMatch(/ct status dnat ip daddr \. udp dport \. ip saddr @spoken accept/);
  });

  it("forget mappings after the time that is given", () => {
    const text = natRules({ translation: "addr", lans: ["lan"], udpTimeout: 7 });
    expect(text.match(/timeout 7s;/g)).toHaveLength(2);
  });

  it("turn around what comes from inside only with a hairpin, and only where anybody may enter", () => {
    const around = /iifname \{ "suba", "subb" \} oifname/;
    expect(carrier("full", true)).toMatch(around);
    expect(carrier("full", false)).not.toMatch(around);
    expect(carrier("port", true)).not.toMatch(around);
  });
});

describe("disturbances", () => {
  it("rebind to a range of ports, and forget what was learnt", () => {
    const text = rebindRules({ translation: "addr", low: 20_500, ports: 500 });
    expect(text).toContain("masquerade to :20500-20999");
    expect(text).toContain("flush map ip lab endpoints");
    expect(text).toContain("flush set ip lab spoken");
    expect(rebindRules({ translation: "port", low: 1, ports: 2 })).not.toContain("flush map");
    expect(rebindRules({ translation: "sym", low: 1, ports: 2 })).not.toContain(" to :");
  });

  it("lose hundredths of a percent, one way or both", () => {
    expect(lossRules(0.25).match(/numgen random mod 10000 <= 24 drop/g)).toHaveLength(2);
    expect(lossRules(5, "in")).not.toContain("oifname");
    expect(lossRules(5, "out")).not.toContain("iifname");
  });

  it("can be made twice, and taken back where there is none", () => {
    expect(lossRules(5).startsWith(withoutRules("loss"))).toBe(true);
    expect(withoutRules("cut")).toBe("table ip cut { }\ndelete table ip cut\n");
  });

  it("divert one place of one side to a local port", () => {
    const text = divertRule({ uplink: "upa", address: "198.18.1.10", port: 9443, localPort: 7001 });
    expect(text).toContain('iifname "upa" ip daddr 198.18.1.10 udp dport 9443 redirect to :7001');
  });

  it("have a proxy speak with the address of somebody else", () => {
    const text = faceRule({ localPort: 40_000, address: "198.51.100.2", port: 9443 });
    expect(text).toBe("add element ip divert faces { 40000 : 198.51.100.2 . 9443 }\n");
  });

  it("part two networks and count what passes between them, each way and nothing else", () => {
    const between = /iifname "(up[ab])" oifname "(up[ab])"/g;
    for (const text of [apartRules(["upa", "upb"]), watchRules(["upa", "upb"])]) {
      expect([...text.matchAll(between)].map(([, from, to]) => [from, to])).toEqual([
        ["upa", "upb"],
        ["upb", "upa"],
      ]);
      expect(text).toContain("policy accept");
    }
  });
});
