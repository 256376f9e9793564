import { expect, it } from "vitest";
import { bestUntried, type Quest } from "../../src/routing/untried.ts";
import { farId } from "../base/tiny.ts";
import { link } from "./neighbours.ts";

const quest: Quest = {
  destination: farId(0x80),
  anchors: [],
  source: farId(0x01),
  tried: [],
  isLastHop: false,
};

const nearest = link(farId(0x81), 1);
const near = link(farId(0x90), 2);
const far = link(farId(0x10), 3);
const there = link(farId(0x80), 4, false);
const source = link(farId(0x01), 5);
const edge = link(farId(0x82), 6, false);

it("is the destination, else the nearest transit node, even if it is far", () => {
  expect(bestUntried(quest, [far, nearest, there])).toBe(there);
  expect(bestUntried(quest, [far, near, nearest])).toBe(nearest);
  expect(bestUntried(quest, [edge, far])).toBe(far);
});

it("is none that was tried, nor the source", () => {
  expect(bestUntried({ ...quest, tried: [1, 2] }, [nearest, near, far, source])).toBe(far);
  expect(bestUntried({ ...quest, tried: [3] }, [far, source, edge])).toBeUndefined();
  expect(bestUntried({ ...quest, tried: [4] }, [there])).toBeUndefined();
});

it("is nobody but the destination where no forwarder is left to pass", () => {
  expect(bestUntried({ ...quest, isLastHop: true }, [nearest, there])).toBe(there);
  expect(bestUntried({ ...quest, isLastHop: true }, [nearest])).toBeUndefined();
});

it("is a suspect node only where there is no other", () => {
  const suspect = { ...nearest, isSuspect: true };
  expect(bestUntried(quest, [suspect, far])).toBe(far);
  expect(bestUntried(quest, [suspect])).toBe(suspect);
  expect(bestUntried(quest, [{ ...there, isSuspect: true }, far])).toBe(far);
});
