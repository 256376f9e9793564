import { describe, expect, it } from "vitest";
import { Punch, type PunchRole } from "../../src/nat/punch.ts";
import { type ActivePunch, PUNCHES_MAX, PunchTable, TOLD_MAX } from "../../src/nat/punch-table.ts";
import type { Mapping } from "../../src/wire/punch.ts";
import { tinyId } from "../base/tiny.ts";
import { counted } from "../wire/sample.ts";

/** A punch with that node whose id and secret begin with its number. */
function active(number: number, role: PunchRole = "answerer"): ActivePunch {
  return {
    peer: { id: tinyId(number), anchors: [] },
    id: counted(16, number),
    secret: counted(16, number + 100),
    peerSecret: counted(16, 0),
    punch: new Punch(role, 0),
    mappings: { own: "stable", peer: "stable" },
    addresses: [],
    timer: undefined,
    settle: undefined,
    half: undefined,
    begunAt: 0,
  };
}

describe("the punches under way", () => {
  it("are told by the secret that a knock shows, and by no other", () => {
    const table = new PunchTable();
    const [first, second] = [active(1), active(2)];
    table.add(first);
    table.add(second);
    expect(table.knockedAt({ secret: second.secret, isHeard: false })).toBe(second);
    expect(table.knockedAt({ secret: counted(16, 9), isHeard: true })).toBeUndefined();
    // What a knock of this node shows is no key to it.
    expect(table.knockedAt({ secret: first.peerSecret, isHeard: true })).toBeUndefined();
  });

  it("are found by peer, id and role together", () => {
    const table = new PunchTable();
    const punch = active(1);
    table.add(punch);
    expect(table.find(tinyId(1), counted(16, 1), "answerer")).toBe(punch);
    expect(table.find(tinyId(2), counted(16, 1), "answerer")).toBeUndefined();
    expect(table.find(tinyId(1), counted(16, 2), "answerer")).toBeUndefined();
    expect(table.find(tinyId(1), counted(16, 1), "initiator")).toBeUndefined();
    expect(table.find(undefined, counted(16, 1), "answerer")).toBeUndefined();
  });

  it("let in their peer from when it is agreed", () => {
    const table = new PunchTable();
    const punch = active(1);
    table.add(punch);
    expect(table.isAgreed(tinyId(1))).toBe(false);
    punch.punch.agreed([], 0);
    expect([table.isAgreed(tinyId(1)), table.isAgreed(tinyId(2))]).toEqual([true, false]);
    expect([table.delete(punch), table.delete(punch)]).toEqual([true, false]);
    expect(table.isAgreed(tinyId(1))).toBe(false);
  });

  it("leave behind what NAT their peer told of, of so many peers and no more", () => {
    const table = new PunchTable();
    const told = (number: number, peer: Mapping): void => {
      const punch = active(number);
      punch.mappings.peer = peer;
      table.add(punch);
      table.delete(punch);
    };
    expect(table.toldBy(tinyId(1))).toBe("unknown");
    told(1, "varying");
    told(1, "unknown");
    expect(table.toldBy(tinyId(1))).toBe("varying");
    told(1, "stable");
    expect([table.toldBy(tinyId(1)), table.toldBy(tinyId(2))]).toEqual(["stable", "unknown"]);
    for (let number = 2; number < TOLD_MAX + 2; number++) told(number, "stable");
    expect(table.toldBy(tinyId(1))).toBe("unknown");
    expect(table.toldBy(tinyId(TOLD_MAX + 1))).toBe("stable");
  });

  it("are one with each peer in each role, and sixteen in all", () => {
    const table = new PunchTable();
    table.add(active(1));
    expect(table.hasRoom(tinyId(1), "answerer")).toBe(false);
    expect(table.hasRoom(tinyId(1), "initiator")).toBe(true);
    for (let number = 2; number < PUNCHES_MAX; number++) table.add(active(number));
    const giveBack = table.reserve();
    expect([table.size, table.hasRoom(tinyId(99), "initiator")]).toEqual([PUNCHES_MAX, false]);
    giveBack();
    expect(table.hasRoom(tinyId(99), "initiator")).toBe(true);
  });
});
