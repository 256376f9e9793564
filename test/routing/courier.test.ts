import { describe, expect, it } from "vitest";
import { concat, utf8 } from "../../src/base/bytes.ts";
import type { ErrorCode, MeshError } from "../../src/base/errors.ts";
import { idText, type NodeId, parseNodeId } from "../../src/base/id.ts";
import { signerFromSeed } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { Link } from "../../src/peer/link.ts";
import { withoutAttempt } from "../../src/routing/message-ids.ts";
import { startSimNode } from "../../src/sim/sim-node.ts";
import { World } from "../../src/sim/world.ts";
import { writeCall, writeResult } from "../../src/wire/call.ts";
import { TYPE } from "../../src/wire/frame.ts";
import {
  readRouteRequest,
  writeRouteError,
  writeRouteReply,
} from "../../src/wire/route-control.ts";
import { RouteView } from "../../src/wire/route-frame.ts";
import type { FrameWriter } from "../../src/wire/writer.ts";
import { frameOf, payload, RawPeer, routeFrame } from "../peer/raw-peer.ts";
import { FarEnd, viewOf } from "../seal/far-end.ts";
import { composeIn } from "../sim/composed.ts";
import { calls, parcel } from "./messages.ts";

/** Number of the node that is looked for; nobody is there, and the neighbour answers in its name. */
const TARGET = 9;

interface Scene {
  readonly world: World;
  /** An edge whose only way into the mesh is `way`. */
  readonly node: MeshNode;
  readonly self: NodeId;
  readonly target: NodeId;
  readonly way: RawPeer;
  readonly far: FarEnd;
}

async function scene(): Promise<Scene> {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const node = await startSimNode(world, 0, { mode: "edge", listen: true });
  const way = await RawPeer.link(world, 1, 0);
  way.received.length = 0;
  const far = new FarEnd(world, TARGET);
  const here = { world, node, self: parseNodeId(node.id), target: far.id, way, far };
  await tellKey(here);
  return here;
}

/** The node asks the target for its key, and is told; nothing of that is left to see. */
async function tellKey(here: Scene): Promise<void> {
  const ending = call(here, { timeout: 500 });
  await here.way.settle();
  const asking = here.way.received.find(({ type }) => type === TYPE.rpcRoute);
  await here.way.sendData(here.far.boxKeyFrame(viewOf(asking?.frame as Uint8Array)));
  await here.world.run(ending);
  here.way.received.length = 0;
}

/** Starts a call of the target; the code it ends with. */
function call({ node, target }: Scene, options: { maxHops?: number; timeout?: number } = {}) {
  const work = node.call("x", 1, { provider: idText(target), ...options });
  return work.catch((cause: MeshError) => cause.code);
}

/** The neighbour refuses a call in the name of some hop, the last one where no other is given. */
async function refuse(
  here: Pick<Scene, "way" | "self">,
  code: ErrorCode,
  { messageId } = calls(here.way).at(-1) as RouteView,
): Promise<void> {
  const notice = payload((it) => writeRouteError(it, { messageId, code, hop: 1 }));
  const header = { source: here.way.id, destination: here.self, payloadType: TYPE.routeError };
  await here.way.sendData(routeFrame(header, notice));
}

/** The neighbour answers the last route request as the target would, over `forwarders` nodes. */
async function showWay(here: Scene, forwarders: number): Promise<void> {
  const asked = here.way.received.filter(({ type }) => type === TYPE.routeRequest).at(-1);
  if (asked === undefined) throw new Error("nobody was asked for a way");
  const { requestId, source, target } = readRouteRequest(asked.frame, 8, asked.frame.length);
  const signer = signerFromSeed(here.world.keySeed(TARGET));
  const realm = realmId("com.example.sim");
  const signature = signer.sign(concat(utf8("macula route 1\0"), realm, requestId, source, target));
  const reply = payload((it) => writeRouteReply(it, { requestId, signature }));
  const labels = Array.from({ length: forwarders }, (_, at) => at + 100);
  const header = { source: target, destination: source, payloadType: TYPE.routeReply, labels };
  const frame = routeFrame({ ...header, maxHops: forwarders }, reply);
  frame[8] = forwarders;
  await here.way.sendData(frame);
}

/** A call is refused three times, and shown another way each time. */
async function refuseThrice(here: Scene): Promise<void> {
  await here.way.settle();
  for (let attempt = 1; attempt < 4; attempt++) {
    await refuse(here, "no_route");
    await showWay(here, 1);
    expect(calls(here.way)).toHaveLength(attempt + 1);
  }
}

async function answer(here: Scene, result: number): Promise<void> {
  const view = calls(here.way).at(-1) as RouteView;
  const opened = here.far.open(view.bytes);
  if (typeof opened === "string") throw new Error(`the call is ${opened}`);
  const callId = view.messageId;
  const reply = payload((it) => writeResult(it, callId, result));
  await here.way.sendData(here.far.reply({ view, opened }, reply));
}

