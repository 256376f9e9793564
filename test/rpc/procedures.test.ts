import * as valibot from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { MeshError } from "../../src/base/errors.ts";
import { type CallContext, HandlerError, procedure, type StandardSchema } from "../../src/index.ts";
import { failure } from "../base/failure.ts";
import { line } from "./line.ts";

/** With zod: the unit has a default, so callers may leave it out and the handler never misses it. */
const read = procedure("sensors.read", {
  input: z.object({ id: z.string(), unit: z.enum(["C", "F"]).default("C") }),
  output: z.object({ value: z.number(), at: z.date() }),
});

/** The same shape of things with valibot. */
const rename = procedure("sensors.rename", {
  input: valibot.object({ id: valibot.string(), names: valibot.array(valibot.string()) }),
  output: valibot.pipe(
    valibot.string(),
    valibot.transform((text) => text.length),
  ),
});

const AT = new Date(1_700_000_000_000);
const SECRET = "hunter2";

async function caught(work: Promise<unknown>): Promise<MeshError> {
  return await work.then(
    () => {
      throw new Error("it succeeded");
    },
    (cause: MeshError) => cause,
  );
}

/** A provider of both behind one gateway, and what its handler was given. */
async function scene(answer: unknown = { value: 21.5, at: AT }) {
  const { world, client, gateways, provider } = await line(1);
  const given: unknown[] = [];
  const handler = (args: unknown): never => {
    given.push(args);
    return answer as never;
  };
  await world.run(provider.register(read, handler));
  await world.run(provider.register(rename, ({ names }) => names.join(" ")));
  return { world, client, gateways, provider, given };
}

describe("a declared procedure", () => {
  it("is called with what its schema takes, and its handler gets what comes out", async () => {
    const { world, client, given } = await scene();
    const reading = await world.run(client.call(read, { id: "a" }));
    expect(reading).toEqual({ value: 21.5, at: AT });
    expect(given).toEqual([{ id: "a", unit: "C" }]);
  });

  it("may come from any library, and change what it is given once at each end", async () => {
    const { world, client } = await scene();
    expect(await world.run(client.call(rename, { id: "a", names: ["x", "yz"] }))).toBe(4);
  });

  it("is called by name as well, and then the provider alone checks", async () => {
    const { world, client, given } = await scene();
    await world.run(client.call("sensors.read", { id: "a", unit: "F" }));
    expect(given).toEqual([{ id: "a", unit: "F" }]);
    const error = await world.run(caught(client.call("sensors.read", { id: 7, unit: SECRET })));
    expect(error).toMatchObject({ code: "bad_arguments", issues: undefined });
    expect(error.message).toMatch(/"sensors.read" are not what was declared: wrong at id, unit$/);
    expect(given).toHaveLength(1);
  });

  it("is not sent with arguments that do not fit", async () => {
    const { world, client, provider } = await scene();
    const sent = client.status().links[0]?.framesSent;
    const wrong = { id: "a", names: ["x", SECRET, 3] } as never;
    const error = await world.run(caught(client.call(rename, wrong)));
    expect(error).toMatchObject({ code: "bad_arguments", retry: false });
    expect(error.issues).toEqual([{ path: "names[2]", message: expect.stringMatching(/string/) }]);
    expect(client.status().links[0]?.framesSent).toBe(sent);
    expect(provider.status().counters.calls_failed ?? 0).toBe(0);
  });

  it("names places, never values, in what travels and is logged", async () => {
    const { world, client } = await scene();
    const remote = await world.run(
      caught(client.call("sensors.rename", { id: "a", names: SECRET })),
    );
    expect(remote.message).toMatch(/wrong at names$/);
    await world.run(client.cast("sensors.rename", { id: "a", names: SECRET }));
    await world.advance(1_000);
    const logged = world.trace.tail().filter((it) => it.includes("cast_failed"));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/code=bad_arguments .*wrong at names$/);
    const all = [remote.message, ...world.trace.tail()].join("\n");
    expect(all).not.toContain(SECRET);
  });

  it("gives no result that is not what was declared", async () => {
    const { world, client } = await scene({ value: SECRET, at: AT });
    const error = await world.run(caught(client.call(read, { id: "a" })));
    expect(error).toMatchObject({ code: "bad_result", issues: [{ path: "value" }] });
    expect(error.message).not.toContain(SECRET);
    const { result, report } = await world.run(client.explain(read, { id: "a" }));
    expect([result, report.error?.code, report.hops.length]).toEqual([undefined, "bad_result", 2]);
  });

  it("is checked on the node that provides it, too", async () => {
    const { world, provider, given } = await scene();
    expect(await world.run(provider.call(read, { id: "b" }))).toEqual({ value: 21.5, at: AT });
    const error = await world.run(caught(provider.call("sensors.read", {})));
    expect(error.code).toBe("bad_arguments");
    expect(given).toHaveLength(1);
  });

  it("lets the failures of its handler through", async () => {
    const { world, client, provider } = await line(0);
    const handler = (): never => {
      throw new HandlerError("broken", "no sensor");
    };
    await world.run(provider.register(read, handler));
    const error = await world.run(caught(client.call(read, { id: "a" })));
    expect(error).toMatchObject({ code: "handler_error", remote: { code: "broken" } });
  });

  it("casts what fits alone", async () => {
    const { world, client, given } = await scene();
    await world.run(client.cast(read, { id: "c" }));
    expect(await world.run(caught(client.cast(read, {} as never)))).toMatchObject({
      code: "bad_arguments",
    });
    await world.advance(1_000);
    expect(given).toEqual([{ id: "c", unit: "C" }]);
  });

  it("may leave out what it does not care for", async () => {
    const { world, client, provider } = await line(0);
    const ping = procedure("ping");
    await world.run(provider.register(ping, (args) => args));
    expect(await world.run(client.call(ping, 5))).toBe(5);
  });
});

