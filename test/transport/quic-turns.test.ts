import { describe, expect, it } from "vitest";
import { toAddress } from "../../src/base/address.ts";
import { pattern, StreamProbe } from "../contract/probes.ts";
import { dialled, QuicScene } from "./quic-scene.ts";

describe("what is written", () => {
  it("leaves before the turn is over once it is 4 KiB: who gets it is at work meanwhile", async () => {
    await using scene = new QuicScene();
    const { address } = await scene.echoing(1);
    const transport = scene.transport(2);
    const { connection } = await dialled(transport, address);
    const probe = new StreamProbe(await connection.open(), 0);
    const sent = (): number => transport.stats().datagramsSent;
    const before = sent();
    probe.stream.write(pattern(0, 0, 4_095));
    expect(sent()).toBe(before);
    probe.stream.write(pattern(0, 4_095, 4_096));
    expect(sent()).toBeGreaterThan(before);
    probe.stream.end();
    await probe.ended;
    expect([probe.size, probe.wrongAt]).toEqual([4_096, undefined]);
  });

  it("in answer to a lone datagram leaves before the event loop gets its turn", async () => {
    await using scene = new QuicScene();
    const server = scene.transport(1);
    let atOnce = 0;
    server.onConnection = (connection) =>
      connection.setHandler({
        onClose: () => {},
        onStream: (stream) =>
          stream.setHandler({
            onData: async (bytes, start, end) => {
              const answer = bytes.slice(start, end);
              await undefined;
              stream.write(answer);
              const before = server.stats().datagramsSent;
              await undefined;
              await undefined;
              if (server.stats().datagramsSent > before) atOnce += 1;
            },
            onEnd: () => stream.end(),
            onReset: () => {},
            onStop: () => {},
            onDrain: () => {},
          }),
      });
    const address = await server.listen(toAddress("127.0.0.1", 0));
    const { connection } = await dialled(scene.transport(2), address);
    const stream = await connection.open();
    let told = (): void => {};
    stream.setHandler({
      onData: () => told(),
      onEnd: () => {},
      onReset: () => {},
      onStop: () => {},
      onDrain: () => {},
    });
    // Now and then two datagrams come together, as one with an answer and one with a probe of the path do.
    for (let question = 0; question < 50; question++) {
      const answered = new Promise<void>((resolve) => {
        told = resolve;
      });
      stream.write(Uint8Array.of(question));
      await answered;
    }
    expect(atOnce).toBeGreaterThan(10);
  });
});
