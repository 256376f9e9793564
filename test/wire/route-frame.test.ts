import { describe, expect, it } from "vitest";
import { matchesAt } from "../../src/base/bytes.ts";
import { HEADER_BYTES } from "../../src/wire/frame.ts";
import { ANCHORS_MAX, HOPS_LIMIT } from "../../src/wire/limits.ts";
import { type RouteHeader, RouteView, writeRouteHeader } from "../../src/wire/route-frame.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { failure } from "../base/failure.ts";
import fc from "../base/property.ts";
import { tinyId } from "../base/tiny.ts";
import { counted } from "./sample.ts";
import { ROUTE } from "./samples.ts";

function frame(changed: Partial<RouteHeader> = {}, body = counted(4, 1)): Uint8Array {
  const writer = new FrameWriter();
  writer.begin();
  writeRouteHeader(writer, { ...ROUTE, ...changed });
  writer.raw(body);
  writer.finish(0x23);
  return writer.copy();
}

function view(bytes: Uint8Array): RouteView {
  const it = new RouteView();
  it.read(bytes, 0, bytes.length);
  return it;
}

/** The frame with the bytes at the given offsets set to the given values. */
function patched(bytes: Uint8Array, changes: readonly [number, number][]): Uint8Array {
  for (const [at, value] of changes) bytes[at] = value;
  return bytes;
}

/** Offset of the fixed part in a frame of `slots` slots. */
const fixed = (slots: number) => HEADER_BYTES + 4 + 2 * slots;

describe("a route frame", () => {
  it("has its fields where the layout says", () => {
    const bytes = frame({ labels: [0x0102, 0x0304], traced: true, maxHops: 9 });
    expect([...bytes.subarray(8, 16)]).toEqual([0, 2, 3, 0, 1, 2, 3, 4]);
    expect(matchesAt(bytes, fixed(2), ROUTE.destination)).toBe(true);
    expect(matchesAt(bytes, fixed(2) + 32, ROUTE.source)).toBe(true);
    expect(matchesAt(bytes, fixed(2) + 64, ROUTE.messageId)).toBe(true);
    expect([...bytes.subarray(fixed(2) + 80, fixed(2) + 84)]).toEqual([9, 0x20, 0, 0]);
    const it = view(bytes);
    expect([it.destinationAt, it.sourceAt, it.bodyStart]).toEqual([16, 48, 100]);
  });

  it("on a learned route over three forwarders has at most 128 bytes around the body", () => {
    expect(frame({ labels: [1, 2, 3] }, new Uint8Array(0)).length).toBeLessThanOrEqual(128);
  });

  it("has a slot for each forwarder it may pass, or for each label", () => {
    expect(view(frame({ maxHops: 10 })).slots).toBe(10);
    expect(view(frame({ maxHops: 10, labels: [5] })).slots).toBe(1);
    expect(view(frame({ maxHops: 0 })).slots).toBe(0);
  });

  it("cuts anchors to 8 bytes and keeps both ends apart", () => {
    const it = view(
      frame({
        destinationAnchors: [counted(32, 1), counted(32, 2)],
        sourceAnchors: [counted(32, 3)],
      }),
    );
    expect(it.destinationAnchors).toEqual([counted(8, 1), counted(8, 2)]);
    expect(it.sourceAnchors).toEqual([counted(8, 3)]);
    expect([...it.bytes.subarray(it.bodyStart, it.end)]).toEqual([1, 2, 3, 4]);
  });

  it("takes four anchors of each end", () => {
    const four = Array.from({ length: ANCHORS_MAX }, () => counted(8, 1));
    expect(view(frame({ destinationAnchors: four, sourceAnchors: four })).sourceAnchors).toEqual(
      four,
    );
  });

  it("is read in the middle of other bytes", () => {
    const bytes = new Uint8Array(400).fill(0xff);
    const one = frame({ labels: [258] });
    bytes.set(one, 57);
    const it = new RouteView();
    it.read(bytes, 57, 57 + one.length);
    expect(it.label(0)).toBe(258);
    expect(it.source).toEqual(ROUTE.source);
    it.passOn(7);
    expect(it.label(0)).toBe(7);
    expect(bytes.subarray(0, 57).every((byte) => byte === 0xff)).toBe(true);
    expect(bytes.subarray(57 + one.length).every((byte) => byte === 0xff)).toBe(true);
  });

  it("gives out copies that outlive it", () => {
    const bytes = frame({ destinationAnchors: [counted(8, 1)] });
    const it = view(bytes);
    const kept = [it.destination, it.source, it.messageId, it.destinationAnchors[0]];
    bytes.fill(0xee);
    expect(kept).toEqual([ROUTE.destination, ROUTE.source, ROUTE.messageId, counted(8, 1)]);
  });

  it("can be pointed at one frame after another", () => {
    const it = new RouteView();
    const first = frame({ labels: [1, 2] });
    const second = frame({ source: tinyId(9), maxHops: 16 });
    it.read(first, 0, first.length);
    it.read(second, 0, second.length);
    expect([it.slots, it.source, it.labelled]).toEqual([16, tinyId(9), false]);
  });
});

