import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { ERROR_CODES } from "../../src/base/errors.ts";
import { pattern } from "../contract/probes.ts";
import { Diary, frame, hello, ManualClock, MuxEnd, MuxPair } from "./mux-scene.ts";

/** A pair whose both ends keep a diary. */
function pairOf(...limits: ConstructorParameters<typeof MuxPair>): {
  pair: MuxPair;
  near: Diary;
  far: Diary;
} {
  const pair = new MuxPair(...limits);
  const near = new Diary();
  const far = new Diary();
  pair.near.mux.setHandler(near);
  pair.far.mux.setHandler(far);
  return { pair, near, far };
}

/** An end that has heard the hello of a peer which grants everything. */
function greeted(limits: ConstructorParameters<typeof MuxEnd>[2] = {}): {
  end: MuxEnd;
  diary: Diary;
} {
  const end = new MuxEnd(new ManualClock(), false, limits);
  const diary = new Diary();
  end.receive(hello(15_000, 256, 1 << 20, 1 << 24));
  end.mux.setHandler(diary);
  return { end, diary };
}

const bytesOf = (end: MuxEnd): string => {
  end.turn();
  return end
    .take()
    .map((chunk) => toHex(chunk))
    .join("");
};

/** The streams whose data stands in a chunk, frame by frame. */
function dataOrder(chunk: Uint8Array): number[] {
  const view = Buffer.from(chunk);
  const order: number[] = [];
  for (let at = 0; at < view.length; at += 8 + view.readUInt16BE(at + 1)) {
    if (view[at] === 0x02) order.push(view.readUIntBE(at + 3, 5));
  }
  return order;
}

describe("a multiplexed connection", () => {
  it("says its limits first, whoever dialled, and is there with the peer's", () => {
    const limits = { idleTimeout: 1_000, streamsMax: 2, streamWindow: 3, connectionWindow: 4 };
    const end = new MuxEnd(new ManualClock(), true, limits);
    expect(bytesOf(end)).toBe("0100100000000000000003e8000000020000000300000004");
    expect(end.greetings).toBe(0);
    end.receive(hello(1, 1, 1, 1));
    expect(end.greetings).toBe(1);
  });

  it("writes data, an end, a reset and a stop as docs/protocol.md says", async () => {
    const { end, diary } = greeted();
    bytesOf(end);
    const stream = await end.mux.open();
    diary.watch(stream);
    stream.write(Uint8Array.of(0xaa, 0xbb));
    stream.end();
    expect(bytesOf(end)).toBe("0200020000000001aabb0300000000000001");
    stream.stop(7);
    expect(bytesOf(end)).toBe("050004000000000100000007");
    const other = await end.mux.open();
    other.reset(0x01020304);
    expect(bytesOf(end)).toBe("040004000000000501020304");
    end.mux.close(0x10, "é");
    expect(bytesOf(end)).toBe("0b0006000000000000000010c3a9");
  });

  it("carries streams both ways", async () => {
    const { pair, near, far } = pairOf();
    const stream = await pair.near.mux.open();
    near.watch(stream);
    stream.write(pattern(1, 0, 100_000));
    stream.end();
    pair.run();
    expect(far.lines).toEqual(["stream 0", "end 0 after 100000"]);
    far.streams.get(0)?.write(pattern(2, 0, 50));
    far.streams.get(0)?.end();
    pair.run();
    expect(near.lines).toEqual(["end 0 after 50"]);
    expect(near.bytes.get(0)).toEqual([...pattern(2, 0, 50)]);
  });

  it("answers a stop with a reset, after which nobody knows the stream any more", async () => {
    const { pair, near, far } = pairOf({ streamsMax: 1 });
    const stream = await pair.near.mux.open();
    near.watch(stream);
    stream.write(pattern(1, 0, 10));
    pair.run();
    far.streams.get(0)?.stop(5);
    far.streams.get(0)?.end();
    pair.run();
    expect(near.lines).toEqual(["stop 0: 5", "end 0 after 0"]);
    expect(far.lines).toEqual(["stream 0"]);
    expect((await pair.near.mux.open()).id).toBe(4);
  });

  it("ignores a stop and credit that come when the stream is over", async () => {
    const { end, diary } = greeted();
    end.receive(frame(0x02, 0, [1]));
    end.receive(frame(0x03, 0));
    diary.streams.get(0)?.end();
    end.turn();
    end.receive(frame(0x05, 0, [0, 0, 0, 1]));
    end.receive(frame(0x06, 0, [0, 0, 0, 1, 0, 0]));
    expect(diary.lines).toEqual(["stream 0", "end 0 after 1"]);
  });

  it("lets equals take turns, a frame at a time, behind what is more urgent", async () => {
    const { pair } = pairOf();
    pair.near.holds = true;
    const streams = await Promise.all([0, 1, 2].map(() => pair.near.mux.open()));
    for (const stream of streams) stream.write(pattern(1, 0, 20_000));
    streams[2]?.setPriority(1);
    pair.near.turn();
    expect(pair.near.take().flatMap(dataOrder)).toEqual([8, 8, 0, 4, 0, 4]);
  });

  it("tells the end once, with code and reason, and nothing after it", async () => {
    const { pair, near, far } = pairOf();
    const stream = await pair.near.mux.open();
    near.watch(stream);
    stream.write(pattern(1, 0, 10));
    pair.run();
    pair.far.mux.close(77, "enough");
    pair.far.mux.close(78, "again");
    stream.write(pattern(1, 10, 20));
    pair.run();
    expect(near.closes).toEqual([{ by: "peer", code: 77, reason: "enough" }]);
    expect(far.closes).toEqual([{ by: "local", code: 77, reason: "enough" }]);
    await expect(pair.near.mux.open()).rejects.toMatchObject({ code: "link_lost" });
  });
});

