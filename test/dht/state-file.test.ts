import { describe, expect, it } from "vitest";
import { toAddress } from "../../src/base/address.ts";
import { MeshError } from "../../src/base/errors.ts";
import { readKnownPeer, writeKnownPeer } from "../../src/dht/known-peer.ts";
import { readState, writeState } from "../../src/dht/state-file.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { farId, tinyId } from "../base/tiny.ts";

const REALM = farId(7);
const peers = Array.from({ length: 20 }, (_, number) => ({
  id: tinyId(number),
  addresses: [toAddress("192.0.2.1", number + 1), toAddress("2001:db8::1", 9443)],
}));
const whole = writeState("peers", REALM, peers.map(writeKnownPeer));

const code = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (cause) {
    if (cause instanceof MeshError) return cause.code;
    throw cause;
  }
};

/** One of the ways in which a disk or an editor damages a file. */
function damaged(random: SeededRandom): Uint8Array {
  const bytes = whole.slice();
  switch (random.below(4)) {
    case 0:
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      return bytes.slice(0, random.below(bytes.length));
    case 2:
      return bytes.fill(0, random.below(bytes.length - 1));
    default:
      return Uint8Array.from([...bytes, random.below(256)]);
  }
}

describe("a state file", () => {
  it("gives back what was written", () => {
    expect(readState("peers", REALM, whole).map(readKnownPeer)).toEqual(peers);
    expect(readState("records", REALM, writeState("records", REALM, []))).toEqual([]);
  });

  it("is refused where it is of another kind or realm", () => {
    expect(code(() => readState("records", REALM, whole))).toBe("bad_state");
    expect(code(() => readState("peers", farId(8), whole))).toBe("bad_state");
    expect(code(() => readState("peers", REALM, new Uint8Array(0)))).toBe("bad_state");
  });

  it("is refused whole, however it is damaged: 10,000 times", () => {
    const random = new SeededRandom(5, 5);
    for (let turn = 0; turn < 10_000; turn++) {
      const bytes = damaged(random);
      if (bytes.length === whole.length && bytes.every((byte, at) => byte === whole[at])) continue;
      expect(code(() => readState("peers", REALM, bytes))).toBe("bad_state");
    }
  });

  it("holds no peer that can't be dialled", () => {
    expect(code(() => readKnownPeer(Uint8Array.of(0x92, 0xc4, 1, 1, 0x90)))).toBe("bad_frame");
    const wrong = writeKnownPeer({ id: tinyId(1), addresses: ["nowhere" as never] });
    expect(code(() => readKnownPeer(wrong))).toBe("bad_config");
  });
});
