import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/base/errors.ts";
import {
  CALL_TIMEOUT_MAX,
  readCall,
  readCast,
  readReply,
  writeCall,
  writeCast,
  writeFailure,
  writeResult,
} from "../../src/wire/call.ts";
import {
  CONTACTS_MAX,
  isDhtAnswer,
  isDhtRequest,
  RECORDS_MAX,
  readDhtAnswer,
  readDhtRequest,
  writeDhtAnswer,
  writeDhtRequest,
} from "../../src/wire/dht.ts";
import { TYPE } from "../../src/wire/frame.ts";
import {
  INSTANCE_BYTES,
  RECORD_BYTES_MAX,
  readHello,
  TOKEN_BYTES_MAX,
  writeHello,
} from "../../src/wire/hello.ts";
import { CONTROL_PAYLOAD_MAX, ERROR_TEXT_MAX, HOPS_LIMIT } from "../../src/wire/limits.ts";
import {
  RULES,
  readHopReport,
  readRouteError,
  readRouteRequest,
  writeHopReport,
  writeRouteError,
  writeRouteRequest,
} from "../../src/wire/route-control.ts";
import { encodeValue } from "../../src/wire/value.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { failure } from "../base/failure.ts";
import { tinyId } from "../base/tiny.ts";
import { CALL_ID } from "./samples.ts";

function payload(write: (writer: FrameWriter) => unknown): Uint8Array {
  const writer = new FrameWriter();
  writer.beginBare();
  write(writer);
  return writer.copy();
}

/** The code a reader refuses what `write` wrote with; `undefined` where it is read. */
function refusal(
  read: (bytes: Uint8Array, start: number, end: number) => unknown,
  write: (writer: FrameWriter) => unknown,
) {
  const bytes = payload(write);
  return failure(() => read(bytes, 0, bytes.length));
}

