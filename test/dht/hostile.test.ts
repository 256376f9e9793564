import { describe, expect, it } from "vitest";
import { toAddress } from "../../src/base/address.ts";
import { codeFromWire } from "../../src/base/errors.ts";
import type { Key } from "../../src/base/id.ts";
import { type RecordClaim, readRecord, signRecord } from "../../src/dht/record.ts";
import { signerFromSeed, verify } from "../../src/identity/keys.ts";
import { procedureKey, realmId } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import { type ContactClaim, signContact } from "../../src/peer/contact.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeContactUpdate } from "../../src/wire/contact-update.ts";
import { readDhtAnswer, readDhtRequest, writeDhtRequest } from "../../src/wire/dht.ts";
import { TYPE } from "../../src/wire/frame.ts";
import type { FrameWriter } from "../../src/wire/writer.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";
import { openMembers } from "../peer/nodes.ts";
import { frameOf, RawPeer, routeFrame } from "../peer/raw-peer.ts";

const REALM = realmId("com.example.sim");
const KEY = procedureKey(REALM, "echo");
const HOUR = 3_600_000;

interface Beside {
  readonly world: World;
  readonly node: MeshNode;
  readonly peer: RawPeer;
}

/** A node, 1, and a peer beside it, 2, that speaks the wire by hand. */
async function beside(links: "auto" | "static" = "static"): Promise<Beside> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 1, { mode: "gateway", listen: true, links });
  return { world, node, peer: await RawPeer.link(world, 2, 1, { serves: true }) };
}

function contactOf(
  world: World,
  number: number,
  claim: Partial<ContactClaim> = {},
  realm = REALM,
  now = world.clock.wall(),
): Uint8Array {
  const said = { addresses: [], anchors: [], transit: true, serves: true, ...claim };
  return signContact(signerFromSeed(world.keySeed(number)), realm, said, now).bytes;
}

const update = (contact: Uint8Array): Uint8Array =>
  frameOf(TYPE.contactUpdate, (writer) => writeContactUpdate(writer, contact));

describe("a contact_update", () => {
  const ELSEWHERE = [toAddress("192.0.2.9", 9_443)];
  const known = ({ node }: Beside) => node.status().contacts.map((it) => it.addresses.join());

  it("counts where it is the sender's own and newer", async () => {
    const scene = await beside();
    await scene.peer.sendControl(update(contactOf(scene.world, 2, { addresses: ELSEWHERE })));
    expect(known(scene)).toEqual(["192.0.2.9:9443"]);
  });

  it.each<[string, (world: World) => Uint8Array]>([
    ["of another node", (world) => contactOf(world, 3, { addresses: ELSEWHERE })],
    [
      "of another realm",
      (world) => contactOf(world, 2, { addresses: ELSEWHERE }, realmId("org.other")),
    ],
    [
      "that is out of date",
      (world) =>
        contactOf(world, 2, { addresses: ELSEWHERE }, REALM, world.clock.wall() - 2 * HOUR),
    ],
    [
      "from times to come",
      (world) => contactOf(world, 2, { addresses: ELSEWHERE }, REALM, world.clock.wall() + HOUR),
    ],
    [
      "with a forged signature",
      (world) => contactOf(world, 2, { addresses: ELSEWHERE }).fill(1, -64),
    ],
    ["that is none", () => new Uint8Array(200)],
    ["that is empty", () => new Uint8Array(0)],
  ])("%s changes nothing, and is counted", async (_, make) => {
    const scene = await beside();
    await scene.peer.sendControl(update(make(scene.world)));
    expect(known(scene)).toEqual([""]);
    expect(scene.node.status().counters.contacts_refused).toBe(1);
    expect(scene.peer.closed).toBeUndefined();
  });

  it("that is older than the one before changes nothing", async () => {
    const scene = await beside();
    const before = contactOf(
      scene.world,
      2,
      { addresses: ELSEWHERE },
      REALM,
      scene.world.clock.wall() - 1_000,
    );
    await scene.peer.sendControl(update(before.slice()));
    expect(known(scene)).toEqual([""]);
  });

  it("in a route frame changes nothing", async () => {
    const scene = await beside();
    const contact = contactOf(scene.world, 2, { addresses: ELSEWHERE });
    const frame = update(contact);
    const { id } = scene.world.signer(1);
    const header = { destination: id, source: scene.peer.id, payloadType: TYPE.contactUpdate };
    await scene.peer.sendData(routeFrame(header, frame.slice(8)));
    expect(known(scene)).toEqual([""]);
  });

  it("longer than a contact can be closes the link", async () => {
    const { peer } = await beside();
    await peer.sendControl(update(new Uint8Array(1_025)));
    expect(peer.closed && codeFromWire(peer.closed.code)).toBe("bad_frame");
  });

  it("a thousand of them at once cost few signatures", async () => {
    const { world, node, peer } = await beside();
    const from = world.clock.wall();
    for (let at = 1; at <= 1_000; at++) {
      peer.queueControl(update(contactOf(world, 2, {}, REALM, from + at)));
    }
    await peer.settle();
    const { contacts_verified, contacts_refused } = node.status().counters;
    expect(contacts_verified ?? 0).toBeLessThan(100);
    expect(contacts_refused).toBeGreaterThan(900);
    expect(peer.closed).toBeUndefined();
    // Later ones count again.
    await world.advance(2_000);
    await peer.sendControl(update(contactOf(world, 2, { addresses: ELSEWHERE })));
    expect(node.status().contacts.map((it) => it.addresses.join())).toEqual(["192.0.2.9:9443"]);
  });
});

