import { describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import type { Stream } from "../../src/transport/transport.ts";
import { askEcho, deferred, echo, pattern, StreamProbe } from "./probes.ts";
import { pair, streamPair } from "./scene.ts";
import type { StageKind, Use } from "./stage.ts";

const MEGABYTE = 1 << 20;

/** Writes `[0, size)` of a pattern in pieces of any size, as fast as the stream takes it. */
async function pour(probe: StreamProbe, key: number, size: number, random: SeededRandom) {
  let at = 0;
  while (at < size) {
    const drained = probe.drained();
    const end = Math.min(size, at + 1 + random.below(70_000));
    const room = probe.stream.write(pattern(key, at, end));
    at = end;
    if (!room) await drained;
  }
  probe.stream.end();
}

export function streamContract(stageKind: StageKind, use: Use): void {
  describe(`streams of the ${stageKind.kind} driver`, () => {
    it.each([
      [1, {}],
      [2, {}],
      [3, { streamWindow: 256 << 10, connectionWindow: 384 << 10 }],
    ])(
      "carry megabytes both ways at once, in order, whatever the pieces (seed %i, limits %j)",
      (seed, limits) =>
        use(async (stage) => {
          const random = new SeededRandom(seed);
          const both = await streamPair(stage, await pair(stage, { limits }), { near: 5, far: 9 });
          both.far.onBytes = () => {
            if (random.below(4) > 0) return;
            both.far.stream.pause();
            queueMicrotask(() => both.far.stream.resume());
          };
          const size = 3 * MEGABYTE + random.below(1_000);
          await stage.settle(
            Promise.all([
              pour(both.near, 9, size, random),
              pour(both.far, 5, size, random),
              both.near.ended,
              both.far.ended,
            ]),
            "both ways",
          );
          expect([both.near.size, both.far.size]).toEqual([size, size]);
          expect([both.near.wrongAt, both.far.wrongAt]).toEqual([undefined, undefined]);
        })(),
    );

    it(
      "copy what is written before `write` returns",
      use(async (stage) => {
        const both = await streamPair(stage, await pair(stage));
        const bytes = pattern(3, 0, 5_000);
        both.near.stream.write(bytes, 100, 4_900);
        bytes.fill(0xff);
        await stage.settle(both.far.received(4_800), "the bytes");
        expect(both.far.bytes).toEqual(pattern(3, 100, 4_900));
      }),
    );

    it(
      "send together what is written in one turn",
      use(async (stage) => {
        const { client, server, from, to } = await pair(stage);
        const both = await streamPair(stage, { client, server, from, to });
        const before = from.stats().datagramsSent;
        for (let at = 0; at < 1_000; at++) both.near.stream.write(pattern(1, at, at + 1));
        await stage.settle(both.far.received(1_000), "the bytes");
        expect(from.stats().datagramsSent - before).toBeLessThan(10);
      }),
    );

    it(
      "open at the peer with the first byte written, in the order of their opening",
      use(async (stage) => {
        const { client, server } = await pair(stage);
        client.take = echo;
        const streams = await stage.settle(
          Promise.all([1, 2, 3].map(() => client.connection.open())),
          "three streams",
        );
        expect(new Set(streams.map((stream) => stream.id)).size).toBe(3);
        await stage.settle(askEcho(server.connection), "an exchange meanwhile");
        expect(server.streams.length).toBe(0);
        streams.forEach((stream, at) => {
          stream.write(pattern(at, 0, 10 + at));
          stream.end();
        });
        for (const at of [0, 1, 2]) {
          const arrived = await stage.settle(server.streams.take(), "a stream");
          const far = new StreamProbe(arrived, at);
          await stage.settle(far.ended, "its end");
          expect([far.size, far.wrongAt]).toEqual([10 + at, undefined]);
        }
      }),
    );

    it(
      "can be opened from both sides",
      use(async (stage) => {
        const { client, server } = await pair(stage);
        const ours = await stage.settle(server.connection.open(), "open");
        ours.write(pattern(7, 0, 50));
        const far = new StreamProbe(await stage.settle(client.streams.take(), "the stream"), 7);
        await stage.settle(far.received(50), "its bytes");
        expect(far.wrongAt).toBeUndefined();
      }),
    );

    it(
      "end one way and live on the other",
      use(async (stage) => {
        const both = await streamPair(stage, await pair(stage), { near: 4 });
        both.near.stream.end();
        both.near.stream.write(pattern(1, 0, 10));
        await stage.settle(both.far.ended, "the end");
        expect(both.far.size).toBe(0);
        both.far.stream.write(pattern(4, 0, 100_000));
        both.far.stream.end();
        await stage.settle(both.near.ended, "the answer's end");
        expect(both.near.size).toBe(100_000);
        expect(both.near.wrongAt).toBeUndefined();
      }),
    );

    it(
      "tell the peer of a reset with its code, once, and of no end",
      use(async (stage) => {
        const both = await streamPair(stage, await pair(stage));
        both.near.stream.reset(0x1234);
        both.near.stream.reset(7);
        both.near.stream.write(pattern(1, 0, 10));
        expect(await stage.settle(both.far.reset, "the reset")).toBe(0x1234);
        both.far.stream.write(pattern(1, 0, 10));
        both.far.stream.end();
        await stage.settle(both.near.ended, "the other way's end");
        expect(both.near.size).toBe(10);
        expect(both.far.events).toEqual(["reset 4660"]);
      }),
    );

    it(
      "tell the peer of a stop with its code and ignore what it writes then",
      use(async (stage) => {
        const scene = await pair(stage, { echoes: false });
        const both = await streamPair(stage, scene);
        both.far.stream.stop(99);
        expect(await stage.settle(both.near.stopped, "the stop")).toBe(99);
        expect(both.near.stream.write(pattern(1, 0, MEGABYTE))).toBe(true);
        expect(both.near.stream.buffered).toBe(0);
        both.far.stream.write(pattern(2, 0, 10));
        both.far.stream.end();
        await stage.settle(both.near.ended, "the other way's end");
        expect(both.near.bytes).toEqual(pattern(2, 0, 10));
        expect(both.far.size).toBe(0);
      }),
    );

    it(
      "tell of a stop that came before anybody listened, once, and take no more writes",
      use(async (stage) => {
        const { client, server } = await pair(stage);
        client.take = echo;
        const ours = await stage.settle(client.connection.open(), "open");
        ours.write(pattern(1, 0, 10));
        const theirs = await stage.settle(server.streams.take(), "the stream");
        theirs.stop(99);
        await stage.settle(askEcho(server.connection), "an exchange behind the stop");
        ours.write(pattern(1, 0, 10));
        expect(ours.buffered).toBe(0);
        ours.pause();
        const near = new StreamProbe(ours);
        expect(await stage.settle(near.stopped, "the stop")).toBe(99);
        await stage.settle(askEcho(server.connection), "another exchange");
        expect(near.events).toEqual(["stop 99"]);
      }),
    );

    it(
      "let a higher priority leave first",
      use(async (stage) => {
        const scene = await pair(stage);
        const low = await streamPair(stage, scene);
        const high = await streamPair(stage, scene);
        high.near.stream.setPriority(5);
        let lowBefore: number | undefined;
        high.far.onBytes = () => {
          lowBefore ??= low.far.size;
        };
        low.near.stream.write(pattern(1, 0, 200_000));
        high.near.stream.write(pattern(2, 0, 500));
        await stage.settle(high.far.received(500), "the urgent bytes");
        await stage.settle(low.far.received(200_000), "the others");
        expect(lowBefore).toBeLessThan(100_000);
      }),
    );
  });

  describe(`back-pressure of the ${stageKind.kind} driver`, () => {
    const limits = { streamWindow: 128 << 10, connectionWindow: MEGABYTE };

    it(
      "bounds what a writer can pile up before a paused reader, and spares other streams",
      use(async (stage) => {
        const scene = await pair(stage, { limits });
        const both = await streamPair(stage, scene, { far: 6 });
        both.far.stream.pause();
        scene.server.take = (stream: Stream) => {
          const probe = new StreamProbe(stream);
          probe.onBytes = (bytes) => stream.write(bytes);
          void probe.ended.then(() => stream.end());
        };
        let written = 0;
        let stuck = false;
        const write = (): void => {
          while (!stuck && both.near.stream.write(pattern(6, written, written + 16_384))) {
            written += 16_384;
          }
          if (!stuck) written += 16_384;
        };
        both.near.onDrain = write;
        write();
        expect(both.near.stream.buffered).toBeGreaterThan(256 << 10);
        for (let round = 0; round < 20; round++) {
          await stage.settle(askEcho(scene.client.connection, round), "an echo beside it");
        }
        stuck = true;
        // Window, the 256 KiB of `buffered`, and what the driver itself holds.
        expect(written).toBeLessThan((128 << 10) + (256 << 10) + 2 * MEGABYTE);
        expect(both.near.stream.buffered).toBeGreaterThan(256 << 10);
        expect(both.near.stream.buffered).toBeLessThanOrEqual((256 << 10) + 16_384);
        expect(both.far.size).toBe(0);

        const drained = deferred<void>();
        both.near.onDrain = () => drained.resolve();
        both.far.stream.resume();
        await stage.settle(drained.promise, "room again");
        await stage.settle(both.far.received(written), "all that was written");
        expect(both.far.size).toBe(written);
        expect(both.far.wrongAt).toBeUndefined();
        expect(both.near.stream.buffered).toBe(0);
      }),
    );

    it(
      "lets a stopped stream give back the room it took",
      use(async (stage) => {
        const scene = await pair(stage, { limits });
        // Twelve times the window of a stream is more than that of the connection.
        for (let round = 0; round < 12; round++) {
          const both = await streamPair(stage, scene);
          both.far.stream.pause();
          both.near.stream.write(pattern(1, 0, 120_000));
          if (round % 2 === 0) {
            // An exchange on another stream: what was written has arrived before the stop.
            const other = await streamPair(stage, scene);
            other.near.stream.end();
            await stage.settle(other.far.ended, "the other stream");
          }
          both.far.stream.stop(1);
          await stage.settle(both.near.stopped, `stop ${round}`);
        }
        const both = await streamPair(stage, scene, { far: 2 });
        both.near.stream.write(pattern(2, 0, 100_000));
        await stage.settle(both.far.received(100_000), "bytes of the last");
        expect(both.far.wrongAt).toBeUndefined();
      }),
    );
  });

  describe(`stream credit of the ${stageKind.kind} driver`, () => {
    it(
      "lets 10,000 streams through one connection, 256 at a time",
      { timeout: 60_000 },
      use(async (stage) => {
        let open = 0;
        let most = 0;
        let served = 0;
        const scene = await pair(stage);
        scene.server.take = (stream) => {
          open += 1;
          most = Math.max(most, open);
          const probe = new StreamProbe(stream);
          probe.onBytes = (bytes) => stream.write(bytes);
          void probe.ended.then(() => {
            stream.end();
            open -= 1;
            served += 1;
          });
        };
        const all = Array.from({ length: 10_000 }, (_, n) =>
          askEcho(scene.client.connection, n, 8),
        );
        await stage.settle(Promise.all(all), "10,000 echoes");
        expect(served).toBe(10_000);
        expect(most).toBeLessThanOrEqual(256);
        expect(most).toBeGreaterThan(16);
      }),
    );

    it(
      "makes `open` wait for an end, a signal or the connection's end",
      use(async (stage) => {
        const scene = await pair(stage, { limits: { streamsMax: 1 } });
        const first = await streamPair(stage, scene);
        const waiting = scene.client.connection.open();
        const abort = new AbortController();
        const cancelled = scene.client.connection.open(abort.signal);
        const lost = scene.client.connection.open();
        abort.abort();
        await expect(stage.settle(cancelled, "the cancelled one")).rejects.toMatchObject({
          code: "cancelled",
        });
        await expect(
          stage.settle(scene.client.connection.open(AbortSignal.abort()), "one cancelled before"),
        ).rejects.toMatchObject({ code: "cancelled" });
        first.near.stream.end();
        first.far.stream.end();
        const second = await stage.settle(waiting, "the second stream");
        expect(second.id).not.toBe(first.near.stream.id);
        const failed = expect(lost).rejects.toBeInstanceOf(MeshError);
        scene.client.connection.close(1, "enough");
        await stage.settle(failed, "the third");
        await expect(lost).rejects.toMatchObject({ code: "link_lost" });
      }),
    );
  });
}
