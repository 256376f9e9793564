import { describe, expect, it } from "vitest";
import { concat, utf8 } from "../../src/base/bytes.ts";
import { codeFromWire, type ErrorCode } from "../../src/base/errors.ts";
import { type NodeId, parseNodeId } from "../../src/base/id.ts";
import { signerFromSeed } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { SEARCH_BUDGET } from "../../src/routing/deflector.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { writeCall, writeCast } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import {
  readHopReport,
  readRouteError,
  readRouteReply,
  writeHopReport,
  writeRouteError,
  writeRouteReply,
  writeRouteRequest,
} from "../../src/wire/route-control.ts";
import { RouteView, SEAL } from "../../src/wire/route-frame.ts";
import { frameOf, payload, RawPeer, routeFrame } from "../peer/raw-peer.ts";
import { FarEnd } from "../seal/far-end.ts";
import { routed, type Scene, scene } from "./gateway.ts";

const NOBODY = parseNodeId("ab".repeat(32));

/** What a route error that came back says. */
function refusal(peer: RawPeer): { code: ErrorCode; hop: number } {
  const view = routed(peer);
  expect(view.payloadType).toBe(TYPE.routeError);
  return readRouteError(view.bytes, view.bodyStart, view.end);
}

const dropped = ({ node }: Scene) => node.status().counters.frames_dropped ?? 0;
const toNobody = (source: RawPeer) => ({ source: source.id, destination: NOBODY });

/** A searched frame has come back to the gateway in a circle; who sent it there does not tell what it gets since. */
async function circle() {
  const { world, node, left, right } = await scene();
  const third = await RawPeer.link(world, 3, 0);
  third.received.length = 0;
  await left.sendData(routeFrame({ ...toNobody(left), maxHops: 5, budget: 9 }));
  const [first, other] = right.types.length > 0 ? [right, third] : [third, right];
  first.accepts = false;
  const circling = routed(first);
  circling.passOn(1);
  await first.sendData(circling.bytes);
  return { world, node, first, other };
}

