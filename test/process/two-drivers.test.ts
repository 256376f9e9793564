import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createNode, type MeshNode, type NodeOptions } from "../../src/index.ts";

const REALM = "com.example.drivers";
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function start(options: Omit<NodeOptions, "realm">): Promise<MeshNode> {
  const node = await createNode({ realm: REALM, links: "static", ...options });
  open.push(node);
  await node.ready();
  return node;
}

function gateway(options: Omit<NodeOptions, "realm"> = {}): Promise<MeshNode> {
  return start({ mode: "gateway", listen: "127.0.0.1:0", ...options });
}

/** A gateway that answers, and a caller that is linked to it: what carries the link, and the answer. */
async function called(to: MeshNode, options: Omit<NodeOptions, "realm">): Promise<unknown[]> {
  await using registration = await to.register("echo", (value) => value);
  const from = await start({ bootstrap: to.addresses, ...options });
  const answer = await from.call("echo", 7);
  expect(registration.procedure).toBe("echo");
  return [from.status().links.map(({ transport }) => transport), answer];
}

/** A process that has nothing to do with the mesh and has a TCP port. */
async function stranger(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((bound) => server.listen(0, "127.0.0.1", bound));
  open.push({
    [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
  });
  return (server.address() as { port: number }).port;
}

describe("a node that listens", () => {
  it("does so for UDP and TCP at one port, and takes links over both", async () => {
    const node = await gateway();
    const places = node.status().transport.drivers.map(({ kind, address }) => [kind, address]);
    const address = node.addresses[0]?.split("@")[1];
    expect(places).toEqual([
      ["quic", address],
      ["tls", address],
    ]);
    expect(await called(node, {})).toEqual([["quic"], 7]);
    expect(await called(node, { transports: "tls" })).toEqual([["tls"], 7]);
    expect(node.status().transport.udp).toBe("works");
    const kinds = node
      .status()
      .links.map(({ transport, direction }) => `${transport} ${direction}`);
    expect(kinds.sort()).toEqual(["quic accepted", "tls accepted"]);
  });

  it("takes no link over TCP where it is told to use QUIC alone", async () => {
    const node = await gateway({ transports: "quic" });
    expect(node.status().transport.drivers.map(({ kind }) => kind)).toEqual(["quic"]);
    expect(await called(node, {})).toEqual([["quic"], 7]);
    const own = { realm: REALM, bootstrap: node.addresses, transports: "tls" } as const;
    const shut = await createNode(own);
    open.push(shut);
    await expect(shut.ready({ timeout: 1_000 })).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("goes on with UDP alone where another process has the TCP port, and says so", async () => {
    const port = await stranger();
    const node = await gateway({ listen: `127.0.0.1:${port}` });
    const { transport, health } = node.status();
    expect(transport.drivers).toMatchObject([
      { kind: "quic", address: `127.0.0.1:${port}`, problem: undefined },
      { kind: "tls", address: undefined, problem: expect.stringContaining(`${port} is in use`) },
    ]);
    expect(health).toMatchObject({ state: "degraded" });
    expect(await called(node, {})).toEqual([["quic"], 7]);
  });
});

describe("a node that dials", () => {
  it("opens no TCP connection where UDP works", async () => {
    const node = await gateway();
    const from = await start({ bootstrap: node.addresses });
    expect(from.status().transport).toEqual({
      drivers: [
        { kind: "quic", connections: 1, address: undefined, problem: undefined },
        { kind: "tls", connections: 0, address: undefined, problem: undefined },
      ],
      udp: "works",
    });
  });

  it("gets in over TLS where nobody answers over UDP", async () => {
    const node = await gateway({ transports: "tls" });
    expect(node.status().transport.udp).toBe("unused");
    const began = performance.now();
    expect(await called(node, {})).toEqual([["tls"], 7]);
    expect(performance.now() - began).toBeGreaterThan(400);
  });

  it("names both causes where nobody answers at all", async () => {
    const port = await stranger();
    await open.pop()?.[Symbol.asyncDispose]();
    const node = await createNode({ realm: REALM, bootstrap: [`127.0.0.1:${port}`] });
    open.push(node);
    await expect(node.ready({ timeout: 4_000 })).rejects.toMatchObject({
      message: expect.stringMatching(/quic: no answer within 3000 ms; tls: .*ECONNREFUSED/),
    });
  });
});
