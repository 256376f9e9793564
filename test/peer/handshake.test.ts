import { describe, expect, it } from "vitest";
import { verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { signContact } from "../../src/peer/contact.ts";
import { type Expectation, judgeHello } from "../../src/peer/handshake.ts";
import type { Hello } from "../../src/wire/hello.ts";
import { CLAIM, NOW, openMembers, REALM, signerOf } from "./nodes.ts";

const peer = signerOf(1);
const contact = signContact(peer, REALM, CLAIM, NOW);
const hello: Hello = {
  versions: [2],
  realm: REALM,
  instance: new Uint8Array(8),
  observed: "192.0.2.7:9443",
  contact: contact.bytes,
  token: new Uint8Array(0),
};
const expectation: Expectation = { peer: peer.id, members: openMembers(), now: NOW, verify };

const code = (changed: Partial<Hello>, against: Partial<Expectation> = {}) => {
  const judged = judgeHello({ ...hello, ...changed }, { ...expectation, ...against });
  return judged.kind === "refuse" ? judged.code : "accept";
};

describe("a hello", () => {
  it("of the expected node and realm is accepted with its contact", () => {
    expect(judgeHello(hello, expectation)).toEqual({ kind: "accept", contact });
  });

  it("may offer other versions beside ours", () => {
    expect(code({ versions: [1, 2, 3] })).toBe("accept");
    expect(code({ versions: [1, 3] })).toBe("unsupported_version");
  });

  it("of another realm is refused, whatever else it says", () => {
    expect(code({ realm: realmId("org.other") })).toBe("realm_mismatch");
    expect(code({ realm: realmId("org.other"), contact: new Uint8Array(0) })).toBe(
      "realm_mismatch",
    );
  });

  it("with a contact of another realm is refused", () => {
    const other = signContact(peer, realmId("org.other"), CLAIM, NOW);
    expect(code({ contact: other.bytes })).toBe("bad_record");
  });

  it("with the contact of another node is refused", () => {
    const other = signContact(signerOf(2), REALM, CLAIM, NOW);
    expect(code({ contact: other.bytes })).toBe("id_mismatch");
  });

  it.each([
    ["expired", contact.bytes, { now: NOW + 10_000_000 }],
    ["empty", new Uint8Array(0), {}],
    ["forged", contact.bytes, { verify: () => false }],
  ])("with a contact that is %s is refused", (_, bytes, against) => {
    expect(code({ contact: bytes }, against)).toBe("bad_record");
  });

  it("says why", () => {
    const judged = judgeHello({ ...hello, versions: [1, 7] }, expectation);
    expect(judged).toMatchObject({ reason: "versions 1, 7 offered, 2 is needed" });
  });

  it("lets a fault that is no refusal through", () => {
    const broken = () => {
      throw new TypeError("a bug");
    };
    expect(() => judgeHello(hello, { ...expectation, verify: broken })).toThrow(TypeError);
  });
});