describe("a message that is refused on its way", () => {
  it("goes again over a way that is searched, as another attempt at the same message", async () => {
    const here = await scene();
    const ending = call(here);
    await here.way.settle();
    await refuse(here, "no_route");
    await showWay(here, 2);
    const [first, second] = calls(here.way) as [RouteView, RouteView];
    expect([first.labelled, second.labelled, second.slots]).toEqual([false, true, 2]);
    expect([second.label(0), second.label(1)]).toEqual([101, 100]);
    expect(withoutAttempt(second.messageId)).toEqual(withoutAttempt(first.messageId));
    expect(second.messageId).not.toEqual(first.messageId);
    await answer(here, 5);
    expect(await here.world.run(ending)).toBe(5);
  });

  it("is tried four ways at most; then its caller is told the last reason", async () => {
    const here = await scene();
    const ending = call(here, { timeout: 60_000 });
    await refuseThrice(here);
    await refuse(here, "overloaded");
    expect(await here.world.run(ending)).toBe("overloaded");
    expect(calls(here.way)).toHaveLength(4);
  });

  it("is tried again later where hops alone say that there is no way: their word ends no call", async () => {
    const here = await scene();
    const ending = call(here, { timeout: 60_000 });
    await refuseThrice(here);
    const searches = here.node.status().counters.route_searches;
    await refuse(here, "no_route");
    expect(here.node.status().counters.route_searches).toBe(searches);
    await here.world.advance(1_000);
    expect(calls(here.way)).toHaveLength(5);
    await answer(here, 5);
    expect(await here.world.run(ending)).toBe(5);
  });

  it("is not tried again for what is said of an earlier attempt, or for its coming back", async () => {
    const here = await scene();
    const ending = call(here);
    await here.way.settle();
    await refuse(here, "no_route");
    await showWay(here, 1);
    const [first] = calls(here.way) as [RouteView];
    const searches = here.node.status().counters.route_searches;
    await refuse(here, "no_route", first);
    expect(here.node.status().counters.route_searches).toBe(searches);
    first.returned = true;
    await here.way.sendData(first.bytes);
    expect(here.node.status().counters.route_searches).toBe(searches);
    await answer(here, 5);
    expect(await here.world.run(ending)).toBe(5);
  });

  it("takes the usual way where a learned one has failed, also where none is searched", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const { courier, context } = await composeIn(world, 0, { mode: "edge" });
    const way = await RawPeer.link(world, 1, 0);
    const { id: target } = world.signer(TARGET);
    const link = context.table.to(way.id) as Link;
    courier.routes.learn(target, { link, labels: [7] }, world.clock.now());
    const failed: string[] = [];
    courier.send(parcel(context, target, { failed: ({ code }) => failed.push(code) }));
    const here = { way, self: context.self };
    await way.settle();
    await refuse(here, "stale_route");
    expect(calls(way).map(({ labelled }) => labelled)).toEqual([true, false]);
    await refuse(here, "no_route");
    expect([failed, calls(way).length]).toEqual([["no_route"], 2]);
  });

  it("fails where the key in its provider's record is none, so that another one is asked", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const { courier, context } = await composeIn(world, 0, { mode: "edge" });
    const way = await RawPeer.link(world, 1, 0);
    const { id: target } = world.signer(TARGET);
    const failed: string[] = [];
    courier.send(
      parcel(context, target, {
        boxKey: new Uint8Array(32),
        anchors: [way.id],
        failed: ({ code }) => failed.push(code),
      }),
    );
    await way.settle();
    expect([failed, calls(way), courier.size]).toEqual([["bad_record"], [], 0]);
  });

  it("is not sent over a way that is longer than it may be", async () => {
    const here = await scene();
    const ending = call(here, { maxHops: 2 });
    await here.way.settle();
    await refuse(here, "no_route");
    await showWay(here, 3);
    expect(await here.world.run(ending)).toBe("max_hops_exceeded");
    expect(calls(here.way)).toHaveLength(1);
  });

  it("ends with no_route when no way is shown, and soon again without a search", async () => {
    const here = await scene();
    const ending = call(here);
    await here.way.settle();
    await refuse(here, "no_route");
    expect(await here.world.run(ending)).toBe("no_route");
    const searches = here.node.status().counters.route_searches;
    const soon = call(here, { timeout: 100 });
    await here.way.settle();
    await refuse(here, "no_route");
    expect(await here.world.run(soon)).toBe("no_route");
    expect(here.node.status().counters.route_searches).toBe(searches);
  });

  it("waits for the next search where there is time", async () => {
    const here = await scene();
    const first = call(here);
    await here.way.settle();
    await refuse(here, "no_route");
    await here.world.run(first);
    const searches = here.node.status().counters.route_searches as number;
    const second = call(here, { timeout: 4_000 });
    await here.way.settle();
    await refuse(here, "no_route");
    await here.world.advance(500);
    expect(here.node.status().counters.route_searches).toBe(searches + 1);
    await showWay(here, 1);
    await answer(here, 6);
    expect(await here.world.run(second)).toBe(6);
  });

  it("shares one search with others for the same node", async () => {
    const here = await scene();
    const endings = [1, 2, 3].map(() => call(here, { timeout: 2_000 }));
    await here.way.settle();
    for (const view of calls(here.way)) await refuse(here, "no_route", view);
    expect(here.node.status().counters.route_searches).toBe(1);
    await showWay(here, 1);
    expect(calls(here.way)).toHaveLength(6);
    expect(await here.world.run(Promise.all(endings))).toEqual(["timeout", "timeout", "timeout"]);
  });
});

