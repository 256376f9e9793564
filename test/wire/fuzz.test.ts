import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { type ErrorCode, MeshError } from "../../src/base/errors.ts";
import { readCertificate } from "../../src/identity/certificate.ts";
import { HEADER_BYTES } from "../../src/wire/frame.ts";
import { RouteView } from "../../src/wire/route-frame.ts";
import { FrameSplitter } from "../../src/wire/splitter.ts";
import { decodeValue } from "../../src/wire/value.ts";
import { Dice, mutant } from "./mutate.ts";
import { frameOf, SAMPLES } from "./samples.ts";

/** Mutated frames of one run. */
const FRAMES = Number(process.env.MACULA_FUZZ_FRAMES ?? 100_000);
const SEED = Number(process.env.MACULA_FUZZ_SEED ?? 1);

/** Codes that reading hostile bytes may end with. */
const EXPECTED = new Set<ErrorCode>([
  "bad_frame",
  "too_large",
  "unsupported_version",
  "unknown_type",
]);

const corpus = SAMPLES.map(frameOf);
type Read = (bytes: Uint8Array, start: number, end: number) => unknown;
const readers = new Map<number, Read[]>();
for (const { type, read } of SAMPLES) readers.set(type, [...(readers.get(type) ?? []), read]);

const view = new RouteView();

/** Passes a route frame on as far as it may go and reads all that a hop and its end may read. */
function walkRoute(bytes: Uint8Array, start: number, end: number): void {
  view.read(bytes, start, end);
  while (view.hopCount < view.slots && view.hopCount < view.maxHops) view.passOn(0xffff);
  view.returnLabels();
  view.read(bytes, start, end);
}

class Run {
  readonly codes = new Map<string, number>();
  frames = 0;
  #fed: Uint8Array = new Uint8Array(0);

  /** Runs `action`; what it throws must be a refusal of hostile bytes. */
  attempt(action: () => unknown): void {
    let outcome = "read";
    try {
      action();
    } catch (cause) {
      if (!(cause instanceof MeshError && EXPECTED.has(cause.code))) {
        throw new Error(`fed ${toHex(this.#fed)}: ${cause}`, { cause });
      }
      outcome = cause.code;
    }
    this.codes.set(outcome, (this.codes.get(outcome) ?? 0) + 1);
  }

  /** Everything a node would do with the bytes of one stream. */
  feed(bytes: Uint8Array, dice: Dice): void {
    const splitter = new FrameSplitter((it, start, end) => this.#frame(it, start, end));
    this.#fed = bytes;
    const cut = dice.below(bytes.length + 1);
    this.attempt(() => {
      splitter.push(bytes, 0, cut);
      splitter.push(bytes, cut, bytes.length);
    });
    if (bytes.length > HEADER_BYTES) {
      const from = HEADER_BYTES + dice.below(bytes.length - HEADER_BYTES);
      this.attempt(() => decodeValue(bytes, from, bytes.length));
    }
  }

  #frame(bytes: Uint8Array, start: number, end: number): void {
    this.frames += 1;
    const type = bytes[start + 1] as number;
    for (const read of readers.get(type) ?? []) {
      this.attempt(() => read(bytes, start + HEADER_BYTES, end));
    }
    this.attempt(() => walkRoute(bytes, start, end));
  }
}

/** Bytes of heap in use, after a collection where one can be asked for. */
function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

describe("mutated frames", () => {
  // Most mutants end in an error, and its stack would take most of the time; a failure shows the bytes instead.
  const limit = Error.stackTraceLimit;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = limit;
  });

  it(`are read or refused, ${FRAMES} of them, and nothing else happens`, {
    timeout: 120_000,
  }, () => {
    const dice = new Dice(SEED);
    const run = new Run();
    const feed = (count: number) => {
      for (let at = 0; at < count; at++) run.feed(mutant(corpus, dice), dice);
    };
    feed(10_000);
    const before = heapUsed();
    feed(FRAMES - 10_000);
    const grown = heapUsed() - before;

    expect(grown).toBeLessThan(64 << 20);
    // A fuzzer that is stopped at the header tests nothing: payloads are reached, read and refused in numbers.
    expect(run.frames).toBeGreaterThan(FRAMES / 3);
    for (const code of ["read", ...EXPECTED]) {
      expect(run.codes.get(code) ?? 0, code).toBeGreaterThan(FRAMES / 1_000);
    }
  });

  it("leave what is read after them unharmed", () => {
    const dice = new Dice(SEED + 1);
    const run = new Run();
    for (let at = 0; at < 1_000; at++) {
      run.feed(mutant(corpus, dice), dice);
      const sample = dice.pick(SAMPLES);
      const frame = frameOf(sample);
      expect(sample.read(frame, HEADER_BYTES, frame.length)).toEqual(sample.message);
    }
  });
});

describe("random certificates", () => {
  it("are refused", () => {
    const dice = new Dice(SEED);
    for (let at = 0; at < 2_000; at++) {
      const der = Uint8Array.from({ length: dice.below(400) }, () => dice.below(256));
      expect(() => readCertificate(der)).toThrow(MeshError);
    }
  });
});
