import { describe, expect, it } from "vitest";
import { compareDistance, idText, type NodeId } from "../../src/base/id.ts";
import { Lookup, type LookupLimits, type LookupStep } from "../../src/dht/lookup.ts";
import { ContactTable } from "../../src/routing/contact-table.ts";
import fc from "../base/property.ts";
import { farId, tinyId } from "../base/tiny.ts";

interface Known {
  readonly id: NodeId;
  readonly addresses: readonly never[];
  readonly seq: number;
}

const known = (id: NodeId): Known => ({ id, addresses: [], seq: 1 });

const SELF = farId(0xff);
const contact = (number: number): Known => known(tinyId(number));
const lookupFor = (target: number, seeds: readonly number[], limits: Partial<LookupLimits> = {}) =>
  new Lookup<Known>(tinyId(target), SELF, seeds.map(contact), {
    width: 2,
    parallel: 1,
    paths: 1,
    askedMax: 100,
    ...limits,
  });
const ask = (number: number): LookupStep<Known> => ({ kind: "ask", contact: contact(number) });
const WAIT = { kind: "wait" };

/** Nodes that each know some contact of every bucket there is, as in a settled mesh. */
class Mesh {
  readonly #ids: readonly NodeId[];
  readonly #tables: ReadonlyMap<string, ContactTable<Known>>;

