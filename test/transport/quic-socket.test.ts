import { describe, expect, it } from "vitest";
import { toAddress } from "../../src/base/address.ts";
import { askEcho, ConnectionProbe } from "../contract/probes.ts";
import { dialled, QuicScene, TIMEOUT, until } from "./quic-scene.ts";

describe("the socket", () => {
  it("may be bound by a dial and then replaced by a listener; what is connected moves with it", async () => {
    await using scene = new QuicScene();
    const { arrived, address } = await scene.echoing(1);
    const late = scene.transport(2);
    const client = await dialled(late, address);
    const server = await arrived.take();
    const before = server.connection.remoteAddress;

    const listening = await late.listen(toAddress("127.0.0.1", 0));
    await askEcho(client.connection);
    await until(() => server.connection.remoteAddress !== before);
    expect(server.connection.remoteAddress).toBe(listening);
    late.onConnection = (connection) => new ConnectionProbe(connection);
    await dialled(scene.transport(3), listening);
  });

  it("is bound once by dials that come together", async () => {
    await using scene = new QuicScene();
    const { arrived, address } = await scene.echoing(1);
    const from = scene.transport(2);
    await Promise.all([dialled(from, address), dialled(from, address), dialled(from, address)]);
    const ports = new Set<string>();
    for (let count = 0; count < 3; count++) {
      ports.add((await arrived.take()).connection.remoteAddress);
    }
    expect(ports.size).toBe(1);
  });

  it("of IPv4 says at once that it can't reach IPv6", async () => {
    await using scene = new QuicScene();
    const { transport } = await scene.echoing(1);
    await expect(transport.dial(toAddress("::1", 9), { timeout: TIMEOUT })).rejects.toMatchObject({
      code: "dial_failed",
    });
  });

  it("that refuses a datagram costs the connections, not the process", async () => {
    await using scene = new QuicScene();
    const { address } = await scene.echoing(1);
    const from = scene.transport(2);
    const client = await dialled(from, address);
    const stream = await client.connection.open();
    Object.defineProperty(from, "send", {
      configurable: true,
      value: () => {
        throw new RangeError("no such port");
      },
    });
    stream.write(new Uint8Array(10));
    expect(await client.closed).toMatchObject({ by: "fault" });
    Reflect.deleteProperty(from, "send");
    await askEcho((await dialled(from, address)).connection);
    expect(from.stats().restarts).toBe(1);
  });
});