describe("a route frame from a neighbour", () => {
  it("is passed on with its hop counted, the link noted and the body untouched", async () => {
    const here = await scene();
    const body = Uint8Array.of(1, 2, 3);
    const { left, right } = here;
    await left.sendData(routeFrame({ source: left.id, destination: right.id }, body));
    const view = routed(right);
    expect([view.hopCount, view.source, view.destination]).toEqual([1, left.id, right.id]);
    expect(view.bytes.slice(view.bodyStart, view.end)).toEqual(body);
    expect(view.label(0)).toBeGreaterThan(0);
  });

  it("comes back along its labels", async () => {
    const { left, right } = await scene();
    await left.sendData(routeFrame({ source: left.id, destination: right.id }));
    const labels = routed(right).returnLabels();
    await right.sendData(routeFrame({ source: right.id, destination: left.id, labels }));
    expect([routed(left).source, routed(left).hopCount]).toEqual([right.id, 1]);
  });

  it("that nobody can take on goes back to where it came from", async () => {
    const { left, right } = await scene();
    await left.sendData(routeFrame({ ...toNobody(left), maxHops: 0 }));
    expect([routed(left).returned, routed(left).hopCount]).toEqual([true, 0]);
    expect(right.types).toEqual([]);
  });

  it("that is not worth a search is refused to its source", async () => {
    const { left } = await scene();
    await left.sendData(routeFrame({ ...toNobody(left), maxHops: 0, plain: true }));
    expect(refusal(left)).toMatchObject({ code: "max_hops_exceeded", hop: 0 });
  });

  it("whose route has lost a link goes on another way, and its source is told", async () => {
    const { left, right } = await scene();
    await left.sendData(routeFrame({ ...toNobody(left), labels: [1] }));
    expect(refusal(left)).toMatchObject({ code: "stale_route", hop: 0 });
    const view = routed(right);
    expect([view.labelled, view.slots, view.hopCount, view.deflected]).toEqual([false, 3, 1, true]);
  });

  it("that comes back is tried elsewhere, and goes back itself when nothing is left", async () => {
    const { left, right } = await scene();
    await left.sendData(routeFrame(toNobody(left)));
    const sent = routed(right);
    sent.returned = true;
    await right.sendData(sent.bytes);
    expect([routed(left).returned, routed(left).hopCount]).toEqual([true, 0]);
    expect(routed(left).budget).toBe(SEARCH_BUDGET - 1);
  });

  it("that comes again over more forwarders goes back at once, and nobody else gets it", async () => {
    const { first, other } = await circle();
    expect([routed(first).returned, routed(first).hopCount]).toEqual([true, 2]);
    expect(other.types).toEqual([]);
  });

  it("that was lost on its way back goes to nobody else", async () => {
    const { world, node, other } = await circle();
    await world.advance(1_000);
    expect([node.status().counters.searches_lost, other.types]).toEqual([1, []]);
  });

  it("that claims a larger budget than there is gets what there is", async () => {
    const { left, right } = await scene();
    const frame = routeFrame(toNobody(left));
    frame[11] = 255;
    await left.sendData(frame);
    expect(routed(right).budget).toBe(SEARCH_BUDGET - 1);
  });

  it("that comes back to a node that can't have sent it is dropped", async () => {
    const here = await scene();
    const frame = routeFrame(toNobody(here.left));
    frame[10] = 0x04;
    await here.left.sendData(frame);
    expect([dropped(here), here.left.types, here.right.types]).toEqual([1, [], []]);
  });

  it("that reports a failure is never answered with one", async () => {
    const here = await scene();
    for (const payloadType of [TYPE.routeError, TYPE.hopReport]) {
      await here.left.sendData(routeFrame({ ...toNobody(here.left), maxHops: 0, payloadType }));
    }
    expect(here.left.types).toEqual([]);
    expect(here.node.status().counters.frames_refused).toBe(2);
  });

  it.each<[string, (here: Scene) => Uint8Array]>([
    [
      "with this node as its source",
      ({ self }) => routeFrame({ source: self, destination: NOBODY }),
    ],
    [
      "of an unknown payload",
      ({ self, left }) => routeFrame({ source: left.id, destination: self, payloadType: 0x77 }),
    ],
    [
      "of a payload that is not delivered so",
      ({ self, left }) =>
        routeFrame({ source: left.id, destination: self, payloadType: TYPE.ping }),
    ],
    ["with more hops than it may have", ({ left }) => patched(routeFrame(toNobody(left)), 8, 4)],
    [
      "with a seal that is unknown",
      ({ left }) => patched(routeFrame(toNobody(left)), 8 + 4 + 6 + 83, 4),
    ],
    ["that is cut short", ({ left }) => cut(routeFrame(toNobody(left)), 60)],
    [
      "with a call that is not sealed",
      ({ self, left }) =>
        routeFrame(
          { source: left.id, destination: self },
          payload((it) => writeCall(it, new Uint8Array(16), "one", 1_000, Uint8Array.of(0xc0))),
        ),
    ],
    [
      "with a sealed notice",
      ({ self, left }) =>
        routeFrame(
          {
            source: left.id,
            destination: self,
            payloadType: TYPE.hopReport,
            seal: SEAL.session,
          },
          payload((it) =>
            writeHopReport(it, { messageId: new Uint8Array(16), hop: 1, rule: "cached" }),
          ),
        ),
    ],
    [
      "with a malformed notice",
      ({ self, left }) =>
        routeFrame({ source: left.id, destination: self, payloadType: TYPE.routeError }),
    ],
  ])("is dropped and counted, and the neighbour stays: %s", async (_, make) => {
    const here = await scene();
    await here.left.sendData(make(here));
    expect(dropped(here)).toBe(1);
    expect([here.left.types, here.right.types]).toEqual([[], []]);
    expect(here.node.status().links).toHaveLength(2);
  });

  it("for this node runs the call, and the answer goes back the way it came", async () => {
    const here = await scene();
    const { world, node, left } = here;
    const third = await startSimNode(world, 3, { mode: "gateway", listen: true, bootstrap: [0] });
    await world.run(third.ready());
    await world.run(node.register("one", () => 1));
    const call = payload((it) =>
      writeCall(it, new Uint8Array(16).fill(5), "one", 1_000, Uint8Array.of(0xc0)),
    );
    const far = new FarEnd(world, 1);
    await far.learn(left, here.self);
    left.received.length = 0;
    await left.sendData(far.frame(here.self, { traced: true }, call));
    const types = left.received.map(({ frame }) => {
      const view = new RouteView();
      view.read(frame, 0, frame.length);
      return view.payloadType;
    });
    expect(types).toEqual([TYPE.hopReport, TYPE.reply]);
    const cast = payload((it) => writeCast(it, "one", Uint8Array.of(0xc0)));
    await left.sendData(far.frame(here.self, { payloadType: TYPE.cast }, cast));
    expect(dropped(here)).toBe(0);
  });

  it("that is traced is reported to its source as it passes", async () => {
    const { left, right } = await scene();
    await left.sendData(routeFrame({ source: left.id, destination: right.id, traced: true }));
    const view = routed(left);
    expect(view.payloadType).toBe(TYPE.hopReport);
    expect(readHopReport(view.bytes, view.bodyStart, view.end)).toMatchObject({
      hop: 0,
      rule: "greedy",
    });
  });

  it("straight on a link that belongs into one closes it when it is malformed", async () => {
    const { left } = await scene();
    await left.sendControl(frameOf(TYPE.routeError, (writer) => writer.array(3)));
    expect(left.closed && codeFromWire(left.closed.code)).toBe("bad_frame");
  });
});

function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value;
  return bytes;
}

function cut(bytes: Uint8Array, end: number): Uint8Array {
  const short = bytes.slice(0, end);
  new DataView(short.buffer).setUint32(4, end - 8);
  return short;
}

