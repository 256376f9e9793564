import { describe, expect, it } from "vitest";
import { type Address, toAddress } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { MeshError } from "../../src/base/errors.ts";
import { type NodeId, sameId } from "../../src/base/id.ts";
import { verify } from "../../src/identity/keys.ts";
import { type Belief, CANDIDATES_MAX, judgeClaim, mappingOf } from "../../src/nat/candidates.ts";
import { OBSERVATION_LIFE, readSigned, signObservation } from "../../src/nat/observation.ts";
import type { Mapping, PunchClaim } from "../../src/wire/punch.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";
import { tinyId } from "../base/tiny.ts";
import { NOW, REALM, signerOf } from "../peer/nodes.ts";

const OBSERVER = signerOf(1);
const STRANGER = signerOf(2);
const PEER = signerOf(3);
const SEEN = toAddress("198.51.100.7", 40_000);
const VICTIM = toAddress("203.0.113.66", 53);

describe("the mapping that links tell of", () => {
  const at = (host: number, port: number): Address => toAddress(`198.51.100.${host}`, port);

  it.each<[string, Address[], Mapping]>([
    ["nobody", [], "unknown"],
    ["one", [at(1, 1)], "unknown"],
    ["two that agree", [at(1, 1), at(1, 1)], "stable"],
    ["two of three that agree on the only host", [at(1, 1), at(1, 1), at(1, 1)], "stable"],
    ["two ports at one host", [at(1, 1), at(1, 2)], "varying"],
    ["two ports, one of them twice", [at(1, 1), at(1, 1), at(1, 2)], "varying"],
    ["two hosts, one told of once each", [at(1, 1), at(2, 2)], "unknown"],
    ["two hosts, one told of twice", [at(1, 1), at(2, 2), at(2, 2)], "stable"],
  ])("told by %s", (_, seenAt, mapping) => {
    expect(mappingOf(seenAt)).toBe(mapping);
  });
});

describe("a signed observation", () => {
  const made = signObservation(OBSERVER, REALM, PEER.id, SEEN, NOW);
  const read = (bytes: Bytes, now = NOW) => readSigned(bytes, REALM, now, verify);

  it("is read", () => {
    const expires = NOW + OBSERVATION_LIFE;
    const expected = { observer: OBSERVER.id, subject: PEER.id, address: SEEN, expires };
    expect(read(made)).toEqual(expected);
  });

  it("is refused when its time is over, ten minutes of skew forgiven, and in another realm", () => {
    const late = NOW + OBSERVATION_LIFE + 600_000;
    expect(read(made, late).address).toBe(SEEN);
    expect(failure(() => read(made, late + 1))).toBe("bad_record");
    const elsewhere = new Uint8Array(32);
    expect(failure(() => readSigned(made, elsewhere, NOW, verify))).toBe("bad_record");
  });

  it("is refused with any bit turned, and cut anywhere", () => {
    const bits = fc.nat({ max: made.length * 8 - 1 });
    fc.assert(
      fc.property(bits, (bit) => {
        const turned = made.slice();
        turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(failure(() => read(turned))).toBe("bad_record");
        expect(failure(() => read(made.subarray(0, bit >> 3)))).toBe("bad_record");
      }),
    );
  });
});

interface Case {
  readonly observations: readonly Bytes[];
  readonly locals?: readonly string[];
  /** Where the reader is seen, and its own interfaces. */
  readonly seenAt?: readonly Address[];
  readonly own?: readonly Address[];
}

function judge({ observations, locals = [], seenAt = [], own = [] }: Case): Belief {
  const claim: PunchClaim = { mapping: "stable", locals, observations };
  return judgeClaim(claim, PEER.id, {
    seenAt,
    locals: own,
    knows: (id: NodeId) => [OBSERVER, PEER].some((known) => sameId(known.id, id)),
    read: (bytes) => readSigned(bytes, REALM, NOW, verify),
  });
}

const by = (signer: typeof OBSERVER, address = SEEN, subject = PEER.id): Bytes =>
  signObservation(signer, REALM, subject, address, NOW);

describe("what a peer says of its addresses", () => {
  it("is believed as far as somebody known has seen it there", () => {
    const other = toAddress("198.51.100.7", 40_001);
    const belief = judge({ observations: [by(OBSERVER), by(OBSERVER, other), by(OBSERVER)] });
    expect(belief).toEqual({ kind: "believed", addresses: [SEEN, other], isNear: false });
  });

  it.each([
    ["before", [by(STRANGER, VICTIM), by(OBSERVER)]],
    ["behind", [by(OBSERVER), by(STRANGER, VICTIM)]],
  ])("is believed without what a stranger says %s somebody known", (_, observations) => {
    const belief = judge({ observations });
    expect(belief).toEqual({ kind: "believed", addresses: [SEEN], isNear: false });
  });

  const forged = by(OBSERVER).slice();
  forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;

  it.each<[string, Bytes[]]>([
    ["nobody has seen it", []],
    ["a stranger vouches for a victim's address", [by(STRANGER, VICTIM)]],
    ["the peer itself does", [by(PEER, VICTIM)]],
    ["somebody known has seen another node there", [by(OBSERVER, VICTIM, STRANGER.id)]],
    ["the signature is forged", [forged]],
    ["it is no observation", [new Uint8Array(80)]],
    ["one of two is about another node", [by(OBSERVER), by(OBSERVER, VICTIM, STRANGER.id)]],
    [
      "the observation is an old one",
      [signObservation(OBSERVER, REALM, PEER.id, SEEN, NOW - 721_000)],
    ],
  ])("is refused as a whole where %s", (_, observations) => {
    expect(judge({ observations }).kind).toBe("refused");
  });

  it("counts interfaces only in the reader's own network, behind the same address", () => {
    const near = toAddress("192.168.1.9", 9_443);
    const locals = [near, "192.168.2.9:9443", VICTIM, "not an address"];
    const own = [toAddress("192.168.1.5", 9_443)];
    const observations = [by(OBSERVER)];
    const same = [toAddress("198.51.100.7", 50_000)];
    expect(judge({ observations, locals, own, seenAt: same })).toEqual({
      kind: "believed",
      addresses: [near, SEEN],
      isNear: true,
    });
    const nothing = { kind: "believed", addresses: [SEEN], isNear: false };
    expect(judge({ observations, locals, own, seenAt: [toAddress("198.51.100.8", 1)] })).toEqual(
      nothing,
    );
    expect(judge({ observations, locals, own: [], seenAt: same })).toEqual(nothing);
  });

  it("puts IPv6 first, and names few", () => {
    const six = "[2001:db8::7]:9443" as Address;
    expect(judge({ observations: [by(OBSERVER), by(OBSERVER, six)] })).toMatchObject({
      addresses: [six, SEEN],
    });
    const locals = [1, 2, 3, 4, 5, 6].map((host) => `192.168.1.${host}:9443`);
    const belief = judge({
      observations: [by(OBSERVER)],
      locals,
      own: [toAddress("192.168.1.50", 1)],
      seenAt: [SEEN],
    });
    expect(belief.kind === "believed" && belief.addresses.length).toBe(CANDIDATES_MAX);
  });

  it("rethrows nothing but failures of reading", () => {
    const claim: PunchClaim = { mapping: "stable", locals: [], observations: [by(OBSERVER)] };
    const belief = judgeClaim(claim, tinyId(1), {
      seenAt: [],
      locals: [],
      knows: () => true,
      read: () => {
        throw new MeshError("bad_record", "its date is wrong");
      },
    });
    expect(belief).toEqual({ kind: "refused", reason: "its date is wrong" });
  });
});
