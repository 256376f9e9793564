import { describe, expect, it } from "vitest";
import { type Address, toAddress } from "../../src/base/address.ts";
import { DialProof, type Testimony } from "../../src/nat/dial-proof.ts";

const HERE = toAddress("192.0.2.1", 9_443);
const ELSEWHERE = toAddress("192.0.2.2", 9_443);

const reached = (address: Address = HERE): Testimony => ({ kind: "reached", address });
const NOT: Testimony = { kind: "not_reached" };
const NOTHING: Testimony = { kind: "abstained" };

/** A round in which the witnesses say this, at that time. */
function round(proof: DialProof, now: number, ...said: Testimony[]): boolean {
  proof.begin(said.length);
  return said.map((testimony) => proof.heard(testimony, now)).includes(true);
}

describe("the proof that a node can be dialled", () => {
  it("begins without, but for the first node of a mesh", () => {
    expect(new DialProof(false).state).toBe("unproved");
    expect(new DialProof(true).state).toBe("proved");
    expect(new DialProof(false).dueAt).toBe(0);
  });

  it.each<[string, Testimony[], string]>([
    ["two that reached it", [reached(), reached()], "proved"],
    ["two of three", [NOT, reached(), reached()], "proved"],
    ["the only one there is", [reached()], "proved"],
    ["the only one that can tell", [NOTHING, reached(), NOTHING], "proved"],
    ["the only one, in vain", [NOT], "failed"],
    ["two in vain of three", [NOT, reached(), NOT], "failed"],
    ["one against one", [NOT, reached()], "failed"],
    ["one against one, and one that can't tell", [reached(), NOTHING, NOT], "failed"],
    ["nobody that can tell", [NOTHING, NOTHING, NOTHING], "unproved"],
  ])("rests on %s", (_, said, state) => {
    const proof = new DialProof(false);
    expect(round(proof, 0, ...said)).toBe(true);
    expect(proof.state).toBe(state);
  });

  it("does not wait for what changes nothing any more, nor listens to it", () => {
    const proof = new DialProof(false);
    proof.begin(3);
    expect(proof.dueAt).toBe(Number.POSITIVE_INFINITY);
    expect(proof.heard(reached(), 0)).toBe(false);
    expect(proof.heard(reached(), 0)).toBe(true);
    expect(proof.heard(NOT, 0)).toBe(false);
    expect(proof.state).toBe("proved");
  });

  it("names only addresses that as many have reached as have to agree", () => {
    const proof = new DialProof(false);
    round(proof, 0, reached(ELSEWHERE));
    expect(proof.addresses).toEqual([ELSEWHERE]);
    round(proof, 0, reached(ELSEWHERE), reached(HERE));
    expect(proof.state).toBe("proved");
    expect(proof.addresses).toEqual([]);
    round(proof, 0, reached(HERE), reached(HERE));
    expect(proof.addresses).toEqual([HERE]);
  });

  it("is renewed every half hour, and sooner where it rests on one witness", () => {
    const proof = new DialProof(false);
    const dues: number[] = [];
    for (let time = 0; time < 9; time++) {
      round(proof, 0, reached());
      dues.push(proof.dueAt);
    }
    expect(dues.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000]);
    expect(dues.at(-1)).toBe(1_800_000);
    round(proof, 5, reached(), reached());
    expect(proof.dueAt).toBe(1_800_005);
  });

  it("is lost by two rounds in vain, one behind the other, and not by one", () => {
    const proof = new DialProof(true);
    round(proof, 0, NOT, NOT);
    expect([proof.state, proof.dueAt]).toEqual(["proved", 15_000]);
    round(proof, 15_000, reached(), reached());
    round(proof, 20_000, NOT, NOT);
    expect(proof.state).toBe("proved");
    round(proof, 40_000, NOT);
    expect([proof.state, proof.addresses]).toEqual(["failed", []]);
  });

  it("is tried again ever more seldom, and found again", () => {
    const proof = new DialProof(false);
    const pauses: number[] = [];
    for (let time = 0; time < 10; time++) {
      round(proof, 0, NOT, NOT);
      pauses.push(proof.dueAt);
    }
    expect(pauses.slice(0, 3)).toEqual([15_000, 30_000, 60_000]);
    expect(pauses.at(-1)).toBe(1_800_000);
    round(proof, 0, reached(), reached());
    expect(proof.state).toBe("proved");
  });

  it("asks again soon where nobody could tell, and changes nothing by that", () => {
    const proof = new DialProof(true);
    round(proof, 0, NOTHING);
    expect([proof.state, proof.dueAt]).toEqual(["proved", 200]);
    round(proof, 0, NOTHING);
    expect(proof.dueAt).toBe(400);
  });

  it("is due at once where every link was lost", () => {
    const proof = new DialProof(false);
    round(proof, 0, reached(), reached());
    proof.isolated(7);
    expect([proof.state, proof.dueAt]).toEqual(["proved", 7]);
  });

  it("is due at once where the node has moved, and lost by one round in vain then", () => {
    const proof = new DialProof(false);
    round(proof, 0, reached(), reached());
    proof.moved(7);
    expect([proof.state, proof.dueAt]).toEqual(["proved", 7]);
    round(proof, 8, NOT, NOT);
    expect([proof.state, proof.addresses]).toEqual(["failed", []]);
  });

  it("is not that of a round which began before the node moved", () => {
    const proof = new DialProof(false);
    proof.begin(1);
    proof.moved(5);
    proof.heard(reached(), 6);
    expect([proof.state, proof.dueAt]).toEqual(["proved", 6]);
    round(proof, 7, reached(ELSEWHERE), reached(ELSEWHERE));
    expect([proof.addresses, proof.dueAt]).toEqual([[ELSEWHERE], 1_800_007]);
  });
});
