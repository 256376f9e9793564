import { describe, expect, it } from "vitest";
import { bucketIndex, compareDistance, idText, type NodeId, toNodeId } from "../../src/base/id.ts";
import {
  ANCHORS_WANTED,
  bucketsThatMatter,
  dialsAtOnce,
  LINKS_PER_BUCKET,
  linkToShed,
  type Place,
  planLinks,
  SIBLINGS_WANTED,
} from "../../src/dht/overlay-plan.ts";

import fc from "../base/property.ts";
import { farId, tinyId } from "../base/tiny.ts";

const SELF = tinyId(0);
const at = (number: number, transit = true): Place => ({ id: tinyId(number), transit });
const numbers = (places: readonly Place[]): number[] =>
  places.map(({ id }) => new DataView(id.buffer).getUint32(28)).toSorted((a, b) => a - b);

describe("the links an edge wants", () => {
  it("are to the transit nodes nearest to its id, linked or not", () => {
    const linked = [at(9), at(1, false), at(2)];
    const diallable = [at(3), at(4), at(5, false), at(6)];
    const plan = planLinks({ self: SELF, transit: false, far: true, linked, diallable });
    expect(numbers(plan)).toEqual([2, 3, 4, 6]);
    expect(plan).toHaveLength(ANCHORS_WANTED);
  });

  it("are fewer where there are fewer", () => {
    const terrain = {
      self: SELF,
      transit: false,
      far: true,
      linked: [at(9)],
      diallable: [at(1, false)],
    };
    expect(numbers(planLinks(terrain))).toEqual([9]);
  });
});

describe("the links a transit node wants", () => {
  it("are its four nearest alone as long as it has not looked into the far buckets", () => {
    const linked = [at(64), at(5)];
    const diallable = [1, 2, 3, 4, 32, 33].map((number) => at(number));
    const plan = planLinks({ self: SELF, transit: true, far: false, linked, diallable });
    expect(numbers(plan)).toEqual([1, 2, 3, 4]);
  });

  it("are two in each bucket and its four nearest", () => {
    const crowd = [16, 17, 18, 19, 20].map((number) => at(number));
    const near = [1, 2, 3, 4, 5].map((number) => at(number));
    const plan = planLinks({
      self: SELF,
      transit: true,
      far: true,
      linked: crowd,
      diallable: near,
    });
    // 4 and 5 share a bucket; of 16 to 20 the two oldest links.
    expect(numbers(plan)).toEqual([1, 2, 3, 4, 5, 16, 17]);
  });

  it("go to whom it is linked already before anybody is dialled", () => {
    const terrain = {
      self: SELF,
      transit: true,
      far: true,
      linked: [at(31)],
      diallable: [at(16), at(17)],
    };
    const plan = numbers(planLinks(terrain));
    expect(plan).toContain(31);
  });

  it("cover each bucket, stay the same while nothing changes, and are no more than they have to be", () => {
    const places = fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
      maxLength: 60,
      selector: (bytes) => idText(bytes),
    });
    fc.assert(
      fc.property(places, fc.nat(60), (ids, split) => {
        const all = ids.map((bytes) => ({ id: toNodeId(bytes), transit: true }));
        const terrain = {
          self: SELF,
          transit: true,
          far: true,
          linked: all.slice(0, split),
          diallable: all.slice(split),
        };
        const plan = planLinks(terrain);
        expect(planLinks(terrain)).toEqual(plan);
        for (const transit of [true, false]) {
          const here = { ...terrain, transit };
          const matters = bucketsThatMatter(here);
          const diallable = here.diallable.filter(({ id }) => matters(bucketIndex(SELF, id)));
          expect(planLinks({ ...here, diallable })).toEqual(planLinks(here));
        }
        const bucketOf = ({ id }: Place): number => bucketIndex(SELF, id);
        const known = new Map<number, number>();
        for (const place of all) known.set(bucketOf(place), (known.get(bucketOf(place)) ?? 0) + 1);
        for (const [bucket, count] of known) {
          const there = plan.filter((place) => bucketOf(place) === bucket).length;
          expect(there).toBeGreaterThanOrEqual(Math.min(count, LINKS_PER_BUCKET));
        }
        const nearest = all.toSorted((a, b) => compareDistance(SELF, a.id, b.id));
        expect(plan).toEqual(expect.arrayContaining(nearest.slice(0, SIBLINGS_WANTED)));
        expect(plan.length).toBeLessThanOrEqual(known.size * LINKS_PER_BUCKET + SIBLINGS_WANTED);
      }),
    );
  });

  it("are others for other nodes, whoever became known first", () => {
    const crowd = Array.from({ length: 200 }, (_, number) => {
      const id = farId(0x80);
      id[20] = number;
      return { id, transit: true };
    });
    const chosen = new Map<string, number>();
    for (let self = 0; self < 100; self++) {
      const id = farId(self);
      id[4] = self * 2; // Where its own order begins.
      id[20] = self; // Where its nearest are.
      for (const place of planLinks({
        self: id,
        transit: true,
        far: true,
        linked: [],
        diallable: crowd,
      }))
        chosen.set(idText(place.id), (chosen.get(idText(place.id)) ?? 0) + 1);
    }
    expect(Math.max(...chosen.values())).toBeLessThan(20);
  });
});

describe("the link that is shed", () => {
  const link = (
    kind: { transit?: boolean; anchors?: readonly NodeId[]; pinned?: boolean; closing?: boolean },
    usedAt: number,
  ) => ({
    contact: { transit: kind.transit ?? false, anchors: kind.anchors ?? [] },
    pinned: kind.pinned ?? false,
    isClosing: kind.closing ?? false,
    usedAt,
  });
  const others = [tinyId(1), tinyId(2)];
  const passing = link({ anchors: others }, 5);
  const spared = link({ anchors: [...others, SELF] }, 1);
  const transit = link({ transit: true }, 1);

  it("is first one of who passes through, the one unused for longest", () => {
    const older = link({ anchors: others }, 4);
    expect(linkToShed(SELF, [spared, transit, passing, older])).toBe(older);
  });

  it("is then one of who has other anchors, the more the rather, then one of a transit node", () => {
    const tight = link({ anchors: [SELF, tinyId(1)] }, 0);
    expect(linkToShed(SELF, [transit, tight, spared])).toBe(spared);
    expect(linkToShed(SELF, [transit, tight])).toBe(tight);
    expect(linkToShed(SELF, [transit])).toBe(transit);
  });

  it("is none that is wanted, none of who has no other way in, and none that is closing", () => {
    const needed = [
      link({ pinned: true }, 0),
      link({ anchors: [SELF] }, 0),
      link({}, 0),
      link({ closing: true }, 0),
    ];
    expect(linkToShed(SELF, needed)).toBeUndefined();
  });
});

describe("dials at once", () => {
  it.each([
    { serves: true, isAlone: false, links: 60, most: 4 },
    { serves: true, isAlone: true, links: 1, most: 2 },
    { serves: false, isAlone: false, links: 2, most: 4 },
    { serves: false, isAlone: true, links: 1, most: 2 },
    // Six links are an edge's bound, those that are on their way included.
    { serves: false, isAlone: false, links: 4, most: 2 },
    { serves: false, isAlone: false, links: 5, most: 1 },
    { serves: false, isAlone: false, links: 8, most: 1 },
  ])("are $most of a node that %o", ({ most, ...node }) => {
    expect(dialsAtOnce(node)).toBe(most);
  });
});