describe("silence on a multiplexed connection", () => {
  it("ends it by the shorter of both timeouts, at both ends", () => {
    const { pair, near, far } = pairOf(
      { idleTimeout: 9_000, keepAlive: 0 },
      { idleTimeout: 2_000, keepAlive: 0 },
    );
    pair.clock.advance(1_999, () => pair.run());
    expect(near.closes).toEqual([]);
    pair.clock.advance(1, () => pair.run());
    const info = { by: "timeout", code: 0, reason: "nothing heard for 2000 ms" };
    expect([near.closes, far.closes]).toEqual([[info], [info]]);
  });

  it("is broken by one end that keeps it alive, because the other answers", () => {
    const { pair, near, far } = pairOf(
      { idleTimeout: 1_000, keepAlive: 300 },
      { idleTimeout: 1_000, keepAlive: 0 },
    );
    pair.clock.advance(60_000, () => pair.run());
    expect([near.closes, far.closes]).toEqual([[], []]);
  });

  it.each([
    [300, 0],
    [0, 300],
  ])(
    "of one end alone does not end it (keep-alive %i of the talker, %i of the listener)",
    async (...keepAlives) => {
      const [talker, listener] = keepAlives.map((keepAlive) => ({ idleTimeout: 1_000, keepAlive }));
      const { pair, near, far } = pairOf(talker, listener);
      const stream = await pair.near.mux.open();
      for (let second = 0; second < 20; second++) {
        for (let step = 0; step < 10; step++) {
          stream.write(Uint8Array.of(1));
          pair.run();
          pair.clock.advance(100, () => pair.run());
        }
      }
      expect([near.closes, far.closes]).toEqual([[], []]);
      expect(far.bytes.get(0)?.length).toBe(200);
    },
  );

  it("is answered once, however often the peer asks before it listens", () => {
    const { end } = greeted();
    bytesOf(end);
    for (let count = 0; count < 1_000; count++) end.receive(frame(0x09, 0));
    expect(bytesOf(end)).toBe("0a00000000000000");
  });
});

describe("flow control of a multiplexed connection", () => {
  const limits = { streamWindow: 10_000, connectionWindow: 25_000, streamsMax: 4 };

  it("holds a writer back at the stream's window, then at the connection's", async () => {
    const { pair, near, far } = pairOf(limits);
    far.onArrival = (stream) => stream.pause();
    const streams = await Promise.all([1, 2, 3].map(() => pair.near.mux.open()));
    for (const stream of streams) near.watch(stream);
    for (const stream of streams) stream.write(pattern(1, 0, 30_000));
    pair.run();
    expect(streams.map((stream) => stream.buffered)).toEqual([20_000, 20_000, 25_000]);
    for (const stream of far.streams.values()) stream.resume();
    pair.run();
    expect(streams.map((stream) => stream.buffered)).toEqual([0, 0, 0]);
    expect([...far.bytes.values()].map((bytes) => bytes.length)).toEqual([30_000, 30_000, 30_000]);
  });

  it("keeps the bytes of a paused stream in few pieces, however they came", () => {
    const { end, diary } = greeted();
    diary.onArrival = (stream) => stream.pause();
    for (let count = 0; count < 200_000; count++) end.receive(frame(0x02, 0, [count & 255]));
    expect(end.pool.lent).toBeLessThan(1 << 20);
    diary.streams.get(0)?.resume();
    end.turn();
    expect(diary.bytes.get(0)?.length).toBe(200_000);
    expect(diary.deliveries).toBe(4);
  });

  it("gives a stream's bytes back to the connection when it is stopped or reset", async () => {
    const { pair, near, far } = pairOf(limits);
    far.onArrival = (stream) => stream.pause();
    for (let round = 0; round < 12; round++) {
      const stream = await pair.near.mux.open();
      near.watch(stream);
      stream.write(pattern(1, 0, 9_000));
      pair.run();
      expect(stream.buffered).toBe(0);
      const arrived = far.streams.get(stream.id);
      if (round % 2 === 0) stream.reset(1);
      else arrived?.stop(1);
      arrived?.end();
      pair.run();
    }
    expect(pair.far.pool.lent).toBe(0);
    expect(near.closes).toEqual([]);
  });

  it("tells a writer that there is room again", async () => {
    const { pair, near, far } = pairOf();
    far.onArrival = (stream) => stream.pause();
    const stream = await pair.near.mux.open();
    near.watch(stream);
    while (stream.write(pattern(1, 0, 65_536)));
    pair.run();
    expect(near.lines).toEqual([]);
    far.streams.get(0)?.resume();
    pair.run();
    expect(near.lines).toEqual(["drain 0"]);
  });
});