  constructor(ids: readonly NodeId[]) {
    this.#ids = ids;
    this.#tables = new Map(
      ids.map((id) => {
        const table = new ContactTable<Known>(id);
        for (const other of ids) table.verified(known(other), 0);
        return [idText(id), table];
      }),
    );
  }

  /** A lookup that knows one node. */
  lookup(target: NodeId): Lookup<Known> {
    return new Lookup<Known>(target, SELF, [known(this.#ids[0] as NodeId)]);
  }

  ask(node: Known, target: NodeId): [Known, Known[]] {
    return [node, this.#tables.get(idText(node.id))?.closest(target, 20) ?? []];
  }

  nearest(target: NodeId): NodeId | undefined {
    return this.#ids.toSorted((a, b) => compareDistance(target, a, b))[0];
  }
}

/** Runs a lookup to its end; `answer` takes one of the open questions and answers it. */
function drive(
  lookup: Lookup<Known>,
  answer: (open: Known[]) => [Known, Known[]],
): readonly Known[] {
  const open: Known[] = [];
  for (let step = lookup.next(); ; step = lookup.next()) {
    if (step.kind === "done") return step.closest;
    if (step.kind === "ask") open.push(step.contact);
    else {
      const [node, contacts] = answer(open);
      lookup.answered(node.id, contacts);
    }
  }
}

describe("a lookup", () => {
  it("asks the nearest first, whatever the order it was given", () => {
    const lookup = lookupFor(0b0001, [0b1000, 0b0011]);
    expect([lookup.next(), lookup.next()]).toEqual([ask(0b0011), WAIT]);
  });

  it("asks as many at once as it may", () => {
    const lookup = lookupFor(0, [1, 2, 3, 4], { parallel: 3, width: 4 });
    expect([1, 2, 3, 4].map(() => lookup.next())).toEqual([ask(1), ask(2), ask(3), WAIT]);
    lookup.answered(tinyId(2), []);
    expect([lookup.next(), lookup.next()]).toEqual([ask(4), WAIT]);
    expect(lookup.asked).toBe(4);
  });

  it("follows what it is told to nearer nodes", () => {
    const lookup = lookupFor(0, [8]);
    expect(lookup.next()).toEqual(ask(8));
    lookup.answered(tinyId(8), [contact(4), contact(16)]);
    expect(lookup.next()).toEqual(ask(4));
    lookup.answered(tinyId(4), [contact(1)]);
    expect(lookup.next()).toEqual(ask(1));
    lookup.answered(tinyId(1), [contact(8)]);
    expect(lookup.next()).toEqual({ kind: "done", closest: [contact(1), contact(4)] });
  });

  it("passes by who does not answer", () => {
    const lookup = lookupFor(0, [1, 2, 3]);
    expect(lookup.next()).toEqual(ask(1));
    lookup.failed(tinyId(1));
    expect(lookup.next()).toEqual(ask(2));
    lookup.answered(tinyId(2), []);
    expect(lookup.next()).toEqual(ask(3));
    lookup.answered(tinyId(3), []);
    expect(lookup.next()).toEqual({ kind: "done", closest: [contact(2), contact(3)] });
  });

  it("goes on without who is late, and still takes its answer", () => {
    const lookup = lookupFor(0, [1, 2, 4]);
    expect([lookup.next(), lookup.next()]).toEqual([ask(1), WAIT]);
    lookup.late(tinyId(1));
    expect([lookup.next(), lookup.next()]).toEqual([ask(2), WAIT]);
    lookup.late(tinyId(1));
    lookup.answered(tinyId(1), [contact(3)]);
    expect(lookup.next()).toEqual(WAIT);
    lookup.answered(tinyId(2), []);
    expect(lookup.next()).toEqual({ kind: "done", closest: [contact(1), contact(2)] });
  });

  it("ends without who is late", () => {
    const lookup = lookupFor(0, [1]);
    lookup.next();
    lookup.late(tinyId(1));
    expect(lookup.next()).toEqual({ kind: "done", closest: [] });
  });

  it("asks again who did not answer, where others know a newer contact of it", () => {
    const newer = { ...contact(1), seq: 2 };
    const lookup = lookupFor(0, [1, 2, 3]);
    expect(lookup.next()).toEqual(ask(1));
    lookup.failed(tinyId(1));
    expect(lookup.next()).toEqual(ask(2));
    lookup.answered(tinyId(2), [contact(1), { ...contact(3), seq: 2 }, newer]);
    expect(lookup.next()).toEqual({ kind: "ask", contact: newer });
    lookup.failed(tinyId(1));
    expect(lookup.next()).toEqual({ kind: "ask", contact: { ...contact(3), seq: 2 } });
    lookup.answered(tinyId(3), [newer, contact(1), { ...contact(2), seq: 3 }]);
    expect(lookup.next()).toMatchObject({ kind: "done", closest: { length: 2 } });
    expect(lookup.asked).toBe(4);
  });

  it("never asks itself, nor anybody twice", () => {
    const lookup = new Lookup<Known>(tinyId(0), SELF, [contact(1), contact(1), known(SELF)]);
    expect(lookup.next()).toEqual(ask(1));
    lookup.answered(tinyId(1), [contact(1), known(SELF)]);
    expect(lookup.next()).toEqual({ kind: "done", closest: [contact(1)] });
  });

  it("is done at once when it knows nobody", () => {
    expect(lookupFor(0, []).next()).toEqual({ kind: "done", closest: [] });
  });

  it("takes no answer from who was not asked, and none twice", () => {
    const lookup = lookupFor(0, [1, 2]);
    lookup.next();
    lookup.answered(tinyId(2), []);
    lookup.failed(tinyId(9));
    lookup.answered(tinyId(1), []);
    lookup.failed(tinyId(1));
    expect(lookup.next()).toEqual(ask(2));
    lookup.answered(tinyId(2), []);
    expect(lookup.next()).toEqual({ kind: "done", closest: [contact(1), contact(2)] });
  });

  it("asks nobody on two paths, and follows what it is told on one path alone", () => {
    const lookup = lookupFor(0, [8, 9], { paths: 2, width: 20 });
    expect([lookup.next(), lookup.next(), lookup.next()]).toEqual([ask(8), ask(9), WAIT]);
    // Both know 1; the liar at 9 knows two more, which the other path never hears of.
    lookup.answered(tinyId(9), [contact(2), contact(3), contact(1)]);
    expect(lookup.next()).toEqual(ask(1));
    lookup.answered(tinyId(8), [contact(1), contact(4)]);
    expect(lookup.next()).toEqual(ask(4));
    lookup.answered(tinyId(4), []);
    expect(lookup.next()).toEqual(WAIT);
    lookup.failed(tinyId(1));
    expect([lookup.next(), lookup.next()]).toEqual([ask(2), WAIT]);
  });

  it("keeps one path going while another one is led astray", () => {
    const lookup = lookupFor(0, [8, 9], { paths: 2, width: 20, askedMax: 5 });
    let honest = 0;
    let invented = 1_000;
    for (let step = lookup.next(); step.kind !== "done"; step = lookup.next()) {
      if (step.kind === "wait") throw new Error("everything is answered at once");
      const number = new DataView(step.contact.id.buffer).getUint32(28);
      const isHonest = number <= 8;
      if (isHonest) honest += 1;
      const next = isHonest ? [number >> 1] : [invented--, invented--];
      lookup.answered(step.contact.id, next.filter((it) => it > 0).map(contact));
    }
    expect([honest, lookup.asked]).toEqual([4, 9]);
  });

  it("counts the answers that led to a node", () => {
    const lookup = lookupFor(0, [8]);
    lookup.next();
    lookup.answered(tinyId(8), [contact(4), contact(3)]);
    lookup.next();
    expect([8, 3, 4, 99].map((number) => lookup.stepOf(tinyId(number)))).toEqual([1, 2, 0, 0]);
  });

  it("ends, whatever a liar invents", () => {
    const lookup = lookupFor(0, [1_000_000], { askedMax: 50, width: 20, parallel: 3 });
    let invented = 1_000_000;
    let step = lookup.next();
    for (; step.kind === "ask"; step = lookup.next()) {
      invented -= 20;
      expect(lookup.asked).toBeLessThanOrEqual(50);
      const lies = Array.from({ length: 20 }, (_, at) => contact(invented + at));
      lookup.answered(step.contact.id, lies);
    }
    expect(step.kind).toBe("done");
    expect(lookup.asked).toBe(50);
  });

  it("ends with the nearest nodes of a mesh, in whatever order they answer", () => {
    const meshes = fc.record({
      numbers: fc.uniqueArray(fc.nat(4_095), { minLength: 1, maxLength: 80 }),
      target: fc.nat(4_095),
      order: fc.array(fc.nat(1_000), { minLength: 30, maxLength: 30 }),
    });
    fc.assert(
      fc.property(meshes, ({ numbers, target, order }) => {
        const mesh = new Mesh(numbers.map((number) => tinyId(number)));
        const lookup = mesh.lookup(tinyId(target));
        let turn = 0;
        const closest = drive(lookup, (open) => {
          const [one] = open.splice((order[turn++ % order.length] as number) % open.length, 1);
          return mesh.ask(one as Known, tinyId(target));
        });
        expect(closest[0]?.id).toEqual(mesh.nearest(tinyId(target)));
        expect(closest.map((it) => it.id)).toEqual(
          closest.map((it) => it.id).toSorted((a, b) => compareDistance(tinyId(target), a, b)),
        );
      }),
      { numRuns: 200 },
    );
  });
});