describe("connect", () => {
  const hello = {
    versions: [2],
    realm: tinyId(1),
    instance: new Uint8Array(INSTANCE_BYTES),
    observed: "",
    contact: new Uint8Array(0),
    token: new Uint8Array(0),
  };
  const tried = (changed: object) =>
    refusal(readHello, (writer) => writeHello(writer, { ...hello, ...changed }));

  it.each([
    ["no version", { versions: [] }],
    ["nine versions", { versions: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
    ["a version beyond one byte", { versions: [256] }],
    ["a realm of 31 bytes", { realm: new Uint8Array(31) }],
    ["an instance of 9 bytes", { instance: new Uint8Array(9) }],
    ["an address of 65 bytes", { observed: "x".repeat(65) }],
    ["a contact beyond 1 KiB", { contact: new Uint8Array(RECORD_BYTES_MAX + 1) }],
    ["a token beyond 512 bytes", { token: new Uint8Array(TOKEN_BYTES_MAX + 1) }],
  ])("with %s is bad_frame", (_, changed) => {
    expect(tried(changed)).toBe("bad_frame");
  });

  it.each([
    ["eight versions", { versions: [1, 2, 3, 4, 5, 6, 7, 255] }],
    ["an address of 64 bytes", { observed: "x".repeat(64) }],
    ["a contact of 1 KiB", { contact: new Uint8Array(RECORD_BYTES_MAX) }],
    ["a token of 512 bytes", { token: new Uint8Array(TOKEN_BYTES_MAX) }],
  ])("with %s is read", (_, changed) => {
    expect(tried(changed)).toBeUndefined();
  });
});

describe("a call", () => {
  const args = encodeValue(1).slice();
  const call = (procedure: string, timeout: number) => (writer: FrameWriter) =>
    writeCall(writer, CALL_ID, procedure, timeout, args);

  it("names a procedure in at most 255 bytes", () => {
    expect(refusal(readCall, call("x".repeat(255), 1))).toBeUndefined();
    expect(refusal(readCall, call("x".repeat(256), 1))).toBe("bad_frame");
    expect(refusal(readCall, call(`x${"é".repeat(127)}`, 1))).toBeUndefined();
    expect(refusal(readCall, call("é".repeat(128), 1))).toBe("bad_frame");
  });

  it.each([
    [-5, 0],
    [0, 0],
    [0.2, 1],
    [5_000, 5_000],
    [CALL_TIMEOUT_MAX + 1, CALL_TIMEOUT_MAX],
    [Number.POSITIVE_INFINITY, CALL_TIMEOUT_MAX],
  ])("of %d ms waits %i", (timeout, waits) => {
    const bytes = payload(call("x", timeout));
    expect(readCall(bytes, 0, bytes.length).timeout).toBe(waits);
  });

  it("of more than an hour is bad_frame", () => {
    const bytes = payload(call("x", CALL_TIMEOUT_MAX));
    const at = bytes.length - 2;
    bytes[at] = (bytes[at] as number) + 1;
    expect(failure(() => readCall(bytes, 0, bytes.length))).toBe("bad_frame");
  });

  it("is told from a cast, which has no id", () => {
    const cast = payload((writer) => writeCast(writer, "x", args));
    expect(failure(() => readCall(cast, 0, cast.length))).toBe("bad_frame");
    expect(refusal(readCast, call("x", 1))).toBe("bad_frame");
  });
});

describe("a reply", () => {
  it("carries every code", () => {
    for (const code of Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]) {
      const failed = { code, remoteCode: "", message: "" };
      const bytes = payload((writer) => writeFailure(writer, CALL_ID, failed));
      expect(readReply(bytes, 0, bytes.length)).toEqual({ ok: false, failure: failed });
    }
  });

  it.each(["x", "é", "€", "😀"])("cuts texts of many %s to what a reader takes", (character) => {
    const long = character.repeat(2_000);
    const failed = { code: "handler_error", remoteCode: long, message: long } as const;
    const bytes = payload((writer) => writeFailure(writer, CALL_ID, failed));
    const read = readReply(bytes, 0, bytes.length);
    if (read.ok) throw new Error("a failure became a result");
    expect(read.failure.message.length).toBe(Math.floor(ERROR_TEXT_MAX / 3));
    expect(read.failure.remoteCode.length).toBe(Math.floor(128 / 3));
  });

  it("with a code of a later version is internal", () => {
    const failed = { code: "timeout", remoteCode: "", message: "late" } as const;
    const bytes = payload((writer) => writeFailure(writer, CALL_ID, failed));
    bytes[19] = 0x7e;
    expect(readReply(bytes, 0, bytes.length)).toMatchObject({ failure: { code: "internal" } });
  });

  it("has one form for a result and one for a failure", () => {
    const result = payload((writer) => writeResult(writer, CALL_ID, 1));
    result[19] = ERROR_CODES.timeout.wire;
    expect(failure(() => readReply(result, 0, result.length))).toBe("bad_frame");
    const failed = { code: "timeout", remoteCode: "", message: "" } as const;
    const four = payload((writer) => writeFailure(writer, CALL_ID, failed));
    four[19] = 0;
    expect(failure(() => readReply(four, 0, four.length))).toBe("bad_frame");
  });

  it("writes nothing of a result that can't be encoded", () => {
    const writer = new FrameWriter();
    writer.beginBare();
    expect(failure(() => writeResult(writer, CALL_ID, () => 1))).toBe("encode_failed");
    expect(writer.at).toBe(0);
  });
});

describe("DHT answers", () => {
  const record = new Uint8Array(RECORD_BYTES_MAX);
  const list = (count: number) => Array.from({ length: count }, () => record);
  const nodes = (count: number) =>
    refusal(
      (bytes, start, end) => readDhtAnswer(TYPE.findNodeReply, bytes, start, end),
      (writer) => writeDhtAnswer(writer, 1, { kind: "find_node_reply", contacts: list(count) }),
    );
  const values = (records: number, contacts: number) => (writer: FrameWriter) =>
    writeDhtAnswer(writer, 1, {
      kind: "find_value_reply",
      records: list(records),
      contacts: list(contacts),
    });
  const valueRefusal = (records: number, contacts: number) =>
    refusal(
      (bytes, start, end) => readDhtAnswer(TYPE.findValueReply, bytes, start, end),
      values(records, contacts),
    );

  it("name at most 20 contacts and 24 records", () => {
    expect(nodes(CONTACTS_MAX)).toBeUndefined();
    expect(nodes(CONTACTS_MAX + 1)).toBe("bad_frame");
    expect(valueRefusal(RECORDS_MAX, CONTACTS_MAX)).toBeUndefined();
    expect(valueRefusal(RECORDS_MAX + 1, 0)).toBe("bad_frame");
    expect(valueRefusal(0, CONTACTS_MAX + 1)).toBe("bad_frame");
  });

  it("fit a control frame when they are full", () => {
    const full = payload(values(RECORDS_MAX, CONTACTS_MAX));
    expect(full.length).toBeLessThan(CONTROL_PAYLOAD_MAX);
  });

  it("are told from requests by their type", () => {
    const types = Object.values(TYPE);
    expect(types.filter(isDhtRequest)).toEqual([TYPE.findNode, TYPE.store, TYPE.findValue]);
    expect(types.filter(isDhtAnswer)).toEqual([
      TYPE.findNodeReply,
      TYPE.findValueReply,
      TYPE.storeAck,
    ]);
  });

  it("are asked for with a key of 32 bytes and a record of at most 1 KiB", () => {
    const find = (length: number) =>
      refusal(
        (bytes, start, end) => readDhtRequest(TYPE.findValue, bytes, start, end),
        (writer) => {
          const key = new Uint8Array(length);
          writeDhtRequest(writer, 1, { kind: "find_value", key, near: new Uint8Array(32) });
        },
      );
    const store = (length: number) =>
      refusal(
        (bytes, start, end) => readDhtRequest(TYPE.store, bytes, start, end),
        (writer) => writeDhtRequest(writer, 1, { kind: "store", record: new Uint8Array(length) }),
      );
    expect([find(31), find(32), find(33)]).toEqual(["bad_frame", undefined, "bad_frame"]);
    expect([store(1_024), store(1_025)]).toEqual([undefined, "bad_frame"]);
  });
});

describe("routing control", () => {
  const id = CALL_ID;

  it("counts at most 16 hops", () => {
    const error = (hop: number) =>
      refusal(readRouteError, (writer) =>
        writeRouteError(writer, { messageId: id, code: "no_route", hop }),
      );
    const report = (hop: number) =>
      refusal(readHopReport, (writer) =>
        writeHopReport(writer, { messageId: id, hop, rule: "greedy" }),
      );
    expect([error(HOPS_LIMIT), error(HOPS_LIMIT + 1)]).toEqual([undefined, "bad_frame"]);
    expect([report(HOPS_LIMIT), report(HOPS_LIMIT + 1)]).toEqual([undefined, "bad_frame"]);
  });

  it("a request never passes more than 16 forwarders, those passed and those left together", () => {
    const request = (hopsLeft: number, passed: number, label = 1) =>
      refusal(readRouteRequest, (writer) =>
        writeRouteRequest(writer, {
          requestId: id,
          source: tinyId(1),
          target: tinyId(2),
          hopsLeft,
          labels: Array.from({ length: passed }, () => label),
        }),
      );
    expect(request(0, HOPS_LIMIT)).toBeUndefined();
    expect(request(HOPS_LIMIT, 0)).toBeUndefined();
    expect(request(10, 7)).toBe("bad_frame");
    expect(request(HOPS_LIMIT + 1, 0)).toBe("bad_frame");
    expect(request(1, 1, 0xffff)).toBeUndefined();
    expect(request(1, 1, 0x1_0000)).toBe("bad_frame");
  });

  it("names every rule by its number, and no other", () => {
    for (const rule of RULES) {
      const bytes = payload((writer) => writeHopReport(writer, { messageId: id, hop: 1, rule }));
      expect(readHopReport(bytes, 0, bytes.length).rule).toBe(rule);
    }
    const bytes = payload((writer) =>
      writeHopReport(writer, { messageId: id, hop: 1, rule: "greedy" }),
    );
    bytes[bytes.length - 1] = RULES.length;
    expect(failure(() => readHopReport(bytes, 0, bytes.length))).toBe("bad_frame");
  });
});
