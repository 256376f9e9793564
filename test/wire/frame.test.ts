import { describe, expect, it } from "vitest";
import {
  HEADER_BYTES,
  isDataType,
  readHeader,
  readUint16,
  readUint32,
  TYPE,
  writeHeader,
  writeUint16,
  writeUint32,
} from "../../src/wire/frame.ts";
import { BODY_MAX, CONTROL_PAYLOAD_MAX, DATA_PAYLOAD_MAX } from "../../src/wire/limits.ts";
import { failure } from "../base/failure.ts";

const DATA = new Set<number>([TYPE.call, TYPE.reply, TYPE.cast, TYPE.rpcRoute]);
const types = Object.values(TYPE);

function header(type: number, length: number, version = 2): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeHeader(bytes, 0, type, length);
  bytes[0] = version;
  return bytes;
}

describe("a frame header", () => {
  it("is version, type, two zero bytes and a big-endian length", () => {
    expect(header(TYPE.call, 0x01_02_03)).toEqual(Uint8Array.of(2, 0x20, 0, 0, 0, 1, 2, 3));
  });

  it("is read for every type", () => {
    for (const type of types) expect(readHeader(header(type, 5), 0)).toBe(5);
  });

  it("is read wherever it lies", () => {
    const bytes = new Uint8Array(20).fill(0xff);
    writeHeader(bytes, 7, TYPE.ping, 3);
    expect(readHeader(bytes, 7)).toBe(3);
  });

  it("gives back flags and the reserved byte unread", () => {
    const bytes = header(TYPE.ping, 3);
    bytes[2] = 0xff;
    bytes[3] = 0xff;
    expect(readHeader(bytes, 0)).toBe(3);
  });

  it.each(types)("of type %i announces at most its limit", (type) => {
    const max = DATA.has(type) ? DATA_PAYLOAD_MAX : CONTROL_PAYLOAD_MAX;
    expect(readHeader(header(type, max), 0)).toBe(max);
    expect(failure(() => readHeader(header(type, max + 1), 0))).toBe("too_large");
    expect(failure(() => readHeader(header(type, 0xffff_ffff), 0))).toBe("too_large");
  });

  it("leaves room for a body of 16 MiB", () => {
    expect(BODY_MAX).toBe(16 * 1_024 * 1_024);
    expect(DATA_PAYLOAD_MAX - BODY_MAX).toBe(4_096);
  });

  it("of any other version is refused, whatever follows", () => {
    for (let version = 0; version < 256; version++) {
      if (version === 2) continue;
      const bytes = new Uint8Array(HEADER_BYTES).fill(0xff);
      bytes[0] = version;
      expect(failure(() => readHeader(bytes, 0))).toBe("unsupported_version");
    }
  });

  it("of version 1 says who has to be upgraded", () => {
    expect(() => readHeader(header(TYPE.connect, 1, 1), 0)).toThrow(/version 1 peers .*upgraded/);
  });

  it("of a type that is not in use is refused before its length is", () => {
    for (let type = 0; type < 256; type++) {
      if ((types as number[]).includes(type)) continue;
      expect(failure(() => readHeader(header(type, 0xffff_ffff), 0))).toBe("unknown_type");
    }
  });
});

describe("data types", () => {
  it("are those that carry users' bodies", () => {
    expect(types.filter(isDataType).sort()).toEqual([...DATA].sort());
  });
});

describe("big-endian numbers", () => {
  it.each([0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff])(
    "of 16 bits hold %i",
    (value) => {
      const bytes = new Uint8Array(4);
      writeUint16(bytes, 1, value);
      expect(readUint16(bytes, 1)).toBe(value);
      expect(bytes[0] === 0 && bytes[3] === 0).toBe(true);
    },
  );

  it.each([0, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])(
    "of 32 bits hold %i",
    (value) => {
      const bytes = new Uint8Array(6);
      writeUint32(bytes, 1, value);
      expect(readUint32(bytes, 1)).toBe(value);
      expect(bytes[0] === 0 && bytes[5] === 0).toBe(true);
    },
  );
});
