import { describe, expect, it } from "vitest";
import type { Address } from "../../src/base/address.ts";
import { Whereabouts } from "../../src/nat/whereabouts.ts";

/** Whether a node has moved, by each of several looks, one after the other. */
function looks(...seen: readonly (readonly string[])[]): boolean[] {
  const whereabouts = new Whereabouts();
  return seen.map((addresses) => whereabouts.hasMoved(addresses as readonly Address[]));
}

describe("a node has moved", () => {
  it("where nobody sees it at a host where it was seen before", () => {
    expect(looks(["1.1.1.1:9"], ["2.2.2.2:9"], ["2.2.2.2:9"])).toEqual([false, true, false]);
    expect(looks(["1.1.1.1:9", "1.1.1.1:9"], [], ["2.2.2.2:7"])).toEqual([false, false, true]);
  });

  it("where two see it at another port than two did before", () => {
    const [before, after] = ["1.1.1.1:9", "1.1.1.1:7"];
    expect(looks([before, before], [after, after])).toEqual([false, true]);
    expect(looks([before, before], [before], [after, after])).toEqual([false, false, true]);
  });
});

describe("a node has not moved", () => {
  it("where one link alone says so, and another one sees it as before", () => {
    expect(looks(["1.1.1.1:9", "1.1.1.1:9"], ["6.6.6.6:6", "1.1.1.1:9"])).toEqual([false, false]);
  });

  it("behind a NAT that gives each link another port, and where it is seen for the first time", () => {
    expect(looks(["1.1.1.1:1", "1.1.1.1:2"], ["1.1.1.1:3", "1.1.1.1:4"])).toEqual([false, false]);
    expect(looks([], ["1.1.1.1:1"])).toEqual([false, false]);
  });
});
