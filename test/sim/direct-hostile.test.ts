import { describe, expect, it } from "vitest";
import { idText } from "../../src/base/id.ts";
import { writeKnock } from "../../src/nat/knock.ts";
import { TYPE } from "../../src/wire/frame.ts";
import {
  readObserve,
  writeObservation,
  writePunchGo,
  writePunchOffer,
} from "../../src/wire/punch.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { routeFrame } from "../peer/raw-peer.ts";
import { settled } from "../rpc/line.ts";
import { turned } from "../seal/ends.ts";
import { counted } from "../wire/sample.ts";
import { HostilePunch } from "./hostile-punch.ts";

/** The payload that `write` writes. */
function payload(write: (writer: FrameWriter) => void): Uint8Array {
  const writer = new FrameWriter();
  writer.beginBare();
  write(writer);
  return writer.copy();
}

describe("an offer of a link", () => {
  it("is gone into where its address is vouched for, and knocks go there", async () => {
    const scene = await HostilePunch.start();
    const { id } = scene.offer({});
    await scene.world.advance(500);
    expect(scene.answers).toMatchObject([{ code: undefined }]);
    const before = scene.hostile.parts.transport.stats().datagramsReceived;
    scene.go({ id, secret: scene.answers[0]?.secret as Uint8Array });
    await scene.world.advance(3_000);
    // Nobody knocks back: ten knocks, and that is all.
    expect(scene.counter("knocks_sent")).toBe(10);
    const { datagramsReceived } = scene.hostile.parts.transport.stats();
    expect(datagramsReceived - before).toBeGreaterThanOrEqual(10);
    expect(scene.counter("punches_taken")).toBe(1);
  });

  it("with a victim's address is refused, counted, and sends no packet there", async () => {
    for (const [why, statement] of (await HostilePunch.start()).worthless()) {
      const scene = await HostilePunch.start();
      const { id } = scene.offer({ observations: [statement] });
      await scene.world.advance(500);
      expect([why, scene.answers[0]?.code]).toEqual([why, "refused"]);
      scene.go({ id, secret: counted(16, 0) });
      await scene.world.advance(5_000);
      expect([why, scene.packetsAtVictim]).toEqual([why, 0]);
      expect(scene.counter("knocks_sent")).toBe(0);
      expect(scene.counter("punches_refused")).toBe(1);
    }
  });

  it("sends no packet to a victim that is named beside an address that counts", async () => {
    for (const [why, bad] of (await HostilePunch.start()).worthless()) {
      const scene = await HostilePunch.start();
      const good = scene.observation(1, 30, scene.ownAddress);
      const { id } = scene.offer({ observations: [good, bad] });
      await scene.world.advance(500);
      // An honest peer may be seen by nodes that are not known here; of all else it sends nothing.
      const isPassedOver = why === "signed by an accomplice that nobody knows";
      expect([why, scene.answers[0]?.code]).toEqual([why, isPassedOver ? undefined : "refused"]);
      scene.go({ id, secret: scene.answers[0]?.secret as Uint8Array });
      await scene.world.advance(5_000);
      expect([why, scene.packetsAtVictim]).toEqual([why, 0]);
      expect([why, scene.counter("knocks_sent")]).toEqual([why, isPassedOver ? 10 : 0]);
    }
  });

  it("that names a victim as its own interface has it passed over", async () => {
    const scene = await HostilePunch.start();
    // In the very network of the honest node, but not seen at the same host.
    const { id } = scene.offer({ locals: [scene.victimAddress] });
    await scene.world.advance(500);
    scene.go({ id, secret: scene.answers[0]?.secret as Uint8Array });
    await scene.world.advance(3_000);
    expect(scene.counter("knocks_sent")).toBe(10);
    expect(scene.packetsAtVictim).toBe(0);
  });

  it("that is not sealed is dropped, in whosever name it comes", async () => {
    const scene = await HostilePunch.start();
    const { hostile, honest } = scene.ids;
    const statement = scene.observation(1, 30, scene.victimAddress);
    const offer = payload((writer) =>
      writePunchOffer(writer, {
        id: counted(16, 1),
        secret: counted(16, 1),
        mapping: "stable",
        locals: [],
        observations: [statement],
      }),
    );
    const dropped = scene.counter("frames_dropped");
    const header = { source: hostile, destination: honest, payloadType: TYPE.punchOffer };
    const frame = routeFrame(header, offer);
    scene.linkToHonest.send(frame, 0, frame.length);
    await scene.world.advance(2_000);
    expect(scene.counter("frames_dropped")).toBe(dropped + 1);
    expect([scene.answers.length, scene.packetsAtVictim]).toEqual([0, 0]);
  });

  it("comes to nothing over a link, where nothing is sealed", async () => {
    const scene = await HostilePunch.start();
    const writer = new FrameWriter();
    writer.begin();
    const statement = scene.observation(30, 1, scene.victimAddress);
    writePunchOffer(writer, {
      id: counted(16, 1),
      secret: counted(16, 1),
      mapping: "stable",
      locals: [],
      observations: [statement],
    });
    writer.finish(TYPE.punchOffer);
    const link = scene.linkToHonest;
    link.sendFrame(writer);
    await scene.world.advance(2_000);
    expect([scene.counter("knocks_sent"), scene.packetsAtVictim]).toEqual([0, 0]);
    // It is nothing that a peer must not say, either.
    expect(link.ended).toBeUndefined();
  });

  it("is taken once in ten seconds from one peer, however many it makes", async () => {
    const scene = await HostilePunch.start();
    for (let time = 0; time < 200; time++) {
      scene.offer({});
      await scene.world.advance(40);
    }
    await scene.world.advance(500);
    expect(scene.answers.filter(({ code }) => code === undefined)).toHaveLength(1);
    expect(scene.answers.filter(({ code }) => code === "overloaded").length).toBeGreaterThan(150);
    expect(scene.counter("punches_refused")).toBeGreaterThan(150);
    expect(scene.honest.status().bounds.punches?.used).toBeLessThanOrEqual(1);
  });
});

