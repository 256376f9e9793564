import { describe, expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import { idText, type NodeId } from "../../src/base/id.ts";
import type { Asker } from "../../src/dht/asker.ts";
import type { SearchOptions } from "../../src/dht/search.ts";
import { Searcher } from "../../src/dht/searcher.ts";
import type { Contact } from "../../src/peer/contact.ts";
import type { DhtAnswer, DhtRequest } from "../../src/wire/dht.ts";
import { tinyId } from "../base/tiny.ts";
import { contactOf, lonely } from "./scene.ts";

const TARGET = tinyId(1);
const REQUEST: DhtRequest = { kind: "find_node", target: TARGET };

/** What each node answers, by its number: contacts, records or a failure. */
type Answers = Readonly<Record<number, DhtAnswer | MeshError | Promise<DhtAnswer>>>;

const found = (): DhtAnswer => ({
  kind: "find_value_reply",
  records: [Uint8Array.of(1)],
  contacts: [],
});
const names = (...numbers: number[]): DhtAnswer => ({
  kind: "find_node_reply",
  contacts: numbers.map((number) => tinyId(number)),
});
const numberOf = (id: NodeId): number => new DataView(id.buffer).getUint32(28);

function search(answers: Answers, options: SearchOptions = {}) {
  const { world, context } = lonely();
  const seen: { answered: number[]; failed: number[]; asked: number[] } = {
    answered: [],
    failed: [],
    asked: [],
  };
  const asker = {
    ask: (contact: Contact) => {
      const number = numberOf(contact.id);
      seen.asked.push(number);
      const answer = answers[number];
      return answer instanceof MeshError ? Promise.reject(answer) : Promise.resolve(answer);
    },
  } as unknown as Asker;
  const searcher = new Searcher(context, asker, {
    read: (contacts) => contacts.map((bytes) => contactOf(bytes as NodeId)),
    answered: ({ id }) => seen.answered.push(numberOf(id)),
    failed: ({ id }) => seen.failed.push(numberOf(id)),
  });
  const result = searcher.search(TARGET, REQUEST, [contactOf(tinyId(8))], options);
  return { world, result, seen };
}

const gone = new MeshError("timeout", "no answer");

describe("a search", () => {
  it("asks whom it is told of, and ends with those that answered, nearest first", async () => {
    const { result, seen } = search({ 8: names(4, 2), 4: names(8), 2: gone });
    const { closest, holder, steps, asked, answered } = await result;
    expect(closest.map(({ id }) => numberOf(id))).toEqual([4, 8]);
    expect({ holder, steps, asked, answered }).toEqual({
      holder: undefined,
      steps: 0,
      asked: 3,
      answered: 2,
    });
    expect(seen.answered).toEqual([8, 4]);
    expect(seen.failed).toEqual([2]);
  });

  it("ends with the answer that is enough, and says who gave it in how many steps", async () => {
    const { result } = search(
      { 8: names(4), 4: names(2), 2: found() },
      { take: ({ kind }) => kind === "find_value_reply" },
    );
    expect(await result).toMatchObject({
      closest: [],
      holder: idText(tinyId(2)),
      steps: 3,
      asked: 3,
      answered: 3,
    });
  });

  it("asks nobody more once it has ended", async () => {
    let answerLate = (_: DhtAnswer): void => {};
    const late = new Promise<DhtAnswer>((resolve) => {
      answerLate = resolve;
    });
    const { result, seen } = search(
      { 8: names(4, 2), 4: late, 2: found() },
      { take: ({ kind }) => kind === "find_value_reply", limits: { paths: 1, parallel: 3 } },
    );
    await result;
    answerLate(names(3));
    await late;
    await Promise.resolve();
    expect(seen.asked.toSorted()).toEqual([2, 4, 8]);
  });

  describe("of which one takes longer to answer than all others", () => {
    const take = ({ kind }: DhtAnswer) => kind === "find_value_reply";
    /** 8 names 4, which knows, but answers after this many milliseconds. */
    const slow = async (answerAfter: number, options: SearchOptions) => {
      let answer = (_: DhtAnswer): void => {};
      const late = new Promise<DhtAnswer>((resolve) => {
        answer = resolve;
      });
      const { world, result } = search({ 8: names(4), 4: late }, { take, ...options });
      world.clock.timer(answerAfter, () => answer(found()));
      return world.run(result);
    };

    it("does not wait for it", async () => {
      expect(await slow(1_400, {})).toMatchObject({ holder: undefined, asked: 2, answered: 1 });
    });

    it("hears it out for a second where it may be the only one that knows", async () => {
      const hearsOut = true;
      expect(await slow(1_400, { hearsOut })).toMatchObject({ holder: idText(tinyId(4)) });
      expect(await slow(1_600, { hearsOut })).toMatchObject({ holder: undefined, answered: 1 });
    });
  });

  it("that is cancelled rejects, and asks nobody where it was so before", async () => {
    const pending = new AbortController();
    const { result } = search({ 8: new Promise(() => {}) }, { signal: pending.signal });
    pending.abort();
    await expect(result).rejects.toMatchObject({ code: "cancelled" });
    const { result: never, seen } = search({ 8: names() }, { signal: pending.signal });
    await expect(never).rejects.toMatchObject({ code: "cancelled" });
    expect(seen.asked).toEqual([]);
  });

  it("fails where the node is closed, which says nothing of whom it asked", async () => {
    const { result, seen } = search({ 8: new MeshError("closed", "the node is closed") });
    await expect(result).rejects.toMatchObject({ code: "closed" });
    expect(seen.failed).toEqual([]);
  });

  it("does not follow what a store is answered", async () => {
    const { result } = search({ 8: { kind: "store_ack", code: undefined } });
    expect(await result).toMatchObject({ asked: 1, answered: 1 });
  });
});
