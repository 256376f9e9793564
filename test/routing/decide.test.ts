import { describe, expect, it } from "vitest";
import { routeOrDeliver, shouldDeliverLocally } from "../../src/routing/decide.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { type RouteHeader, RouteView, writeRouteHeader } from "../../src/wire/route-frame.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { farId } from "../base/tiny.ts";
import { link, linksOf } from "./neighbours.ts";

const SELF = farId(0x40);
const SOURCE = farId(0x01);
const TARGET = farId(0x80);
const standing = { self: SELF, transit: true };

const HEADER: RouteHeader = {
  destination: TARGET,
  source: SOURCE,
  messageId: new Uint8Array(16),
  maxHops: 3,
  payloadType: TYPE.call,
  labels: undefined,
  traced: false,
  destinationAnchors: [],
  sourceAnchors: [],
};

/** A frame that has passed `hops` forwarders over links with label 9. */
function frame(changed: Partial<RouteHeader> = {}, hops = 0): RouteView {
  const writer = new FrameWriter();
  writer.begin();
  writeRouteHeader(writer, { ...HEADER, ...changed });
  writer.finish(TYPE.rpcRoute);
  const bytes = writer.copy();
  const view = new RouteView();
  view.read(bytes, 0, bytes.length);
  for (let hop = 0; hop < hops; hop++) view.passOn(9);
  return view;
}

const near = link(farId(0x88), 5);
const far = link(farId(0x02), 6);
const links = linksOf(far, near);

describe("a route frame for another node", () => {
  it("is forwarded to the neighbour that is nearer", () => {
    expect(routeOrDeliver(frame(), standing, links)).toEqual({
      kind: "forward",
      next: near,
      rule: "greedy",
    });
  });

  it("is forwarded to another one that is nearer, when it is a further attempt", () => {
    const second = link(farId(0x90), 7);
    const messageId = new Uint8Array(16);
    messageId[9] = 1;
    const decision = routeOrDeliver(frame({ messageId }), standing, linksOf(far, near, second));
    expect(decision).toMatchObject({ kind: "forward", next: second });
  });

  it("does not follow a label to who is suspect", () => {
    const suspect = { ...link(farId(0x88), 5), isSuspect: true };
    const view = frame({ labels: [9, 5] }, 1);
    expect(routeOrDeliver(view, standing, linksOf(far, suspect))).toEqual({
      kind: "stuck",
      code: "stale_route",
    });
  });

  it("is forwarded towards an anchor of its destination", () => {
    const view = frame({ destinationAnchors: [farId(0x03)] });
    expect(routeOrDeliver(view, standing, links)).toMatchObject({ next: far });
  });

  it("follows its labels, wherever they lead", () => {
    const view = frame({ labels: [9, 6] }, 1);
    expect(routeOrDeliver(view, standing, links)).toEqual({
      kind: "forward",
      next: far,
      rule: "cached",
    });
  });

  it("with no label left does not take the bytes behind the slots for one", () => {
    const { destination } = frame();
    const label = new DataView(destination.buffer).getUint16(0);
    const neighbours = linksOf(link(farId(0x88), label));
    expect(routeOrDeliver(frame({ labels: [5] }, 1), standing, neighbours)).toEqual({
      kind: "stuck",
      code: "stale_route",
    });
  });

  it("is changed by no decision", () => {
    const view = frame({ labels: [5] });
    const before = view.bytes.slice();
    routeOrDeliver(view, standing, links);
    expect(view.bytes).toEqual(before);
  });

  it.each([
    ["at a dead end", frame(), linksOf(link(farId(0x60))), standing, "no_route"],
    [
      "on a node that carries no transit",
      frame(),
      links,
      { self: SELF, transit: false },
      "no_route",
    ],
    ["with its hops used up", frame({}, 3), links, standing, "max_hops_exceeded"],
    ["that may pass no forwarder", frame({ maxHops: 0 }), links, standing, "max_hops_exceeded"],
    ["with a label of no link", frame({ labels: [7] }), links, standing, "stale_route"],
    ["with no label left", frame({ labels: [5] }, 1), links, standing, "stale_route"],
  ] as const)("has no straight way on %s", (_, view, neighbours, where, code) => {
    expect(routeOrDeliver(view, where, neighbours)).toEqual({ kind: "stuck", code });
  });

  it("with more labels than hops is stuck when those are used up", () => {
    const view = frame({ labels: [9, 9, 5], maxHops: 2 }, 2);
    expect(routeOrDeliver(view, standing, links)).toMatchObject({ code: "max_hops_exceeded" });
  });
});

describe("a route frame for this node", () => {
  it.each([
    [TYPE.call, "deliver_call"],
    [TYPE.cast, "deliver_call"],
    [TYPE.cancel, "deliver_call"],
    [TYPE.reply, "deliver_reply"],
    [TYPE.findNode, "deliver_control"],
    [TYPE.findNodeReply, "deliver_control"],
    [TYPE.findValue, "deliver_control"],
    [TYPE.findValueReply, "deliver_control"],
    [TYPE.store, "deliver_control"],
    [TYPE.storeAck, "deliver_control"],
    [TYPE.routeError, "deliver_control"],
    [TYPE.routeReply, "deliver_control"],
    [TYPE.hopReport, "deliver_control"],
  ])("with payload type %i is taken: %s", (payloadType, kind) => {
    const view = frame({ destination: SELF, payloadType });
    expect(routeOrDeliver(view, standing, links)).toEqual({ kind });
    expect(shouldDeliverLocally(view, SELF)).toBe(true);
  });

  it.each([0, TYPE.connect, TYPE.ping, TYPE.rpcRoute, TYPE.routeRequest, 0x10, 0xff])(
    "with payload type %i is dropped",
    (payloadType) => {
      const view = frame({ destination: SELF, payloadType });
      expect(routeOrDeliver(view, standing, links)).toEqual({
        kind: "drop",
        reason: "unknown_payload",
      });
    },
  );

  it("is delivered with its last hop, on a node without transit, and off its labels", () => {
    const last = frame({ destination: SELF }, 3);
    expect(routeOrDeliver(last, standing, links)).toEqual({ kind: "deliver_call" });
    expect(routeOrDeliver(last, { self: SELF, transit: false }, links)).toEqual({
      kind: "deliver_call",
    });
    const labelled = frame({ destination: SELF, labels: [5] }, 1);
    expect(routeOrDeliver(labelled, standing, linksOf())).toEqual({ kind: "deliver_call" });
  });
});

describe("a route frame that claims to be from this node", () => {
  it("is dropped, whoever it is for", () => {
    const dropped = { kind: "drop", reason: "own_source" };
    expect(routeOrDeliver(frame({ source: SELF }), standing, links)).toEqual(dropped);
    const own = frame({ source: SELF, destination: SELF });
    expect(routeOrDeliver(own, standing, links)).toEqual(dropped);
    const labelled = frame({ source: SELF, labels: [9, 5] }, 1);
    expect(routeOrDeliver(labelled, standing, links)).toEqual(dropped);
  });

  it("goes on along its labels where it is a notice: its way back may lead through here", () => {
    for (const payloadType of [TYPE.routeError, TYPE.hopReport]) {
      const notice = frame({ source: SELF, labels: [9, 5], payloadType }, 1);
      const decision = routeOrDeliver(notice, standing, links);
      expect(decision).toEqual({ kind: "forward", next: near, rule: "cached" });
    }
  });
});
