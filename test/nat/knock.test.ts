import { describe, expect, it } from "vitest";
import { readKnock, showsSecret, writeKnock } from "../../src/nat/knock.ts";
import fc from "../base/property.ts";

const secret = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

describe("a knock", () => {
  it("is 18 bytes that no QUIC packet can be taken for", () => {
    const bytes = writeKnock({ secret, isHeard: true });
    expect(bytes.length).toBe(18);
    expect((bytes[0] as number) & 0x40).toBe(0);
    expect(readKnock(bytes)).toEqual({ secret, isHeard: true });
    expect(readKnock(writeKnock({ secret, isHeard: false }))?.isHeard).toBe(false);
  });

  it("shows one secret and no other", () => {
    const knock = { secret, isHeard: false };
    expect(showsSecret(knock, secret)).toBe(true);
    expect(
      showsSecret(
        knock,
        secret.map((byte) => byte ^ 1),
      ),
    ).toBe(false);
  });

  it("is nothing else than what was written, whatever comes in", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const knock = readKnock(bytes);
        if (knock !== undefined) expect(writeKnock(knock)).toEqual(bytes);
      }),
    );
    expect(readKnock(Uint8Array.of())).toBeUndefined();
    expect(readKnock(writeKnock({ secret, isHeard: true }).slice(1))).toBeUndefined();
  });
});
