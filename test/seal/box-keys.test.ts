import { describe, expect, it } from "vitest";
import {
  BOX_KEY_LIFE,
  BOX_KEY_OVERLAP,
  type BoxKey,
  BoxKeys,
  OPENINGS_MAX,
} from "../../src/seal/box-keys.ts";
import { SeededRandom } from "../../src/sim/random.ts";

const keys = () => new BoxKeys(new SeededRandom(1));
const find = (boxKeys: BoxKeys, key: Uint8Array, now: number) => boxKeys.find(key, 0, now);

describe("the keys that calls are sealed to", () => {
  it("are drawn anew at each start", () => {
    const [one, two] = [new BoxKeys(new SeededRandom(1)), new BoxKeys(new SeededRandom(2))];
    expect(one.current(0)).not.toEqual(two.current(0));
  });

  it("change each day, and the one before is good for another hour", () => {
    const boxKeys = keys();
    const first = boxKeys.current(0);
    expect(boxKeys.current(BOX_KEY_LIFE - 1)).toEqual(first);
    const second = boxKeys.current(BOX_KEY_LIFE);
    expect(second).not.toEqual(first);
    const last = BOX_KEY_LIFE + BOX_KEY_OVERLAP - 1;
    expect(find(boxKeys, first, last)?.pair.publicKey).toEqual(first);
    expect(find(boxKeys, first, last + 1)).toBeUndefined();
    expect(find(boxKeys, second, last + 1)?.pair.publicKey).toEqual(second);
    boxKeys.current(3 * BOX_KEY_LIFE);
    expect(find(boxKeys, first, 3 * BOX_KEY_LIFE)).toBeUndefined();
  });

  it("are found by their first bytes, and only the own ones", () => {
    const boxKeys = keys();
    const other = boxKeys.current(0).slice();
    other[7] = (other[7] as number) ^ 1;
    expect(find(boxKeys, other, 0)).toBeUndefined();
  });

  it("give way when so many sessions were opened with one that no more can be remembered", () => {
    const boxKeys = keys();
    const first = boxKeys.current(0);
    const key = find(boxKeys, first, 0) as BoxKey;
    for (let number = 1; number <= OPENINGS_MAX; number++) boxKeys.spend(key, number, 0);
    expect(boxKeys.current(0)).not.toEqual(first);
    expect(find(boxKeys, first, 0)).toBeUndefined();
  });
});
