import { describe, expect, it } from "vitest";

const load = async (name: string): Promise<unknown> =>
  await import(new URL(`../../bench/${name}.mjs`, import.meta.url).href);

const { median, medians, quantile, rounded } = (await load("figures")) as {
  median(values: readonly (number | null)[]): number | null;
  medians(objects: readonly object[]): unknown;
  quantile(sorted: readonly number[], part: number): number;
  rounded(value: number): number;
};
const { judged } = (await load("gates")) as { judged(gates: object, result: object): unknown };
const { Load } = (await load("load")) as {
  Load: new (
    shape: { inFlight: number; seconds: number },
    begin: (slot: number) => void,
  ) => {
    readonly figures: Promise<{ calls: number; callsPerSecond: number; p50Us: number }>;
    start(): void;
    finished(slot: number): void;
    failed(error: Error): void;
  };
};
const { FRAME_BYTES, FrameCutter, makeFrame, readSlot, writeSlot } = (await load(
  "bare-frames",
)) as {
  FRAME_BYTES: number;
  FrameCutter: new (
    onFrame: (bytes: Uint8Array, start: number) => void,
  ) => { push(bytes: Uint8Array, start: number, end: number): void };
  makeFrame(): Uint8Array;
  readSlot(bytes: Uint8Array, start: number): number;
  writeSlot(frame: Uint8Array, slot: number): void;
};

describe("figures", () => {
  it("have the middle one as their median, whatever their order", () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it("have no median where one is missing", () => {
    expect(median([])).toBeNull();
    expect(median([1, null, 3])).toBeNull();
  });

  it("are taken field by field", () => {
    const runs = [1, 3, 2].map((x) => ({ a: x, b: { c: 10 * x, none: null } }));
    expect(medians(runs)).toEqual({ a: 2, b: { c: 20, none: null } });
  });

  it("are read off where a part of the values lies below", () => {
    const values = Array.from({ length: 100 }, (_, at) => at);
    expect(quantile(values, 0.5)).toBe(50);
    expect(quantile(values, 0.99)).toBe(99);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it("are printed as exactly as they were measured", () => {
    expect([123_456.7, 45.67, 4.567].map(rounded)).toEqual([123_457, 45.7, 4.57]);
  });
});

describe("a gate", () => {
  const gates = {
    rate: { of: (it: { rate?: number | null }) => it.rate, gate: 100, aim: 200 },
    time: { of: (it: { time?: number | null }) => it.time, gate: 45, aim: 31, most: true },
  };

  it("is met from its own value on, to its side", () => {
    expect(judged(gates, { rate: 100, time: 45 })).toMatchObject({
      rate: { value: 100, gate: 100, aim: 200, met: true },
      time: { value: 45, gate: 45, aim: 31, met: true },
    });
    expect(judged(gates, { rate: 99, time: 46 })).toMatchObject({
      rate: { met: false },
      time: { met: false },
    });
  });

  it("is not met by what could not be measured, and absent where nothing was to be", () => {
    expect(judged(gates, { time: null })).toEqual({
      time: { value: null, gate: 45, aim: 31, met: false },
    });
  });
});

describe("a load", () => {
  it("keeps its number of requests in flight, each answer starting the next", async () => {
    const open = new Set<number>();
    let most = 0;
    const run = new Load({ inFlight: 4, seconds: 0.01 }, (slot) => {
      expect(open.has(slot)).toBe(false);
      open.add(slot);
      most = Math.max(most, open.size);
      setImmediate(() => {
        open.delete(slot);
        run.finished(slot);
      });
    });
    run.start();
    const figures = await run.figures;
    expect(most).toBe(4);
    expect(open.size).toBe(0);
    expect(figures.calls).toBeGreaterThan(4);
    expect(figures.callsPerSecond).toBeGreaterThan(0);
    expect(figures.p50Us).toBeGreaterThan(0);
  });

  it("fails with the first request that does", async () => {
    const run = new Load({ inFlight: 2, seconds: 1 }, () => undefined);
    run.start();
    run.failed(new Error("lost"));
    await expect(run.figures).rejects.toThrow("lost");
  });
});

describe("bare frames", () => {
  it("come out whole and in order, however the stream is cut", () => {
    const count = 5;
    const sent = new Uint8Array(count * FRAME_BYTES);
    for (let slot = 0; slot < count; slot++) {
      const frame = makeFrame();
      writeSlot(frame, 70_000 + slot);
      sent.set(frame, slot * FRAME_BYTES);
    }
    for (const step of [1, 7, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 500]) {
      const slots: number[] = [];
      const cutter = new FrameCutter((bytes, start) => slots.push(readSlot(bytes, start)));
      for (let at = 0; at < sent.length; at += step) {
        cutter.push(sent, at, Math.min(sent.length, at + step));
      }
      expect(slots).toEqual([70_000, 70_001, 70_002, 70_003, 70_004]);
    }
  });

  it("of another length are refused", () => {
    const cutter = new FrameCutter(() => undefined);
    expect(() => cutter.push(new Uint8Array(FRAME_BYTES), 0, FRAME_BYTES)).toThrow("length");
  });
});