describe("a declaration", () => {
  it("is refused with a bad name, and with what is no schema", () => {
    expect(failure(() => procedure(""))).toBe("bad_config");
    for (const input of [{}, null, 5, { "~standard": { version: 2 } }]) {
      expect(failure(() => procedure("a", { input: input as never }))).toBe("bad_config");
    }
  });

  it("may have schemas that are functions", async () => {
    const isEven = Object.assign(() => {}, {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          Number(value) % 2 === 0 ? { value } : { issues: [{ message: "odd" }] },
      },
    });
    const { world, client, provider } = await line(0);
    const half = procedure("half", { input: isEven });
    await world.run(provider.register(half, (args) => Number(args) / 2));
    expect(await world.run(client.call(half, 4))).toBe(2);
    const error = await world.run(caught(client.call(half, 3)));
    expect(error.issues).toEqual([{ path: "(root)", message: "odd" }]);
  });

  it("may not have schemas that answer later", async () => {
    const { world, client } = await line(0);
    const later = procedure("later", { input: z.string().refine(async () => true) });
    const error = await world.run(caught(client.call(later, "x")));
    expect(error.code).toBe("bad_config");
    expect(error.message).toMatch(/does not answer at once/);
  });

  it("tells the first eight issues, and places of any depth in few words", async () => {
    const faults = Array.from({ length: 20 }, (_, at) => ({
      message: "bad",
      path: [{ key: "rows" }, at, Symbol("x"), "y".repeat(1_000)],
    }));
    const refusing: StandardSchema = {
      "~standard": { version: 1, vendor: "test", validate: () => ({ issues: faults }) },
    };
    const { world, client } = await line(0);
    const error = await world.run(caught(client.call(procedure("a", { input: refusing }), 1)));
    expect(error.issues).toHaveLength(8);
    expect(error.message.length).toBeLessThan(800);
    expect(error.message).toMatch(/wrong at rows\[0\]\.Symbol\(x\)\.y+, rows\[1\].* and 12 more$/);
  });
});

describe("the types of a declared procedure", () => {
  it("follow from its schemas, for callers and for handlers", async () => {
    const { client, provider, world } = await scene();
    expectTypeOf(client.call(read, { id: "a" })).resolves.toEqualTypeOf<{
      value: number;
      at: Date;
    }>();
    expectTypeOf(client.call(rename, { id: "a", names: [] })).resolves.toEqualTypeOf<number>();
    expectTypeOf(provider.register<typeof read.input & {}, typeof read.output & {}>)
      .parameter(1)
      .parameters.toEqualTypeOf<[{ id: string; unit: "C" | "F" }, CallContext]>();
    expectTypeOf(client.explain(read, { id: "a" }))
      .resolves.toHaveProperty("result")
      .toEqualTypeOf<{ value: number; at: Date } | undefined>();
    expectTypeOf(client.call("by.name")).resolves.toBeUnknown();
    expectTypeOf(client.call<number>("by.name")).resolves.toBeNumber();

    const refused = [
      // @ts-expect-error: the id is missing.
      () => client.call(read, {}),
      // @ts-expect-error: kelvin is no unit.
      () => client.call(read, { id: "a", unit: "K" }),
      // @ts-expect-error: a handler returns what the output takes.
      () => provider.register(read, () => ({ value: "warm", at: AT })),
      // @ts-expect-error: the arguments have no such field.
      () => provider.register(rename, ({ label }) => label),
      // @ts-expect-error: casts take the same arguments.
      () => client.cast(rename, { id: 1, names: [] }),
    ];
    expect(refused).toHaveLength(5);
    await world.advance(0);
  });
});
