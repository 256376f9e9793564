import { describe, expect, it } from "vitest";
import {
  codeFromWire,
  ERROR_CODES,
  type ErrorCode,
  MeshError,
  toMeshError,
} from "../../src/base/errors.ts";

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe("error codes", () => {
  it("come back from the wire", () => {
    for (const code of codes) expect(codeFromWire(ERROR_CODES[code].wire)).toBe(code);
  });

  it("fit one byte and leave 0 for success", () => {
    for (const code of codes) {
      expect(ERROR_CODES[code].wire).toBeGreaterThan(0);
      expect(ERROR_CODES[code].wire).toBeLessThan(256);
    }
  });

  it("of a later version are internal", () => {
    expect(codeFromWire(0xfe)).toBe("internal");
    expect(codeFromWire(-1)).toBe("internal");
  });
});

describe("MeshError", () => {
  it("knows whether trying again can help", () => {
    expect(new MeshError("timeout", "late").retry).toBe(true);
    expect(new MeshError("bad_frame", "odd").retry).toBe(false);
  });

  it("carries what the handler reported", () => {
    const remote = { code: "out_of_stock", message: "none left" };
    const error = new MeshError("handler_error", "the handler failed", { remote });
    expect(error.remote).toEqual(remote);
    expect(error.name).toBe("MeshError");
    expect(error).toBeInstanceOf(Error);
  });
});

describe("toMeshError", () => {
  it("leaves a MeshError alone", () => {
    const error = new MeshError("no_route", "dead end");
    expect(toMeshError(error, "internal")).toBe(error);
  });

  it("keeps text and cause of anything else", () => {
    const cause = new RangeError("odd");
    const error = toMeshError(cause, "dial_failed");
    expect(error).toMatchObject({ code: "dial_failed", message: "odd", cause });
    expect(toMeshError("plain")).toMatchObject({ code: "internal", message: "plain" });
  });
});