describe("passing on", () => {
  it("changes the slot and the count and no other byte", () => {
    const bytes = frame({ labels: [10, 20, 30] });
    const before = bytes.slice();
    const it = view(bytes);
    it.passOn(0xabcd);
    const changed = [...bytes.keys()].filter((at) => bytes[at] !== before[at]);
    expect(changed).toEqual([HEADER_BYTES, HEADER_BYTES + 4, HEADER_BYTES + 5]);
    expect([it.hopCount, it.label(0), it.label(1)]).toEqual([1, 0xabcd, 20]);
  });

  it("leaves a way back: the labels of the links it came in on, last first", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: HOPS_LIMIT }), (links) => {
        const bytes = frame({ maxHops: HOPS_LIMIT });
        const it = view(bytes);
        for (const link of links) it.passOn(link);
        expect(it.returnLabels()).toEqual(links.toReversed());
        expect(view(bytes).hopCount).toBe(links.length);
        expect(it.destination).toEqual(ROUTE.destination);
      }),
    );
  });
});

describe("a bad route frame is refused:", () => {
  it.each<[string, [number, number][]]>([
    ["more hops than slots", [[8, 4]]],
    [
      "more hops than max_hops",
      [
        [8, 3],
        [fixed(3) + 80, 2],
      ],
    ],
    ["255 hops", [[8, 255]]],
    ["255 slots", [[9, 255]]],
    ["max_hops of 17", [[fixed(3) + 80, 17]]],
    ["five anchors of the destination", [[fixed(3) + 82, 0x50]]],
    ["five anchors of the source", [[fixed(3) + 82, 0x05]]],
    ["an anchor that is not there", [[fixed(3) + 82, 0x10]]],
    ["an unknown seal", [[fixed(3) + 83, 4]]],
  ])("%s", (_, changes) => {
    expect(failure(() => view(patched(frame(), changes)))).toBe("bad_frame");
  });

  it("fewer slots than forwarders it may pass, unless labels fill them", () => {
    const changes: [number, number][] = [[fixed(2) + 80, 3]];
    expect(failure(() => view(patched(frame({ maxHops: 2 }), changes)))).toBe("bad_frame");
    const labelled = frame({ maxHops: 2, labels: [1, 2] });
    expect(failure(() => view(patched(labelled, changes)))).toBeUndefined();
  });

  it("17 slots, though there are bytes for them", () => {
    const roomy = frame({}, new Uint8Array(200));
    expect(failure(() => view(patched(roomy, [[9, 17]])))).toBe("bad_frame");
  });

  it("any length short of its body", () => {
    const whole = frame({ destinationAnchors: [counted(8, 1)] }, new Uint8Array(0));
    for (let end = 0; end < whole.length; end++) {
      expect(
        failure(() => view(whole.subarray(0, end))),
        `${end} bytes`,
      ).toBe("bad_frame");
    }
    expect(failure(() => view(whole))).toBeUndefined();
  });
});
