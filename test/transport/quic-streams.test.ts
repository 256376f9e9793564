import { describe, expect, it } from "vitest";
import { pattern, StreamProbe } from "../contract/probes.ts";
import { dialled, QuicScene } from "./quic-scene.ts";

const SIZE = 400_000;

describe("streams of one connection", () => {
  const small = { connectionWindow: 64 << 10, streamWindow: 1 << 20 };
  const narrow = { connectionWindow: 1 << 20, streamWindow: 48 << 10 };
  it.each([
    ["the connection's window", small, small],
    ["their own windows", narrow, narrow],
    ["what the sender keeps until it is confirmed", small, {}],
    ["what the receiver takes ahead", {}, small],
  ])("all go on after they have filled %s", async (_name, ours, theirs) => {
    await using scene = new QuicScene();
    const { address } = await scene.echoing(1, theirs);
    const { connection } = await dialled(scene.transport(2, ours), address);
    const probes: StreamProbe[] = [];
    for (let key = 0; key < 5; key++) {
      const probe = new StreamProbe(await connection.open(), key);
      // Pieces of many sizes: the windows end in the midst of some.
      for (let at = 0, step = 1_000 + key * 7_001; at < SIZE; at += step) {
        probe.stream.write(pattern(key, at, Math.min(SIZE, at + step)));
      }
      probe.stream.end();
      probes.push(probe);
    }
    await Promise.all(probes.map((it) => it.ended));
    for (const probe of probes) {
      expect(probe.size).toBe(SIZE);
      expect(probe.wrongAt).toBeUndefined();
      expect(probe.stream.buffered).toBe(0);
    }
  });

  it("leave by their priority", async () => {
    await using scene = new QuicScene();
    const { address, transport } = await scene.echoing(1);
    const order: number[] = [];
    transport.onConnection = (connection) =>
      connection.setHandler({
        onStream: (stream) =>
          stream.setHandler({
            onData: () => {},
            onEnd: () => order.push(stream.id),
            onReset: () => {},
            onStop: () => {},
            onDrain: () => {},
          }),
        onClose: () => {},
      });
    const { connection } = await dialled(scene.transport(2), address);
    const low = await connection.open();
    const high = await connection.open();
    high.setPriority(1);
    for (const stream of [low, high]) {
      stream.write(new Uint8Array(200_000));
      stream.end();
    }
    await new Promise<void>((resolve) => {
      const look = (): void => (order.length === 2 ? resolve() : void setImmediate(look));
      look();
    });
    expect(order).toEqual([high.id, low.id]);
  });
});
