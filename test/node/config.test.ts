import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import type { MeshError } from "../../src/base/errors.ts";
import type { NodeOptions } from "../../src/node/api.ts";
import { checkConfig, parseBootstrap } from "../../src/node/config.ts";
import { createNode } from "../../src/node/create-node.ts";

const REALM = "com.example.shop";
const ID = "0123456789abcdef".repeat(4);

function refusal(options: unknown): MeshError {
  try {
    checkConfig(options as NodeOptions);
  } catch (cause) {
    return cause as MeshError;
  }
  throw new Error("the options were taken");
}

describe("options of a node", () => {
  it("have defaults for all but the realm", () => {
    expect(checkConfig({ realm: REALM })).toEqual({
      realm: REALM,
      mode: "edge",
      links: "auto",
      bootstrap: [],
      listen: undefined,
      identity: undefined,
      routingStrategy: "hybrid",
      transports: "auto",
    });
    const config = checkConfig({ realm: REALM, links: "static" });
    expect(config.routingStrategy).toBe("multi_hop_only");
  });

  it("are taken as they are where they are right", () => {
    const config = checkConfig({
      realm: REALM,
      mode: "hybrid",
      bootstrap: ["gateway.example.com:9443", `${ID.toUpperCase()}@[2001:db8::7]:1`],
      listen: "[::1]:0",
      identity: "./node.key",
      links: "static",
      routingStrategy: "direct_only",
      transports: "tls",
      log: { write: () => {} },
    });
    expect(config).toMatchObject({ mode: "hybrid", listen: "[::1]:0", links: "static" });
    expect(config.routingStrategy).toBe("direct_only");
    expect(config.transports).toBe("tls");
    expect(config.bootstrap[0]).toMatchObject({ host: "gateway.example.com", port: 9443 });
    expect(config.bootstrap[0]?.expect).toBeUndefined();
    expect(config.bootstrap[1]).toMatchObject({ host: "2001:db8::7", port: 1 });
    expect(toHex(config.bootstrap[1]!.expect!)).toBe(ID);
  });

  it("may be left undefined, and listen may be false", () => {
    const options = { realm: REALM, mode: undefined, listen: false, log: undefined };
    expect(checkConfig(options as unknown as NodeOptions).listen).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ["realm", {}],
    ["realm", { realm: "" }],
    ["realm", { realm: 5 }],
    ["realm", { realm: "com example" }],
    ["realm", { realm: "com..example" }],
    ["realm", { realm: "x".repeat(256) }],
    ["routingStrategy", { realm: REALM, routingStrategy: "direct" }],
    ["routingStrategy", { realm: REALM, routingStrategy: true }],
    ["transports", { realm: REALM, transports: "udp" }],
    ["mode", { mode: "router" }],
    ["mode", { mode: "toString" }],
    ["mode", { mode: null }],
    ["links", { links: "some" }],
    ["links", { links: true }],
    ["bootstrap", { bootstrap: "a:1" }],
    ["bootstrap", { bootstrap: [5] }],
    ["bootstrap", { bootstrap: {} }],
    ["bootstrap", { bootstrap: [""] }],
    ["bootstrap", { bootstrap: new Array(65).fill("a:1") }],
    ["bootstrap", { bootstrap: ["gateway:0"] }],
    ["address", { bootstrap: ["gateway"] }],
    ["address", { bootstrap: ["gateway:70000"] }],
    ["address", { bootstrap: [`${ID}@`] }],
    ["node id", { bootstrap: ["abc@gateway:1"] }],
    ["node id", { bootstrap: ["@gateway:1"] }],
    ["listen", { listen: 9443 }],
    ["listen", { listen: true }],
    ["listen", { listen: "" }],
    ["listen", { listen: "localhost:9443" }],
    ["listen", { listen: "999.0.0.1:9443" }],
    ["address", { listen: "0.0.0.0" }],
    ["identity", { identity: "" }],
    ["identity", { identity: 5 }],
    ["log", { log: 5 }],
    ["log", { log: null }],
    ["log", { log: { write: "no" } }],
    ["port", { port: 9443 }],
    ["constructor", { constructor: 1 }],
  ])("are refused with one clear line that names the %s: %j", async (named, options) => {
    const given = {
      ...("realm" in options || named === "realm" ? {} : { realm: REALM }),
      ...options,
    };
    const error = refusal(given);
    expect(error.code).toBe("bad_config");
    expect(error.message).toContain(named);
    expect(error.message).not.toContain("\n");
    expect(error.message.length).toBeLessThan(300);
    await expect(createNode(given as unknown as NodeOptions)).rejects.toMatchObject({
      code: "bad_config",
    });
  });

  it.each([undefined, null, "com.example.shop", 5])("are an object: %j is none", (options) => {
    expect(refusal(options).code).toBe("bad_config");
  });
});

describe("a bootstrap address", () => {
  it("keeps the text it was written as", () => {
    expect(parseBootstrap("a:1").text).toBe("a:1");
  });

  it("is not shown at full length where it is wrong", () => {
    expect(refusal({ realm: REALM, bootstrap: ["x".repeat(10_000)] }).message.length).toBeLessThan(
      300,
    );
  });
});