describe("the go of a punch", () => {
  it.each<[string, (secret: Uint8Array) => Uint8Array]>([
    ["with another secret", (secret) => secret.map((byte) => byte ^ 1)],
    ["with zeros", () => counted(16, 0).fill(0)],
  ])("%s sends nothing", async (_, secretOf) => {
    const scene = await HostilePunch.start();
    const { id } = scene.offer({});
    await scene.world.advance(500);
    scene.go({ id, secret: secretOf(scene.answers[0]?.secret as Uint8Array) });
    await scene.world.advance(6_000);
    expect(scene.counter("knocks_sent")).toBe(0);
  });

  it("does not count when it is not sealed", async () => {
    const scene = await HostilePunch.start();
    const { hostile, honest } = scene.ids;
    const { id } = scene.offer({});
    await scene.world.advance(500);
    const go = payload((writer) =>
      writePunchGo(writer, { id, secret: scene.answers[0]?.secret as Uint8Array }),
    );
    const header = { source: hostile, destination: honest, payloadType: TYPE.punchGo };
    const frame = routeFrame(header, go);
    scene.linkToHonest.send(frame, 0, frame.length);
    await scene.world.advance(6_000);
    expect(scene.counter("knocks_sent")).toBe(0);
  });
});

describe("a hop that repeats or changes what opens links", () => {
  it("makes the answerer send nothing: no frame of it is opened twice", async () => {
    const scene = await HostilePunch.start();
    const frames = scene.record(TYPE.punchOffer, TYPE.punchGo);
    const { id } = scene.offer({});
    await scene.world.advance(500);
    scene.go({ id, secret: scene.answers[0]?.secret as Uint8Array });
    await scene.world.advance(60_000);
    expect(frames.length).toBeGreaterThanOrEqual(2);
    const [knocks, dropped] = [scene.counter("knocks_sent"), scene.counter("frames_dropped")];
    // Whoever has the address now gets nothing.
    for (const frame of frames) scene.linkToHonest.send(frame, 0, frame.length);
    await scene.world.advance(1_000);
    for (const frame of frames) {
      for (let bit = frame.length * 8 - 8; bit > frame.length * 8 - 400; bit -= 7) {
        const changed = turned(frame, bit);
        scene.linkToHonest.send(changed, 0, changed.length);
      }
    }
    await scene.world.advance(10_000);
    expect(scene.counter("knocks_sent")).toBe(knocks);
    expect(scene.counter("frames_dropped")).toBeGreaterThan(dropped + frames.length);
    expect(scene.counter("punches_taken")).toBe(1);
  });
});

