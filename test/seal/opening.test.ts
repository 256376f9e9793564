import { describe, expect, it } from "vitest";
import { signerFromSeed, verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { makeOpening, OPENING_BYTES, readOpening } from "../../src/seal/opening.ts";
import { keyPairFrom } from "../../src/seal/x25519.ts";
import { counted } from "../wire/sample.ts";

const realm = realmId("com.example.shop");
const [honest, mallory, provider] = [1, 2, 3].map((seed) =>
  signerFromSeed(new Uint8Array(32).fill(seed)),
) as [Caller, Caller, Caller];
type Caller = ReturnType<typeof signerFromSeed>;

const pair = keyPairFrom(counted(32, 0x41));
const parties = { realm, caller: honest.id, provider: provider.id };

function opening(signer: Caller, boxKey = pair.publicKey): Uint8Array {
  return makeOpening(signer, realm, provider.id, boxKey, counted(32, 0x61)).bytes;
}

describe("what opens a session", () => {
  it("gives both ends the same keys, one for each direction", () => {
    const made = makeOpening(honest, realm, provider.id, pair.publicKey, counted(32, 0x61));
    const read = readOpening(parties, pair, verify, made.bytes, 0);
    expect(made.bytes).toHaveLength(OPENING_BYTES);
    expect(read).toEqual({
      id: made.keys.id,
      sends: made.keys.receives,
      receives: made.keys.sends,
    });
    expect(made.keys.sends).not.toEqual(made.keys.receives);
  });

  it("is nobody's where the caller in whose name it is made has not signed it", () => {
    const forged = opening({ id: honest.id, sign: (text) => mallory.sign(text) });
    expect(readOpening(parties, pair, verify, forged, 0)).toBeUndefined();
  });

  it("is good for one box key, realm, caller and provider", () => {
    const bytes = opening(honest);
    const others = [
      { ...parties, realm: realmId("com.example.other") },
      { ...parties, caller: mallory.id },
      { ...parties, provider: mallory.id },
    ];
    for (const other of others) expect(readOpening(other, pair, verify, bytes, 0)).toBeUndefined();
    const another = keyPairFrom(counted(32, 0x42));
    expect(readOpening(parties, another, verify, bytes, 0)).toBeUndefined();
    expect(readOpening(parties, pair, verify, bytes, 0)).toBeDefined();
  });
});