describe("a node without a link", () => {
  it("has no route to anybody, and says so at once", async () => {
    const world = new World({ seed: 1 });
    const node = await startSimNode(world, 0, { mode: "edge" });
    const ending = node.call("x", 1, { provider: "ab".repeat(32) });
    await expect(world.run(ending)).rejects.toMatchObject({
      code: "no_route",
      message: expect.stringContaining("this node has no link"),
    });
    expect(world.clock.now()).toBe(0);
  });
});

function routeErrorIn(frame: Uint8Array): boolean {
  if (frame[1] !== TYPE.rpcRoute) return false;
  const view = new RouteView();
  view.read(frame, 0, frame.length);
  return view.payloadType === TYPE.routeError;
}

describe("a link that is full", () => {
  const body = new Uint8Array(60_000);

  it("refuses a call, direct or routed, at once", async () => {
    const here = await scene();
    here.way.pause();
    for (const provider of [here.way.id, here.target].map(idText)) {
      const options = { provider, timeout: 1_500 };
      const work = Array.from({ length: 400 }, () =>
        here.node.call("x", body, options).catch((cause: MeshError) => cause.code),
      );
      const codes = new Set(await here.world.run(Promise.all(work)));
      expect(codes).toContain("overloaded");
      expect([...codes].every((code) => /overloaded|timeout|no_route/.test(String(code)))).toBe(
        true,
      );
    }
  });

  it("makes a forwarder refuse, and the frame is as it was", async () => {
    const world = new World({ seed: 1, link: { delay: [1, 1] } });
    const node = await startSimNode(world, 0, { mode: "gateway", listen: true });
    const [left, right] = [await RawPeer.link(world, 1, 0), await RawPeer.link(world, 2, 0)];
    right.pause();
    const frame = routeFrame({ source: left.id, destination: right.id }, body);
    for (let at = 0; at < 400; at++) left.queueData(frame);
    await world.advance(1_000);
    const refused = node.status().counters.frames_refused as number;
    expect(refused).toBeGreaterThan(0);
    expect(node.status().counters.frames_forwarded).toBe(400 - refused);
    const notices = left.received.filter(({ frame }) => routeErrorIn(frame));
    expect(notices).toHaveLength(refused);
  });
});

/** An edge with one gateway that provides `slow`, which ends when it is told to; and a peer linked to the edge. */
async function slowProvider() {
  const world = new World({ seed: 1, link: { delay: [1, 1] } });
  const gateway = await startSimNode(world, 3, { mode: "gateway", listen: true });
  const node = await startSimNode(world, 0, { mode: "edge", listen: true, bootstrap: [3] });
  await world.run(node.ready());
  const handler = { finish: (_: number): void => {}, runs: 0 };
  const slow = () => {
    handler.runs += 1;
    return new Promise<number>((resolve) => {
      handler.finish = resolve;
    });
  };
  await world.run(node.register("slow", slow));
  return { world, gateway, node, handler, peer: await RawPeer.link(world, 1, 0) };
}

const askSlow = (writer: FrameWriter): void =>
  writeCall(writer, new Uint8Array(16).fill(7), "slow", 5_000, Uint8Array.of(0xc0));

describe("an answer", () => {
  it("finds another way when the one its question came is gone", async () => {
    const { world, gateway, node, handler, peer } = await slowProvider();
    const far = new FarEnd(world, TARGET);
    const self = parseNodeId(node.id);
    await far.learn(peer, self);
    await peer.sendData(far.frame(self, {}, payload(askSlow)));
    peer.closeAfter(0);
    await world.advance(100);
    expect(node.status().links).toHaveLength(1);
    handler.finish(1);
    await world.advance(100);
    // The gateway has got it, and knows no way to the one who asked.
    expect(gateway.status().counters.frames_returned).toBe(1);
  });

  it("over a link that is gone is for no other to see, and there when it is asked for again", async () => {
    const { world, gateway, node, handler, peer } = await slowProvider();
    await peer.sendData(frameOf(TYPE.call, askSlow));
    peer.closeAfter(0);
    await world.advance(100);
    handler.finish(1);
    await world.advance(100);
    expect(node.status().counters.answers_undeliverable).toBe(1);
    expect(gateway.status().counters.frames_returned ?? 0).toBe(0);
    const again = await RawPeer.link(world, 1, 0);
    await again.sendData(frameOf(TYPE.call, askSlow));
    expect([again.types.filter((type) => type === TYPE.reply).length, handler.runs]).toEqual([
      1, 1,
    ]);
  });
});
