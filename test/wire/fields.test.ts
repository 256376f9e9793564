import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { FieldReader } from "../../src/wire/reader.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";

function written(write: (writer: FrameWriter) => void): Uint8Array {
  const writer = new FrameWriter();
  writer.beginBare();
  write(writer);
  return writer.copy();
}

function reader(bytes: Uint8Array | string): FieldReader {
  const given = typeof bytes === "string" ? (fromHex(bytes) as Uint8Array) : bytes;
  return new FieldReader(given, 0, given.length);
}

/** Numbers around every power of two up to 2^53 − 1. */
const BOUNDARIES = [
  ...new Set(
    Array.from({ length: 54 }, (_, power) => 2 ** power).flatMap((at) => [at - 1, at, at + 1]),
  ),
].filter(Number.isSafeInteger);

function shortest(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 8) return 2;
  if (value < 2 ** 16) return 3;
  return value < 2 ** 32 ? 5 : 9;
}

describe("a number", () => {
  it.each(BOUNDARIES)("%i comes back in its shortest form", (value) => {
    const bytes = written((writer) => writer.uint(value));
    expect(bytes).toHaveLength(shortest(value));
    const read = reader(bytes);
    expect(read.uint()).toBe(value);
    read.done();
  });

  it("beyond its limit is refused", () => {
    expect(reader("cc80").uint(128)).toBe(128);
    expect(failure(() => reader("cc80").uint(127))).toBe("bad_frame");
  });

  it.each(["cc7f", "cd00ff", "ce0000ffff", "cf00000000ffffffff", "cf0000000000000001"])(
    "in a longer form than needed is refused: %s",
    (hex) => {
      expect(failure(() => reader(hex).uint())).toBe("bad_frame");
    },
  );

  it.each(["cf0020000000000000", "cf0020000000000001", "cfffffffffffffffff"])(
    "beyond 2^53 − 1 is refused: %s",
    (hex) => {
      expect(failure(() => reader(hex).uint())).toBe("bad_frame");
    },
  );

  it.each([
    "ff",
    "d0ff",
    "d3ffffffffffffffff",
    "ca3f800000",
    "cb3ff0000000000000",
    "c0",
    "c2",
    "90",
    "a0",
    "c400",
  ])("is not %s", (hex) => {
    expect(failure(() => reader(hex).uint())).toBe("bad_frame");
  });
});

describe("an array", () => {
  it.each([0, 1, 15, 16, 17, 255, 256, 65_535])("of %i comes back", (count) => {
    const bytes = written((writer) => writer.array(count));
    expect(bytes).toHaveLength(count < 16 ? 1 : 3);
    expect(reader(bytes).array(count)).toBe(count);
  });

  it("of fewer or more than wanted is refused", () => {
    expect(failure(() => reader("92").array(3))).toBe("bad_frame");
    expect(failure(() => reader("92").array(0, 1))).toBe("bad_frame");
    expect(reader("92").array(1, 2)).toBe(2);
  });

  it.each(["dc000f", "dd00000010", "80", "c0", "01"])("is not %s", (hex) => {
    expect(failure(() => reader(hex).array(0, 65_535))).toBe("bad_frame");
  });
});

describe("a byte string", () => {
  it.each([0, 1, 31, 32, 255, 256, 65_535, 65_536])("of %i comes back", (length) => {
    const bytes = new Uint8Array(length).fill(7);
    const read = reader(written((writer) => writer.bin(bytes)));
    expect(read.bin(length)).toEqual(bytes);
    read.done();
  });

  it("of more than its limit is refused before it is looked for", () => {
    expect(() => reader("c6ffffffff").bin(1_024)).toThrow("4294967295 bytes, the limit is 1024");
    expect(failure(() => reader("c402ffff").bin(1))).toBe("bad_frame");
  });

  it("of another length than a fixed one is refused", () => {
    expect(failure(() => reader("c402ffff").fixed(3))).toBe("bad_frame");
    expect(reader("c402ffff").fixed(2)).toEqual(Uint8Array.of(255, 255));
  });

  it.each(["c500ff", "c60000ffff", "a161", "01", "c0"])("is not %s…", (hex) => {
    expect(failure(() => reader(hex.padEnd(200_000, "0")).bin(100_000))).toBe("bad_frame");
  });

  it("is a view of the frame", () => {
    const bytes = written((writer) => writer.bin(Uint8Array.of(1, 2)));
    expect(reader(bytes).bin(2).buffer).toBe(bytes.buffer);
  });
});

