import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../src/sim/random.ts";
import { arrivals, askEcho, deferred, pattern, Queue, StreamProbe } from "./probes.ts";
import { DIAL_TIMEOUT, dial, listen, pair } from "./scene.ts";
import type { Stage, StageKind, Use } from "./stage.ts";

/** Two ends, and between them a path that can be disturbed. */
async function overPath(stage: Stage) {
  const to = await listen(stage, 1, { echoes: true });
  const from = stage.transport(0);
  const path = await stage.path(from, to.address);
  const client = await dial(stage, from, path.address);
  const server = await stage.settle(to.arrived.take(), "arrival");
  return { to, from, path, client, server };
}

export function pathContract(stageKind: StageKind, use: Use): void {
  const { datagrams, migration } = stageKind.abilities;

  describe(`paths of the ${stageKind.kind} driver`, () => {
    it.runIf(!migration)(
      "end a connection by their change, on both sides, and no other",
      use(async (stage) => {
        const { to, from, path, client, server } = await overPath(stage);
        const other = await dial(stage, from, to.address);
        await stage.settle(askEcho(client.connection), "an echo before");
        await path.rebind();
        const ends = await stage.settle(Promise.all([client.closed, server.closed]), "both ends");
        expect(ends.map(({ by, code }) => `${by} ${code}`)).toEqual(["peer 0", "peer 0"]);
        await stage.settle(askEcho(other.connection), "an echo on the other");
      }),
    );

    it.runIf(migration)(
      "may change under a dialler, and `remoteAddress` follows",
      use(async (stage) => {
        const { path, client, server } = await overPath(stage);
        await stage.settle(askEcho(client.connection), "an echo before");
        const before = server.connection.remoteAddress;
        await path.rebind();
        await stage.settle(askEcho(client.connection, 2, 30_000), "an echo after");
        expect(server.connection.remoteAddress).not.toBe(before);
        expect(client.connection.remoteAddress).toBe(path.address);
        expect([client.closes, server.closes]).toEqual([0, 0]);
      }),
    );

    it(
      "may lose packets in the midst of a transfer",
      use(async (stage) => {
        const { path, client } = await overPath(stage);
        const stream = await stage.settle(client.connection.open(), "open");
        const probe = new StreamProbe(stream, 3);
        let dropped = 0;
        probe.onBytes = () => {
          if (dropped >= 5) return;
          dropped += 1;
          path.dropNext(2);
        };
        stream.write(pattern(3, 0, 400_000));
        stream.end();
        await stage.settle(probe.ended, "the echo");
        expect(probe.size).toBe(400_000);
        expect(probe.wrongAt).toBeUndefined();
        expect(dropped).toBeGreaterThan(0);
      }),
    );
  });

  describe.runIf(!datagrams)(`a stranger's bytes at the ${stageKind.kind} driver`, () => {
    it(
      "harm no connection",
      use(async (stage) => {
        const scene = await pair(stage, { echoes: true });
        const random = new SeededRandom(7);
        for (let at = 0; at < 100; at++) {
          stage.inject(scene.to.address, random.bytes(1 + random.below(1_400)));
          await stage.settle(askEcho(scene.client.connection, at, 2_000), "an echo amidst garbage");
        }
        expect(scene.to.transport.stats().connections).toBe(1);
        expect(scene.to.arrived.length).toBe(0);
      }),
    );
  });

  describe.runIf(!datagrams)(`raw datagrams, which the ${stageKind.kind} driver lacks,`, () => {
    it(
      "are dropped and counted",
      use(async (stage) => {
        const { client, from, to } = await pair(stage, { echoes: true });
        let raw = 0;
        to.transport.onRaw = () => {
          raw += 1;
        };
        from.sendRaw(to.address, new Uint8Array([0x01, 2, 3]));
        await stage.settle(askEcho(client.connection), "an echo");
        expect(from.stats().datagramsDropped).toBe(1);
        expect(raw).toBe(0);
        expect(() => from.sendRaw(to.address, new Uint8Array([0x40]))).toThrow("bit 0x40");
      }),
    );
  });

  describe.runIf(datagrams)(`raw datagrams of the ${stageKind.kind} driver`, () => {
    it(
      "go both ways between sockets, beside connections",
      use(async (stage) => {
        const { client, from, to } = await pair(stage, { echoes: true });
        const got = new Queue<{ bytes: Uint8Array; from: string }>();
        to.transport.onRaw = (bytes, sender) => {
          got.put({ bytes: bytes.slice(), from: sender });
          to.transport.sendRaw(sender, new Uint8Array([0x81, ...bytes]));
        };
        const back = new Queue<Uint8Array>();
        let backFrom: string | undefined;
        from.onRaw = (bytes, sender) => {
          backFrom = sender;
          back.put(bytes.slice());
        };
        from.sendRaw(to.address, new Uint8Array([0x01, 2, 3]));
        const first = await stage.settle(got.take(), "the datagram");
        expect([...first.bytes]).toEqual([1, 2, 3]);
        expect([...(await stage.settle(back.take(), "its answer"))]).toEqual([0x81, 1, 2, 3]);
        expect(backFrom).toBe(to.address);
        await stage.settle(askEcho(client.connection), "an echo");
      }),
    );

    it(
      "that would look like packets of a connection are not sent",
      use(async (stage) => {
        const { from, to } = await pair(stage);
        expect(() => from.sendRaw(to.address, new Uint8Array([0x40]))).toThrow("bit 0x40");
      }),
    );

    it(
      "that are garbage are counted and harm no connection",
      use(async (stage) => {
        const scene = await pair(stage, { echoes: true });
        const random = new SeededRandom(7);
        let raw = 0;
        let wrong = 0;
        scene.to.transport.onRaw = (bytes) => {
          raw += 1;
          if (((bytes[0] as number) & 0x40) !== 0) wrong += 1;
        };
        const packets = Array.from({ length: 1_000 }, () => random.bytes(1 + random.below(1_400)));
        let received = scene.to.transport.stats().datagramsReceived;
        for (let at = 0; at < packets.length; at += 50) {
          for (const packet of packets.slice(at, at + 50)) stage.inject(scene.to.address, packet);
          await stage.settle(askEcho(scene.client.connection, at, 2_000), "an echo amidst garbage");
        }
        const { datagramsDropped, datagramsReceived, connections } = scene.to.transport.stats();
        received = datagramsReceived - received;
        expect(received).toBeGreaterThan(900);
        expect(raw).toBeGreaterThan(300);
        expect(wrong).toBe(0);
        expect(datagramsDropped).toBeGreaterThan(300);
        expect(connections).toBe(1);
        expect(scene.to.arrived.length).toBe(0);
      }),
    );

    it(
      "survive an `onRaw` that throws",
      use(async (stage) => {
        const scene = await pair(stage, { echoes: true });
        const called = deferred<void>();
        scene.to.transport.onRaw = () => {
          called.resolve();
          throw new Error("a bug in a handler");
        };
        scene.from.sendRaw(scene.to.address, new Uint8Array([1]));
        await stage.settle(called.promise, "the datagram");
        await stage.settle(askEcho(scene.client.connection), "an echo");
      }),
    );
  });

  describe(`closing a transport of the ${stageKind.kind} driver`, () => {
    it(
      "closes its connections with code and reason, and can be asked twice",
      use(async (stage) => {
        const scene = await pair(stage);
        const stranger = stage.transport(3);
        const seen = arrivals(stranger);
        await stage.settle(
          Promise.all([scene.to.transport.close(55, "going home"), scene.to.transport.close()]),
          "closing twice",
        );
        const said = { code: 55, reason: "going home" };
        expect(await stage.settle(scene.client.closed, "their end")).toEqual({
          by: "peer",
          ...said,
        });
        expect(await stage.settle(scene.server.closed, "our end")).toEqual({
          by: "local",
          ...said,
        });
        const options = { timeout: DIAL_TIMEOUT };
        await expect(scene.to.transport.dial(scene.to.address, options)).rejects.toMatchObject({
          code: "closed",
        });
        await expect(scene.to.transport.listen(stage.anywhere(1))).rejects.toMatchObject({
          code: "closed",
        });
        expect(scene.to.transport.stats().connections).toBe(0);
        expect(seen.length).toBe(0);
        // The address is free again.
        await stage.settle(stage.transport(1).listen(scene.to.address), "listening again");
      }),
    );
  });
}
