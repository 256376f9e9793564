import { describe, expect, it } from "vitest";
import { askEcho } from "../contract/probes.ts";
import { dialled, QuicScene, TIMEOUT, until } from "./quic-scene.ts";

describe("a trap of the core", () => {
  it("costs its connections and nothing else", async () => {
    await using scene = new QuicScene();
    const { transport, arrived, address } = await scene.echoing(1);
    const other = await scene.echoing(2);
    const from = scene.transport(3);
    const bystander = await dialled(from, other.address);
    await dialled(from, address);
    const lost = await arrived.take();
    const waiting = transport.dial("127.0.0.1:9" as typeof address, { timeout: TIMEOUT });

    transport.failForTest();
    await expect(waiting).rejects.toMatchObject({ code: "dial_failed" });
    expect(await lost.closed).toMatchObject({ by: "fault", code: 0 });
    expect(lost.closes).toBe(1);
    await expect(lost.connection.open()).rejects.toMatchObject({ code: "link_lost" });
    expect(transport.stats()).toMatchObject({ restarts: 1, connections: 0 });

    await askEcho(bystander.connection);
    await askEcho((await dialled(from, address)).connection);
    await askEcho((await dialled(transport, other.address)).connection);
    expect(transport.stats()).toMatchObject({ restarts: 1, connections: 2 });
  });

  it("may happen again", async () => {
    await using scene = new QuicScene();
    const { transport, address } = await scene.echoing(1);
    for (let restarts = 1; restarts <= 3; restarts++) {
      transport.failForTest();
      await until(() => transport.stats().restarts === restarts);
      await askEcho((await dialled(scene.transport(2), address)).connection);
    }
  });
});

describe("a restarted node", () => {
  it("resets connections of its former life as soon as something is said on them", async () => {
    await using scene = new QuicScene();
    // The idle timeout is far away: only a reset can be that quick.
    const patient = { idleTimeout: 600_000, keepAlive: 0 };
    const { transport, arrived, address } = await scene.echoing(1, patient);
    const client = await dialled(scene.transport(2, patient), address);
    const stream = await client.connection.open();
    await arrived.take();
    transport.failForTest();
    await until(() => transport.stats().restarts === 1);
    stream.write(new Uint8Array(100));
    expect(await client.closed).toMatchObject({ by: "peer", code: 0 });
  });

  it("of another identity can't", async () => {
    await using scene = new QuicScene();
    const limits = { idleTimeout: 500, keepAlive: 0 };
    const { address } = await scene.echoing(1, limits);
    const tap = await scene.tap(address);
    const client = await dialled(scene.transport(2, limits), tap.address);
    const stranger = await scene.echoing(3);
    const wire = await scene.tap(stranger.address);
    // What the client says goes to somebody with another key, who answers in the node's place.
    tap.passForth = (bytes) => {
      wire.toListener(bytes);
      return false;
    };
    const stream = await client.connection.open();
    stream.write(new Uint8Array(100));
    expect(await client.closed).toMatchObject({ by: "timeout" });
  });
});
