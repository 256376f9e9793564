import { describe, expect, it } from "vitest";
import { reasonBytes, shortReason } from "../../src/transport/close-reason.ts";

describe("a reason", () => {
  it("is cut to 256 bytes at a whole character", () => {
    expect(reasonBytes("a".repeat(300)).length).toBe(256);
    expect(reasonBytes(`a${"é".repeat(200)}`).length).toBe(255);
    expect(new TextDecoder().decode(reasonBytes("€".repeat(100)))).toBe("€".repeat(85));
  });

  it("is left as it is where it is short", () => {
    expect(shortReason("grüße")).toBe("grüße");
    expect(shortReason("a".repeat(256))).toBe("a".repeat(256));
  });

  it("is cut before a character of two units that is too much", () => {
    expect(shortReason(`${"a".repeat(255)}😀`)).toBe("a".repeat(255));
  });
});
