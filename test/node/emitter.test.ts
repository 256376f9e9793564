import { describe, expect, it } from "vitest";
import type { LogFields, LogLevel } from "../../src/base/ports.ts";
import { Emitter } from "../../src/node/emitter.ts";
import { failure } from "../base/failure.ts";

const LINK = { node: "ab", address: "192.0.2.1:1" };

/** An emitter and what it has logged. */
function fresh() {
  const logged: [LogLevel, string, LogFields | undefined][] = [];
  const log = {
    write: (level: LogLevel, event: string, fields?: LogFields) => {
      logged.push([level, event, fields]);
    },
  };
  return { emitter: new Emitter(log), logged };
}

describe("Emitter", () => {
  it("tells every listener of its event, in the order they came, until it stops", () => {
    const { emitter } = fresh();
    const heard: string[] = [];
    const stop = emitter.on("link", ({ node }) => heard.push(`a ${node}`));
    emitter.on("link", ({ address }) => heard.push(`b ${address}`));
    emitter.on("link_lost", () => heard.push("c"));
    emitter.emit("link", LINK);
    stop();
    stop();
    emitter.emit("link", LINK);
    expect(heard).toEqual(["a ab", "b 192.0.2.1:1", "b 192.0.2.1:1"]);
  });

  it("goes on with the others where one throws, and logs it", () => {
    const { emitter, logged } = fresh();
    const heard: string[] = [];
    emitter.on("link", () => {
      throw new Error("boom");
    });
    emitter.on("link", () => heard.push("after"));
    emitter.emit("link", LINK);
    expect(heard).toEqual(["after"]);
    expect(logged).toEqual([
      ["error", "listener_failed", { event: "link", reason: "Error: boom" }],
    ]);
  });

  it("lets listeners come and go while it tells", () => {
    const { emitter } = fresh();
    const heard: string[] = [];
    const stop = emitter.on("link", () => {
      stop();
      emitter.on("link", () => heard.push("late"));
      heard.push("early");
    });
    emitter.emit("link", LINK);
    expect(heard).toEqual(["early"]);
    emitter.emit("link", LINK);
    expect(heard).toEqual(["early", "late"]);
  });

  it("takes a thousand listeners of one event and refuses one more", () => {
    const { emitter } = fresh();
    const stops = Array.from({ length: 1_000 }, () => emitter.on("link", () => {}));
    expect(failure(() => emitter.on("link", () => {}))).toBe("overloaded");
    expect(failure(() => emitter.on("link_lost", () => {}))).toBeUndefined();
    stops[0]?.();
    expect(failure(() => emitter.on("link", () => {}))).toBeUndefined();
  });
});
