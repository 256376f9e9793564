import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import {
  bucketIndex,
  compareDistance,
  compareIds,
  distance,
  ID_BYTES,
  idNumber,
  idText,
  leadingZeros,
  parseNodeId,
  sameId,
  shortId,
  toNodeId,
} from "../../src/base/id.ts";
import { failure } from "./failure.ts";
import fc from "./property.ts";
import { binary, reference } from "./reference.ts";
import { farId, tinyId } from "./tiny.ts";

const anyId = () => fc.uint8Array({ minLength: ID_BYTES, maxLength: ID_BYTES });

describe("a node id", () => {
  it("has 32 bytes", () => {
    expect(failure(() => toNodeId(new Uint8Array(31)))).toBe("bad_frame");
    expect(failure(() => toNodeId(new Uint8Array(33)))).toBe("bad_frame");
    expect(toNodeId(new Uint8Array(32))).toHaveLength(32);
  });

  it("is shown as 64 digits, or by its first 8", () => {
    expect(idText(tinyId(0xab))).toBe(`${"0".repeat(62)}ab`);
    expect(shortId(farId(0xab))).toBe("ab000000");
  });

  it("is read from what it is shown as, in either case", () => {
    fc.assert(fc.property(anyId(), (id) => sameId(parseNodeId(toHex(id).toUpperCase()), id)));
  });

  it.each(["", "ab", "0".repeat(63), "0".repeat(66), "g".repeat(64), `${"0".repeat(62)}é`])(
    "is not %j",
    (text) => {
      expect(failure(() => parseNodeId(text))).toBe("bad_config");
    },
  );

  it("is quoted in part where it is very wrong", () => {
    expect(() => parseNodeId("z".repeat(10_000))).toThrow(/^.{0,160}$/);
  });
});

describe("distance", () => {
  it("is the exclusive or", () => {
    expect(distance(tinyId(0b0101), tinyId(0b0011))).toEqual(tinyId(0b0110));
  });

  it("is a metric", () => {
    fc.assert(
      fc.property(anyId(), anyId(), anyId(), (a, b, c) => {
        expect(leadingZeros(distance(a, a))).toBe(256);
        expect(distance(a, b)).toEqual(distance(b, a));
        expect(distance(distance(a, b), distance(b, c))).toEqual(distance(a, c));
      }),
    );
  });
});

describe("the order by distance", () => {
  it("puts the nearer one first", () => {
    expect(compareDistance(tinyId(10), tinyId(8), tinyId(9))).toBeLessThan(0);
    expect(compareDistance(tinyId(10), tinyId(4), tinyId(9))).toBeGreaterThan(0);
    expect(compareDistance(tinyId(10), tinyId(9), tinyId(9))).toBe(0);
  });

  it("is that of the distances themselves", () => {
    fc.assert(
      fc.property(anyId(), anyId(), anyId(), (target, a, b) => {
        const expected = compareIds(distance(target, a), distance(target, b));
        expect(Math.sign(compareDistance(target, a, b))).toBe(Math.sign(expected));
      }),
    );
  });

  it("never calls two different ids alike", () => {
    fc.assert(
      fc.property(anyId(), anyId(), anyId(), (target, a, b) => {
        expect(compareDistance(target, a, b) === 0).toBe(sameId(a, b));
      }),
    );
  });
});

describe("the number of an id", () => {
  it("is exact and the same for equal ids", () => {
    fc.assert(
      fc.property(anyId(), (id) => {
        const number = idNumber(id);
        expect(number).toBe(idNumber(id.slice()));
        expect(Number.isInteger(number) && number >= 0 && number < 2 ** 52).toBe(true);
      }),
    );
  });

  it("depends on every byte", () => {
    const numbers = Array.from({ length: ID_BYTES }, (_, at) => {
      const id = new Uint8Array(ID_BYTES);
      id[at] = 1;
      return idNumber(id);
    });
    expect(new Set([0, ...numbers]).size).toBe(ID_BYTES + 1);
  });
});

describe("the bucket", () => {
  it("counts leading zero bits of the distance", () => {
    expect(bucketIndex(tinyId(0), farId(0x80))).toBe(0);
    expect(bucketIndex(tinyId(0), farId(0x01))).toBe(7);
    expect(bucketIndex(tinyId(0), tinyId(1))).toBe(255);
    expect(bucketIndex(tinyId(5), tinyId(5))).toBe(256);
  });

  it("is that of every single set bit", () => {
    for (let bit = 0; bit < 256; bit++) {
      const id = new Uint8Array(ID_BYTES);
      id[bit >> 3] = 0x80 >> (bit & 7);
      expect(leadingZeros(id)).toBe(bit);
    }
  });
});

/*
 * The original hashes whatever is not 32 bytes long ("client", "short") into an id. Here an id is a public
 * key and nothing else, so those rows are refused where ids enter instead of being compared.
 */
describe("the original's results", () => {
  const ids = (input: readonly unknown[]) => input.map(binary) as [Uint8Array, Uint8Array];
  const whole = (input: readonly unknown[]) => input.every((it) => binary(it).length === ID_BYTES);

  it("of distance are ours", () => {
    const rows = reference("distance/2").filter((row) => whole(row.input));
    expect(rows).toHaveLength(10);
    for (const row of rows) expect(distance(...ids(row.input))).toEqual(binary(row.output));
  });

  it("of bucket_index are ours, except that oneself has 256 and no bucket", () => {
    const rows = reference("bucket_index/2").filter((row) => whole(row.input));
    expect(rows).toHaveLength(9);
    for (const row of rows) {
      const [self, other] = ids(row.input);
      expect(bucketIndex(self, other)).toBe(sameId(self, other) ? 256 : row.output);
    }
  });

  it("of leading_zeros are ours, whatever the length", () => {
    for (const row of reference("leading_zeros/1")) {
      expect(leadingZeros(binary(row.input[0]))).toBe(row.output);
    }
  });

  it("of closer_to and compare are ours", () => {
    for (const row of reference("closer_to/3")) {
      const [target, a, b] = row.input.map(binary) as [Uint8Array, Uint8Array, Uint8Array];
      expect(compareDistance(target, a, b) < 0).toBe(row.output);
    }
    for (const row of reference("compare/3")) {
      const [target, a, b] = row.input.map(binary) as [Uint8Array, Uint8Array, Uint8Array];
      expect(compareDistance(target, a, b)).toBeGreaterThan(0);
      expect(row.output).toBe("greater");
    }
  });

  it("for names are refused here", () => {
    const names = ["distance/2", "bucket_index/2"].flatMap((name) =>
      reference(name).filter((row) => !whole(row.input)),
    );
    expect(names).toHaveLength(4);
    for (const row of names) {
      const name = row.input.map(binary).find((it) => it.length !== ID_BYTES) as Uint8Array;
      expect(failure(() => toNodeId(name))).toBe("bad_frame");
    }
  });
});