/** Answers the last find_node with these contacts, however many. */
async function answerFindNode(peer: RawPeer, contacts: readonly Uint8Array[]): Promise<void> {
  const question = peer.received.filter(({ type }) => type === TYPE.findNode).at(-1);
  if (question === undefined) throw new Error("nobody asked");
  const { number } = readDhtRequest(question.type, question.frame, 8, question.frame.length);
  await peer.sendControl(
    frameOf(TYPE.findNodeReply, (writer: FrameWriter) => {
      writer.array(2);
      writer.uint(number);
      writer.array(contacts.length);
      for (const contact of contacts) writer.bin(contact);
    }),
  );
}

describe("an answer to find_node", () => {
  it("that names the one who asks, or the one who answers, teaches nothing", async () => {
    const { world, node, peer } = await beside("auto");
    await peer.settle();
    const own = contactOf(world, 1, { addresses: [world.address(1)] });
    const itself = contactOf(world, 2);
    await answerFindNode(peer, [own, itself, own, itself]);
    await world.advance(2_000);
    expect(node.status().contacts.map((it) => it.node)).toEqual([node.status().links[0]?.node]);
    expect(node.status().counters.overlay_dials).toBeUndefined();
    expect(peer.closed).toBeUndefined();
  });

  it("with the same contact twenty times has it asked once", async () => {
    const { world, node, peer } = await beside("auto");
    await peer.settle();
    await answerFindNode(peer, new Array(20).fill(contactOf(world, 7)));
    await peer.settle();
    const asked = peer.received.filter(({ type }) => type === TYPE.rpcRoute);
    expect(asked).toHaveLength(1);
    expect(node.status().contacts).toHaveLength(1);
  });

  it("with contacts nobody has signed teaches nothing", async () => {
    const { world, node, peer } = await beside("auto");
    await peer.settle();
    const forged = contactOf(world, 7).fill(1, -64);
    await answerFindNode(peer, [
      forged,
      new Uint8Array(100),
      contactOf(world, 8, {}, realmId("a")),
    ]);
    expect(node.status().counters.contacts_refused).toBe(3);
    expect(node.status().contacts).toHaveLength(1);
  });

  it.each([21, 10_000])("with %i contacts closes the link", async (count) => {
    const { world, node, peer } = await beside("auto");
    await peer.settle();
    const contact = count > 100 ? new Uint8Array(1) : contactOf(world, 7);
    await answerFindNode(peer, new Array(count).fill(contact));
    expect(peer.closed && codeFromWire(peer.closed.code)).toBe("bad_frame");
    expect(node.status().links).toEqual([]);
  });
});