describe("a text", () => {
  it.each([0, 1, 31, 32, 255, 256, 65_535])("of %i bytes comes back", (length) => {
    const text = "x".repeat(length);
    const read = reader(written((writer) => writer.str(text)));
    expect(read.str(length)).toBe(text);
    read.done();
  });

  it("comes back whatever its characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(reader(written((writer) => writer.str(text))).str(65_535)).toBe(text);
      }),
    );
  });

  it("is measured in bytes", () => {
    expect(reader("a2c3a9").str(2)).toBe("é");
    expect(failure(() => reader("a2c3a9").str(1))).toBe("bad_frame");
  });

  it.each(["d91f", "da00ff", "db00010000", "c401", "01", "c0"])("is not %s…", (hex) => {
    expect(failure(() => reader(hex.padEnd(200_000, "0")).str(100_000))).toBe("bad_frame");
  });

  it.each(["a1ff", "a2c080", "a3eda080"])("is UTF-8 and not %s", (hex) => {
    expect(failure(() => reader(hex).str(100))).toBe("bad_frame");
  });
});

describe("a boolean and a nil", () => {
  it("come back", () => {
    const bytes = written((writer) => {
      writer.bool(true);
      writer.bool(false);
      writer.nil();
    });
    expect(toHex(bytes)).toBe("c3c2c0");
    const read = reader(bytes);
    expect([read.bool(), read.nil(), read.bool(), read.nil(), read.nil()]).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    read.done();
  });

  it.each(["c0", "01", "00", "90"])("a boolean is not %s", (hex) => {
    expect(failure(() => reader(hex).bool())).toBe("bad_frame");
  });
});

describe("a reader", () => {
  it("stops at its end, not at that of the bytes", () => {
    const bytes = fromHex("cdffffcc80") as Uint8Array;
    expect(failure(() => new FieldReader(bytes, 0, 2).uint())).toBe("bad_frame");
    expect(failure(() => new FieldReader(bytes, 3, 4).uint())).toBe("bad_frame");
    expect(failure(() => new FieldReader(bytes, 5, 5).uint())).toBe("bad_frame");
  });

  it("says how much is left over", () => {
    expect(() => reader("0102").done()).toThrow("2 bytes too many");
  });
});

describe("a writer", () => {
  it("grows and keeps what it has", () => {
    const bytes = written((writer) => {
      for (let at = 0; at < 5_000; at++) writer.uint8(at & 0x7f);
    });
    expect(bytes).toEqual(Uint8Array.from({ length: 5_000 }, (_, at) => at & 0x7f));
  });

  it("gives a large buffer back with the next frame", () => {
    const writer = new FrameWriter();
    writer.begin();
    writer.raw(new Uint8Array(1 << 20));
    expect(writer.bytes.length).toBeGreaterThan(1 << 20);
    writer.begin();
    expect(writer.bytes).toHaveLength(64 << 10);
  });

  it("starts each frame behind an empty header and bare bytes at the front", () => {
    const writer = new FrameWriter();
    writer.begin();
    expect(writer.at).toBe(8);
    writer.uint(1);
    writer.finish(0x03);
    expect(toHex(writer.copy())).toBe("020300000000000101");
    writer.beginBare();
    expect(writer.at).toBe(0);
  });

  it("hands out copies", () => {
    const writer = new FrameWriter();
    writer.beginBare();
    writer.uint(1);
    const first = writer.copy();
    writer.beginBare();
    writer.uint(2);
    expect(first).toEqual(Uint8Array.of(1));
  });
});
