import { describe, expect, it } from "vitest";
import type { MeshError } from "../../src/base/errors.ts";
import type { Link } from "../../src/peer/link.ts";
import { directArrival } from "../../src/routing/arrival.ts";
import { World } from "../../src/sim/world.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { farId } from "../base/tiny.ts";
import { RawPeer } from "../peer/raw-peer.ts";
import { composeIn } from "../sim/composed.ts";
import { calls, parcel } from "./messages.ts";

/** An edge with two ways into the mesh; it knows a route to the target over the first one. */
async function scene() {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const { courier, context } = await composeIn(world, 0, { mode: "edge" });
  const [first, second] = [await RawPeer.link(world, 1, 0), await RawPeer.link(world, 2, 0)];
  first.received.length = 0;
  second.received.length = 0;
  const { id: target } = world.signer(9);
  const link = context.table.to(first.id) as Link;
  courier.routes.learn(target, { link, labels: [7] }, world.clock.now());
  /** Of the calls that each way got, whether they follow the route. */
  const labelled = () => [first, second].map((way) => calls(way).map((view) => view.labelled));
  return { courier, context, target, link, first, second, labelled };
}

describe("a learned route", () => {
  it("is taken, and left when nobody answers over it", async () => {
    const { courier, context, target, first, labelled } = await scene();
    const message = parcel(context, target);
    courier.send(message);
    await first.settle();
    expect(labelled()).toEqual([[true], []]);
    courier.again(message, 1);
    await first.settle();
    expect(labelled()).toEqual([[true], [false]]);
  });

  it("is not taken while its first node is suspect", async () => {
    const { courier, context, target, link, first, labelled } = await scene();
    link.custody.isSuspect = true;
    courier.send(parcel(context, target));
    await first.settle();
    expect(labelled()).toEqual([[], [false]]);
  });
});

it("a message is tried over each first link as often as it has anchors, and then no more", async () => {
  const { courier, context, target, first, second } = await scene();
  courier.routes.forget(target);
  const failed: string[] = [];
  const anchors = [farId(0x10), farId(0xf0)];
  const changed = { anchors, failed: ({ code }: MeshError) => failed.push(code) };
  const message = parcel(context, target, changed);
  courier.send(message);
  for (let time = 0; time < 3; time++) courier.again(message, 1);
  await first.settle();
  expect([first, second].map((way) => calls(way).length)).toEqual([2, 2]);
  expect(failed).toEqual([]);
  courier.again(message, 1);
  expect(failed).toEqual(["no_route"]);
});

it("an answer goes another way while the node it would go back over is suspect", async () => {
  const { courier, target, link, first, second } = await scene();
  const arrival = { ...directArrival(link), source: target, labels: [7], hops: 1 };
  courier.routes.forget(target);
  courier.answer(arrival, TYPE.routeReply, (writer) => writer.array(0));
  link.custody.isSuspect = true;
  courier.answer(arrival, TYPE.routeReply, (writer) => writer.array(0));
  await first.settle();
  const routed = [first, second].map(({ types }) => types.filter((it) => it === TYPE.rpcRoute));
  expect(routed.map(({ length }) => length)).toEqual([1, 1]);
});

it("a hop that refuses the last of many copies does not keep the word on the others from coming", async () => {
  const { courier, context, target, first } = await scene();
  courier.routes.forget(target);
  const undone: number[] = [];
  const failed: string[] = [];
  const message = parcel(context, target, {
    searches: true,
    anchors: [0x10, 0x50, 0x90, 0xf0].map(farId),
    undone: (attempt) => undone.push(attempt),
    failed: ({ code }) => failed.push(code),
  });
  courier.send(message);
  courier.again(message, 2);
  courier.again(message, 4);
  const ids = [6, 5, 4, 3, 2, 1, 0].map((attempt) => context.ids.bytes(message.number, attempt));
  for (const messageId of ids) courier.routeError({ messageId, code: "no_route", hop: 1 });
  await first.settle();
  expect(undone).toEqual([6, 5, 4, 3, 2, 1, 0]);
  expect(failed).toEqual([]);
});
