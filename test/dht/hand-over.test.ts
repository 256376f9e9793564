import { describe, expect, it } from "vitest";
import { idText, type NodeId } from "../../src/base/id.ts";
import type { Asker } from "../../src/dht/asker.ts";
import { HandOver } from "../../src/dht/hand-over.ts";
import type { ProviderRecord } from "../../src/dht/record.ts";
import { RecordStore } from "../../src/dht/record-store.ts";
import type { Contact } from "../../src/peer/contact.ts";
import { ContactTable } from "../../src/routing/contact-table.ts";
import type { World } from "../../src/sim/world.ts";
import { tinyId } from "../base/tiny.ts";
import { contactOf, lonely } from "./scene.ts";

const KEY = tinyId(0b1000_0000);

function recordAt(key: NodeId, owner: number): ProviderRecord {
  const bytes = Uint8Array.of(owner >> 8, owner & 255);
  const claim = { key, seq: 1, expires: 1e15, withdrawn: false, anchors: [], boxKey: key };
  return { ...claim, owner: tinyId(owner), bytes };
}

interface Scene {
  readonly world: World;
  readonly handOver: HandOver;
  readonly store: RecordStore;
  readonly contacts: ContactTable<Contact>;
  /** Who was handed what, in order. */
  readonly handed: { readonly to: string; readonly bytes: Uint8Array }[];
  meet(id: NodeId): void;
}

/** A node, 0, that holds a record at the key. */
function scene(): Scene {
  const { world, context } = lonely();
  const contacts = new ContactTable<Contact>(context.self);
  const store = new RecordStore();
  store.put(recordAt(KEY, 1), "somebody", 0);
  const handed: Scene["handed"] = [];
  const asker = {
    store: (contact: Contact, bytes: Uint8Array) => {
      handed.push({ to: idText(contact.id), bytes });
      return Promise.reject(new Error("it may fail as well"));
    },
  } as unknown as Asker;
  const handOver = new HandOver(context, contacts, store, asker);
  const meet = (id: NodeId): void => {
    contacts.verified(contactOf(id), 0);
    handOver.met(contactOf(id));
  };
  return { world, handOver, store, contacts, handed, meet };
}

const NEAR = tinyId(0b1000_0001);
const NEARER = tinyId(0b1000_0010);

describe("records", () => {
  it("are handed to a newcomer that is near to their key, after a pause", async () => {
    const { world, handed, meet } = scene();
    meet(NEAR);
    await world.advance(900);
    expect(handed).toEqual([]);
    await world.advance(200);
    expect(handed).toEqual([{ to: idText(NEAR), bytes: Uint8Array.of(0, 1) }]);
  });

  it("are left to the holder that is nearer to the key than this one", async () => {
    const { world, handed, meet, contacts } = scene();
    contacts.verified(contactOf(NEARER), 0);
    meet(NEAR);
    await world.advance(5_000);
    expect(handed).toEqual([]);
  });

  it("are not handed to who is not among the twenty nearest", async () => {
    const { world, handed, meet, contacts, store } = scene();
    // This node is the nearest of all to its own id; twenty stand nearer to it than the newcomer.
    const own = tinyId(0);
    store.put(recordAt(own, 2), "somebody", 0);
    for (let number = 1; number <= 20; number++) contacts.verified(contactOf(tinyId(number)), 0);
    meet(tinyId(0xffff_0000));
    await world.advance(5_000);
    expect(handed).toEqual([]);
    contacts.failed(tinyId(20));
    meet(tinyId(20));
    await world.advance(5_000);
    expect(handed).toContainEqual({ to: idText(tinyId(20)), bytes: Uint8Array.of(0, 2) });
  });

  it("are handed to a whole crowd at once where there are few, and to 64 that wait at most", async () => {
    const { world, handed, meet } = scene();
    for (let number = 0; number < 70; number++) meet(tinyId(0b1000_0001 + number * 2 ** 16));
    await world.advance(1_100);
    const served = handed.length;
    // Of those that waited twenty are near enough, and the one that is the nearest of all is among them.
    expect(served).toBeGreaterThan(0);
    expect(served).toBeLessThanOrEqual(20);
    expect(handed[0]?.to).toBe(idText(NEAR));
    await world.advance(200_000);
    expect(handed).toHaveLength(served);
  });

  it("are handed to one newcomer a second where there are many", async () => {
    const { world, handed, meet, store } = scene();
    for (let owner = 2; owner < 1_100; owner++) {
      store.put(recordAt(tinyId(0b1000_0000 + owner * 256), owner), "somebody", 0);
    }
    // Both stand further from all keys than this node.
    const [first, second] = [tinyId(2 ** 24), tinyId(2 ** 25)];
    for (const id of [first, second]) meet(id);
    const served = () => [...new Set(handed.map(({ to }) => to))];
    await world.advance(1_100);
    expect(served()).toEqual([idText(first)]);
    await world.advance(1_000);
    expect(served()).toEqual([idText(first), idText(second)]);
  });

  it("are 256 at most for one newcomer", async () => {
    const { world, handed, meet, store } = scene();
    for (let owner = 2; owner < 302; owner++) {
      // Keys that this node and the newcomer are nearest to.
      store.put(recordAt(tinyId(0b1000_0000 + owner * 256), owner), "somebody", 0);
    }
    meet(NEAR);
    await world.advance(2_000);
    expect(handed).toHaveLength(256);
  });

  it("stay where they are once the node closes", async () => {
    const { world, handed, meet, handOver } = scene();
    meet(NEAR);
    handOver.close();
    meet(NEARER);
    await world.advance(5_000);
    expect(handed).toEqual([]);
  });
});