describe("a record that is offered", () => {
  const claim = (world: World, changed: Partial<RecordClaim> = {}): RecordClaim => {
    const seq = world.clock.wall();
    const honest = { key: KEY, seq, expires: seq + 300_000, withdrawn: false, anchors: [] };
    return { ...honest, boxKey: KEY, ...changed };
  };
  const signerOf = (world: World, number = 7) => signerFromSeed(world.keySeed(number));

  /** What the node says to a store, and what it holds at the key afterwards. */
  async function offered({ peer, node }: Beside, record: Uint8Array) {
    const write = (writer: FrameWriter) => writeDhtRequest(writer, 1, { kind: "store", record });
    await peer.sendControl(frameOf(TYPE.store, write));
    const ack = peer.received.filter(({ type }) => type === TYPE.storeAck).at(-1);
    const answer = ack && readDhtAnswer(ack.type, ack.frame, 8, ack.frame.length).answer;
    const code = answer?.kind === "store_ack" ? (answer.code ?? "stored") : "no answer";
    return [code, node.status().bounds.records?.used];
  }

  it.each<[string, (world: World) => Uint8Array]>([
    [
      "of another realm",
      (world) => signRecord(signerOf(world), realmId("org.other"), claim(world)).bytes,
    ],
    [
      "that has expired",
      (world) =>
        signRecord(signerOf(world), REALM, claim(world, { expires: world.clock.wall() - 601_000 }))
          .bytes,
    ],
    [
      "that never expires",
      (world) =>
        signRecord(
          signerOf(world),
          REALM,
          claim(world, { expires: world.clock.wall() + 71 * 60_000 }),
        ).bytes,
    ],
    [
      "with the signature of another",
      (world) => {
        const record = signRecord(signerOf(world), REALM, claim(world)).bytes;
        record.set(
          signRecord(signerOf(world, 8), REALM, claim(world)).bytes.slice(-64),
          record.length - 64,
        );
        return record;
      },
    ],
    [
      "in the name of another owner",
      (world) => {
        const record = signRecord(signerOf(world), REALM, claim(world)).bytes;
        const owner = Buffer.from(record).indexOf(Buffer.from(signerOf(world).id));
        record.set(signerOf(world, 8).id, owner);
        return record;
      },
    ],
    [
      "moved to another key",
      (world) => {
        const record = signRecord(signerOf(world), REALM, claim(world)).bytes;
        record.set(procedureKey(REALM, "other"), Buffer.from(record).indexOf(Buffer.from(KEY)));
        return record;
      },
    ],
  ])("%s is refused before it is stored", async (_, make) => {
    const scene = await beside();
    expect(await offered(scene, make(scene.world))).toEqual(["bad_record", 0]);
  });

  it("with any one bit flipped is refused before it is stored, and by its reader", async () => {
    const scene = await beside();
    const { world } = scene;
    const { bytes } = signRecord(signerOf(world), REALM, claim(world));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(await offered(scene, changed)).toEqual(["bad_record", 0]);
        const read = () => readRecord(changed, openMembers(REALM), world.clock.wall(), verify);
        expect(failure(read)).toBe("bad_record");
      }),
      { numRuns: 150 },
    );
    expect(await offered(scene, bytes)).toEqual(["stored", 1]);
  });

  it("of an older number is acknowledged and changes nothing", async () => {
    const scene = await beside();
    const { world, peer } = scene;
    const seq = world.clock.wall();
    const newer = signRecord(
      signerOf(world),
      REALM,
      claim(world, { seq: seq + 1, withdrawn: true }),
    );
    const older = signRecord(signerOf(world), REALM, claim(world, { seq }));
    expect(await offered(scene, newer.bytes)).toEqual(["stored", 1]);
    expect(await offered(scene, older.bytes)).toEqual(["stored", 1]);
    const find = { kind: "find_value", key: KEY as Key, near: KEY as Key } as const;
    await peer.sendControl(frameOf(TYPE.findValue, (writer) => writeDhtRequest(writer, 2, find)));
    const reply = peer.received.find(({ type }) => type === TYPE.findValueReply);
    const answer = reply && readDhtAnswer(reply.type, reply.frame, 8, reply.frame.length).answer;
    expect(answer).toMatchObject({ records: [] });
  });

  it("beyond 1,024 bytes closes the link", async () => {
    const scene = await beside();
    await offered(scene, new Uint8Array(1_025));
    expect(scene.peer.closed && codeFromWire(scene.peer.closed.code)).toBe("bad_frame");
  });
});
