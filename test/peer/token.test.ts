import { describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/base/bytes.ts";
import { realmId } from "../../src/identity/realm.ts";
import { ROLE_SERVES } from "../../src/peer/roles.ts";
import { parseToken, readToken, tokenText } from "../../src/peer/token.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";
import { clubMembers, HOUR, PRETENDER, tokenOf } from "./closed.ts";
import { NOW, openMembers, signerOf } from "./nodes.ts";

const SKEW = 600_000;
const node = signerOf(1);
const token = tokenOf(node, { roles: ROLE_SERVES });

const admit = (bytes: Uint8Array, now = NOW, id = node.id) =>
  failure(() => clubMembers().members.admit(bytes, id, now));

describe("a token", () => {
  it("is read as it was made, and has at most 160 bytes", () => {
    expect(readToken(token.bytes)).toEqual(token);
    expect(token.bytes.length).toBeLessThanOrEqual(160);
  });

  it("lets its node in, with its roles, until it expires", () => {
    const { members } = clubMembers();
    expect(members.admit(token.bytes, node.id, NOW)).toMatchObject({
      roles: ROLE_SERVES,
      expires: NOW + 24 * HOUR,
    });
  });

  it("is needed in a closed realm", () => {
    expect(admit(new Uint8Array(0))).toBe("token_missing");
  });

  it("is good for its own node alone", () => {
    expect(admit(token.bytes, NOW, signerOf(2).id)).toBe("token_wrong_node");
  });

  it("is good in its own realm alone", () => {
    expect(admit(tokenOf(node, { realm: realmId("org.other") }).bytes)).toBe("token_wrong_realm");
  });

  it("is nobody's to make but the realm's", () => {
    expect(admit(tokenOf(node, {}, PRETENDER).bytes)).toBe("bad_token");
    expect(admit(tokenOf(node, {}, node).bytes)).toBe("bad_token");
  });

  it("is good between its dates, with ten minutes for clocks that differ", () => {
    const { notBefore, expires, bytes } = token;
    expect(admit(bytes, notBefore - SKEW)).toBeUndefined();
    expect(admit(bytes, notBefore - SKEW - 1)).toBe("token_not_yet");
    expect(admit(bytes, expires + SKEW)).toBeUndefined();
    expect(admit(bytes, expires + SKEW + 1)).toBe("token_expired");
  });

  it("is refused with any bit of it turned", () => {
    for (let bit = 0; bit < token.bytes.length * 8; bit++) {
      const forged = token.bytes.slice();
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(admit(forged)).toMatch(/^(bad_token|token_\w+)$/);
    }
  });

  it("is refused where it was cut short, or is longer than it says", () => {
    for (let length = 1; length < token.bytes.length; length++) {
      expect(admit(token.bytes.slice(0, length))).toBe("bad_token");
    }
    expect(admit(Uint8Array.of(...token.bytes, 0))).toBe("bad_token");
    expect(admit(new Uint8Array(513))).toBe("bad_token");
  });

  it("is refused as any other bytes are, and none of them do harm", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (bytes) => {
        expect(admit(bytes)).toMatch(/^(bad_token|token_\w+)$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it("has no place in an open realm", () => {
    expect(failure(() => openMembers().admit(token.bytes, node.id, NOW))).toBe("bad_token");
    expect(openMembers().admit(new Uint8Array(0), node.id, NOW)).toMatchObject({
      expires: Number.POSITIVE_INFINITY,
    });
  });
});

describe("members", () => {
  it("have their token verified once, and its dates each time", () => {
    const { members, checked } = clubMembers();
    for (let at = 0; at < 10; at++) members.admit(token.bytes, node.id, NOW);
    expect(checked()).toBe(1);
    expect(failure(() => members.admit(token.bytes, node.id, NOW + 48 * HOUR))).toBe(
      "token_expired",
    );
  });

  it("are not remembered by a token that was refused, nor forgotten for it", () => {
    const { members, checked } = clubMembers();
    const forged = tokenOf(node, { roles: ROLE_SERVES }, PRETENDER).bytes;
    expect(failure(() => members.admit(forged, node.id, NOW))).toBe("bad_token");
    expect(members.size).toBe(0);
    members.admit(token.bytes, node.id, NOW);
    expect(failure(() => members.admit(forged, node.id, NOW))).toBe("bad_token");
    const before = checked();
    members.admit(token.bytes, node.id, NOW);
    expect(checked()).toBe(before);
  });

  it("are remembered up to a bound", () => {
    const { members } = clubMembers(3);
    for (let number = 1; number <= 10; number++) {
      const one = signerOf(number);
      members.admit(tokenOf(one).bytes, one.id, NOW);
    }
    expect(members.size).toBe(3);
  });
});

describe("the text of a token", () => {
  it("is one word, and is read again with white space around it", () => {
    const text = tokenText(token);
    expect(text).toMatch(/^macula-token-1\.[\w-]+$/);
    expect(parseToken(`  ${text}\n`)).toEqual(token);
  });

  it("is refused in any other form", () => {
    const text = tokenText(token);
    const bodies = ["", "x", toBase64Url(token.bytes), `${text}=`, `${text.slice(0, -1)}*`];
    for (const other of [...bodies, text.slice(0, 60), text.replace("-1.", "-2."), `${text} x`]) {
      expect(failure(() => parseToken(other))).toBe("bad_token");
    }
  });
});