describe("a route request from a neighbour", () => {
  const requestId = new Uint8Array(16).fill(9);
  const ask = (source: NodeId, target: NodeId, hopsLeft = 4, id = requestId) =>
    frameOf(TYPE.routeRequest, (writer) =>
      writeRouteRequest(writer, { requestId: id, source, target, hopsLeft, labels: [] }),
    );

  it("is passed on to the others, once", async () => {
    const { left, right } = await scene();
    await left.sendControl(ask(left.id, NOBODY));
    await left.sendControl(ask(left.id, NOBODY));
    expect([left.types, right.types]).toEqual([[], [TYPE.routeRequest]]);
  });

  it("for this node is answered with its signature", async () => {
    const { self, world, left } = await scene();
    await left.sendControl(ask(left.id, self));
    const view = routed(left);
    const reply = readRouteReply(view.bytes, view.bodyStart, view.end);
    const signed = concat(
      utf8("macula route 1\0"),
      realmId("com.example.sim"),
      requestId,
      left.id,
      self,
    );
    expect(reply.requestId).toEqual(requestId);
    expect(reply.signature).toEqual(signerFromSeed(world.keySeed(0)).sign(signed));
  });

  it("comes no more often than it may; the rest is dropped and counted", async () => {
    const { node, left, right } = await scene();
    const ids = Array.from({ length: 150 }, (_, at) => new Uint8Array(16).fill(at + 1));
    await left.sendControl(concat(...ids.map((id) => ask(left.id, NOBODY, 4, id))));
    const passed = right.types.length;
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThan(110);
    expect(node.status().counters.route_requests_dropped).toBe(150 - passed);
  });

  it("comes no more often than it may from all neighbours together", async () => {
    const { world, node, left } = await scene();
    const peers = [left];
    for (let number = 3; number < 15; number++) peers.push(await RawPeer.link(world, number, 0));
    for (const [at, peer] of peers.entries()) {
      for (let count = 0; count < 95; count++) {
        const id = new Uint8Array(16).fill(at + 1);
        id[0] = count;
        peer.queueControl(ask(peer.id, NOBODY, 4, id));
      }
    }
    await left.settle();
    const dropped = node.status().counters.route_requests_dropped as number;
    expect(dropped).toBeGreaterThan(95 * 13 - 1_100);
    expect(dropped).toBeLessThanOrEqual(95 * 13 - 1_000);
  });

  it("that is malformed closes the link", async () => {
    const { left } = await scene();
    await left.sendControl(frameOf(TYPE.routeRequest, (writer) => writer.array(5)));
    expect(left.closed && codeFromWire(left.closed.code)).toBe("bad_frame");
  });
});

describe("answers nobody asked for", () => {
  it("change nothing", async () => {
    const here = await scene();
    const { left, self } = here;
    const to = { source: left.id, destination: self };
    const notice = payload((it) =>
      writeRouteError(it, { messageId: new Uint8Array(16), code: "no_route", hop: 1 }),
    );
    const reply = payload((it) =>
      writeRouteReply(it, { requestId: new Uint8Array(16), signature: new Uint8Array(64) }),
    );
    await left.sendData(routeFrame({ ...to, payloadType: TYPE.routeError }, notice));
    await left.sendData(routeFrame({ ...to, payloadType: TYPE.routeReply }, reply));
    expect(left.types).toEqual([]);
    expect(dropped(here)).toBe(0);
  });
});

describe("a search", () => {
  it("believes only the target itself", async () => {
    const { world, node, left, right } = await scene();
    const call = node.call("x", 1, { provider: "ab".repeat(32), timeout: 2_000 });
    const ending = call.catch((cause: { code: string }) => cause.code);
    await left.settle();
    await giveBack(left);
    await giveBack(right);
    await giveBack(left);
    const forged = payload((it) =>
      writeRouteReply(it, {
        requestId: requestIdOf(left),
        signature: new Uint8Array(64).fill(1),
      }),
    );
    const header = {
      source: NOBODY,
      destination: parseNodeId(node.id),
      payloadType: TYPE.routeReply,
    };
    await left.sendData(routeFrame(header, forged));
    expect(await world.run(ending)).toBe("no_route");
    expect(node.status().counters.route_replies_refused).toBe(1);
  });
});

/** The peer knows no way on for the last route frame it got. */
async function giveBack(peer: RawPeer): Promise<void> {
  if (!peer.types.includes(TYPE.rpcRoute)) return;
  const view = routed(peer);
  view.returned = true;
  await peer.sendData(view.bytes.slice(view.start, view.end));
}

/** The id of the route request that came last: its first field. */
function requestIdOf(peer: RawPeer): Uint8Array {
  const last = peer.received.filter(({ type }) => type === TYPE.routeRequest).at(-1);
  if (last === undefined) throw new Error("no route request came");
  return last.frame.slice(11, 27);
}