describe("a provider that answers offers", () => {
  it("with a victim's address is not believed, and nobody knocks there", async () => {
    for (const [why, statement] of (await HostilePunch.start()).worthless()) {
      const scene = await HostilePunch.start();
      const { world, honest, hostile } = scene;
      scene.answersOffers({ observations: [statement] });
      hostile.server.add("trap", () => 1);
      await world.run(hostile.registry.advertise("trap", 5_000, undefined));
      expect(await world.run(settled(honest.call("trap")))).toBe(1);
      await world.advance(10_000);
      expect([why, scene.packetsAtVictim]).toEqual([why, 0]);
      expect(scene.counter("punches_refused")).toBe(1);
      expect(scene.counter("knocks_sent")).toBe(0);
      const known = honest.status().routing.destinations[0];
      expect(known?.node).toBe(idText(scene.ids.hostile));
      expect(known?.reason).toMatch(/^the peer's addresses are not believed/);
    }
  });
});

describe("a socket that is open for shortcuts alone", () => {
  it("takes no connection that was not agreed on", async () => {
    const scene = await HostilePunch.start();
    const { world, hostile, honestAddress } = scene;
    const options = { expect: scene.ids.honest, timeout: 2_000 };
    const connection = await world.run(hostile.parts.transport.dial(honestAddress, options));
    const closed = new Promise<number>((resolve) => {
      connection.setHandler({ onStream: () => {}, onClose: ({ code }) => resolve(code) });
    });
    expect(await world.run(closed)).toBe(0x17);
    expect(scene.counter("handshakes_refused")).toBe(1);
    expect(scene.honest.status().links).toHaveLength(1);
  });

  it("counts knocks that nobody has been told the secret of, and answers none", async () => {
    const scene = await HostilePunch.start();
    const { world, hostile, honestAddress } = scene;
    const { transport } = hostile.parts;
    for (let time = 0; time < 100; time++) {
      transport.sendRaw(honestAddress, writeKnock({ secret: counted(16, time), isHeard: true }));
    }
    transport.sendRaw(honestAddress, Uint8Array.of(1, 2, 3));
    await world.advance(1_000);
    expect(scene.counter("knocks_unexpected")).toBe(101);
    expect(scene.counter("knocks_sent")).toBe(0);
  });
});

describe("a neighbour that lies about where a node is seen", () => {
  it.each<[string, (scene: HostilePunch) => Uint8Array]>([
    ["about somebody else", (scene) => scene.observation(1, 30, scene.victimAddress)],
    ["in another's name", (scene) => scene.observation(30, 20, scene.victimAddress)],
    ["in no words at all", () => counted(80, 1)],
  ])("%s is not quoted", async (_, statementOf) => {
    const scene = await HostilePunch.start();
    const { world, gateway, hostile, honest } = scene;
    gateway.router.on(TYPE.observe, ({ link }, __, bytes, start, end) => {
      const writer = new FrameWriter();
      writer.begin();
      const number = readObserve(bytes, start, end);
      writeObservation(writer, { number, statement: statementOf(scene) });
      writer.finish(TYPE.observation);
      link.sendFrame(writer);
    });
    hostile.server.add("trap", () => 1);
    await world.run(hostile.registry.advertise("trap", 5_000, undefined));
    await world.run(settled(honest.call("trap")));
    await world.advance(2_000);
    expect(scene.counter("direct_probes")).toBe(1);
    expect(honest.status().routing.seenAt).toEqual([]);
  });
});

describe("an observation", () => {
  it("is told a few times, and not for as long as somebody asks", async () => {
    const scene = await HostilePunch.start();
    const link = scene.hostile.context.table.to(scene.gateway.context.self);
    for (let time = 0; time < 100; time++) {
      const writer = new FrameWriter();
      writer.begin();
      writer.array(1);
      writer.uint(time);
      writer.finish(TYPE.observe);
      link?.sendFrame(writer);
      await scene.world.advance(10);
    }
    const { observations_told, observations_refused } = scene.world.counts(1);
    expect(observations_told).toBeLessThanOrEqual(6);
    expect(observations_refused).toBeGreaterThanOrEqual(94);
    expect(link?.ended).toBeUndefined();
  });
});