describe("a peer of a multiplexed connection that does not keep to the protocol", () => {
  const open = [frame(0x02, 0, [1]), frame(0x03, 0)];

  it.each([
    ["an unknown type", [frame(0x0c, 0)], "unknown_type"],
    ["type 0", [frame(0x00, 0)], "unknown_type"],
    ["a second hello", [hello(1, 1, 1, 1)], "bad_frame"],
    ["a short hello", [frame(0x01, 0, [1])], "bad_frame"],
    ["empty data", [frame(0x02, 0)], "bad_frame"],
    ["data that is too long", [frame(0x02, 0, new Uint8Array(16_377))], "too_large"],
    ["an end with a payload", [frame(0x03, 0, [1])], "too_large"],
    ["a close without a code", [frame(0x0b, 0, [1, 2, 3])], "bad_frame"],
    ["a close with a long reason", [frame(0x0b, 0, new Uint8Array(261))], "too_large"],
    ["a ping of a stream", [frame(0x09, 4)], "bad_frame"],
    ["data behind the end", [...open, frame(0x02, 0, [1])], "bad_frame"],
    ["a second end", [...open, frame(0x03, 0)], "bad_frame"],
    ["a reset behind the end", [...open, frame(0x04, 0, [0, 0, 0, 1])], "bad_frame"],
    ["a stream of ours that is not open", [frame(0x02, 1, [1])], "too_large"],
    ["a stream of no side", [frame(0x02, 2, [1])], "too_large"],
    ["a stream beyond its credit", [frame(0x02, 4 * 256, [1])], "too_large"],
    ["the last stream there could be", [frame(0x03, 2 ** 40 - 1)], "too_large"],
  ] as const)("is told so and closed: %s", (_name, frames, code) => {
    const { end, diary } = greeted();
    bytesOf(end);
    for (const each of frames) end.receive(each);
    const { wire } = ERROR_CODES[code];
    expect(end.info).toMatchObject({ by: "fault", code: wire });
    expect(bytesOf(end)).toContain(wire.toString(16).padStart(8, "0"));
    end.turn();
    expect(diary.closes.length).toBe(1);
    end.receive(frame(0x02, 0, [1]));
    expect(diary.lines.at(-1)).toMatch(/^close/);
  });

  it.each([0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09])(
    "is closed where frame %i comes before its hello",
    (type) => {
      const end = new MuxEnd(new ManualClock(), false);
      const lengths: Record<number, number> = { 2: 1, 5: 4, 6: 6, 7: 6, 8: 6 };
      end.receive(frame(type, 0, new Uint8Array(lengths[type] ?? 0)));
      expect(end.info).toMatchObject({ by: "fault", code: ERROR_CODES.bad_frame.wire });
      expect(end.greetings).toBe(0);
    },
  );

  it("may say farewell before its hello", () => {
    const end = new MuxEnd(new ManualClock(), false);
    end.receive(frame(0x0b, 0, [0, 0, 0, 0x10, 0x68, 0x69]));
    expect(end.info).toEqual({ by: "peer", code: 0x10, reason: "hi" });
  });

  it("is closed with more data than it was granted, on a stream and on the connection", () => {
    const limits = { streamWindow: 10_000, connectionWindow: 15_000 };
    const one = greeted(limits);
    one.diary.onArrival = (stream) => stream.pause();
    one.end.receive(frame(0x02, 0, new Uint8Array(10_001)));
    expect(one.end.info).toMatchObject({ by: "fault", code: ERROR_CODES.too_large.wire });
    const many = greeted(limits);
    many.diary.onArrival = (stream) => stream.pause();
    for (const id of [0, 4]) many.end.receive(frame(0x02, id, new Uint8Array(7_500)));
    expect(many.end.info).toBeUndefined();
    many.end.receive(frame(0x02, 8, [1]));
    expect(many.end.info).toMatchObject({ by: "fault", code: ERROR_CODES.too_large.wire });
  });

  it("that opens and resets streams without listening gets no more than it was granted", () => {
    const { end, diary } = greeted({ streamsMax: 16 });
    for (let id = 0; id < 16 * 4; id += 4) {
      end.receive(frame(0x02, id, [1]));
      end.receive(frame(0x04, id, [0, 0, 0, 1]));
      end.receive(frame(0x05, id, [0, 0, 0, 1]));
    }
    expect(diary.streams.size).toBe(16);
    end.receive(frame(0x02, 16 * 4, [1]));
    expect(end.info).toMatchObject({ by: "fault", code: ERROR_CODES.too_large.wire });
  });

  it("costs only its connection by a handler that throws", () => {
    const { end, diary } = greeted();
    diary.onArrival = () => {
      throw new Error("a bug in a handler");
    };
    end.receive(frame(0x02, 0, [1]));
    expect(end.info).toEqual({
      by: "local",
      code: ERROR_CODES.internal.wire,
      reason: "internal error",
    });
  });
});
