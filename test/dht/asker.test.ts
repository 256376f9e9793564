import { describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import type { NodeId } from "../../src/base/id.ts";
import { Asker } from "../../src/dht/asker.ts";
import type { Link } from "../../src/peer/link.ts";
import type { Arrival } from "../../src/routing/arrival.ts";
import type { Courier } from "../../src/routing/courier.ts";
import type { Parcel } from "../../src/routing/parcel.ts";
import type { Router } from "../../src/routing/router.ts";
import { type DhtAnswer, readDhtRequest, writeDhtAnswer } from "../../src/wire/dht.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { tinyId } from "../base/tiny.ts";
import { contactOf, lonely } from "./scene.ts";

const PEER = tinyId(7);
const REQUEST = { kind: "find_node", target: tinyId(1) } as const;
const NOBODY: DhtAnswer = { kind: "find_node_reply", contacts: [] };
const TYPES = {
  find_node_reply: TYPE.findNodeReply,
  find_value_reply: TYPE.findValueReply,
  store_ack: TYPE.storeAck,
} as const;

type Sink = (arrival: Arrival, type: number, bytes: Uint8Array, from: number, to: number) => void;

/** An asker whose questions are kept, and answered by the test. */
function scene() {
  const { world, context } = lonely();
  const sent: Parcel[] = [];
  const sinks = new Map<number, Sink>();
  const counts = { forgotten: 0, learned: 0 };
  const courier = {
    send: (parcel: Parcel) => sent.push(parcel),
    forget: () => {
      counts.forgotten += 1;
    },
    learn: () => {
      counts.learned += 1;
    },
  } as unknown as Courier;
  const router = { on: (type: number, sink: Sink) => sinks.set(type, sink) } as unknown as Router;
  const asker = new Asker(context, courier, router);
  /** Answers the question that was sent last; its own number where none is given. */
  const answer = (what: DhtAnswer, from: NodeId = PEER, number = numberOf(sent.at(-1)!)): void => {
    const writer = new FrameWriter();
    writer.beginBare();
    writeDhtAnswer(writer, number, what);
    const bytes = writer.copy();
    sinks.get(TYPES[what.kind])?.({ source: from } as Arrival, 0, bytes, 0, bytes.length);
  };
  return { world, asker, sent, answer, counts };
}

function numberOf(parcel: Parcel): number {
  const writer = new FrameWriter();
  writer.beginBare();
  parcel.writeBody(writer);
  const bytes = writer.copy();
  return readDhtRequest(parcel.payloadType, bytes, 0, bytes.length).number;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (cause: { code: string }) => cause.code,
  );

describe("a question", () => {
  it("is sent to whom it is for, and resolves to the answer", async () => {
    const { asker, sent, answer, counts } = scene();
    const asked = asker.ask(contactOf(PEER), REQUEST);
    expect(sent).toMatchObject([{ destination: PEER, payloadType: TYPE.findNode }]);
    answer(NOBODY);
    expect(await asked).toEqual(NOBODY);
    expect([asker.pending, counts.forgotten, counts.learned]).toEqual([0, 1, 1]);
  });

  it("is not answered by another node, nor by a number nobody waits for", async () => {
    const { world, asker, sent, answer, counts } = scene();
    const asked = codeOf(asker.ask(contactOf(PEER), REQUEST));
    answer(NOBODY, tinyId(8));
    answer(NOBODY, PEER, numberOf(sent[0]!) + 1);
    expect(counts.learned).toBe(0);
    await world.advance(4_000);
    expect(await asked).toBe("timeout");
  });

  it("fails after three seconds, not before", async () => {
    const { world, asker } = scene();
    const asked = codeOf(asker.ask(contactOf(PEER), REQUEST));
    await world.advance(2_990);
    expect(asker.pending).toBe(1);
    await world.advance(100);
    expect([asker.pending, await asked]).toEqual([0, "timeout"]);
  });

  it("fails when the courier has no way", async () => {
    const { asker, sent } = scene();
    const asked = codeOf(asker.ask(contactOf(PEER), REQUEST));
    sent[0]?.failed(new MeshError("no_route", "nobody knows the way"), false);
    expect(await asked).toBe("no_route");
  });

  it("fails with the link it left over, and with no other", async () => {
    const { asker, sent } = scene();
    const link = { peer: PEER } as Link;
    const other = { peer: tinyId(9) } as Link;
    const asked = codeOf(asker.ask(contactOf(PEER), REQUEST));
    sent[0]?.sent(link, "direct");
    asker.linkLost(other);
    expect(asker.pending).toBe(1);
    asker.linkLost(link);
    expect(await asked).toBe("link_lost");
  });

  it("fails when the node closes", async () => {
    const { asker } = scene();
    const asked = codeOf(asker.ask(contactOf(PEER), REQUEST));
    asker.close(new MeshError("closed", "the node is closed"));
    expect(await asked).toBe("closed");
  });
});

describe("a store", () => {
  it.each([
    [undefined, "done"],
    ["overloaded", "overloaded"],
    ["refused", "refused"],
  ] as const)("that is answered with %s is %s", async (code, outcome) => {
    const { asker, answer, sent } = scene();
    const stored = codeOf(asker.store(contactOf(PEER), Uint8Array.of(1)));
    expect(sent[0]?.payloadType).toBe(TYPE.store);
    answer({ kind: "store_ack", code });
    expect(await stored).toBe(outcome);
  });

  it("is not done by an answer to something else", async () => {
    const { asker, answer } = scene();
    const stored = codeOf(asker.store(contactOf(PEER), Uint8Array.of(1)));
    answer(NOBODY);
    expect(await stored).toBe("bad_frame");
  });
});
