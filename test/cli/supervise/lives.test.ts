import { describe, expect, it } from "vitest";
import { type Death, deathText, Lives } from "../../../src/cli/supervise/lives.ts";

const KILLED: Death = {
  code: null,
  signal: "SIGKILL",
  wasHung: false,
  wasReady: true,
  lived: 20_000,
};
const exit = (code: number, wasReady = true): Death => ({
  ...KILLED,
  code,
  signal: null,
  wasReady,
});

describe("a node that has ended", () => {
  it.each([0, 1, 2, 3, 130])("before it was ever ready, with code %d, is left", (code) => {
    expect(new Lives().after(exit(code, false))).toEqual({ kind: "over", code, gaveUp: false });
  });

  it("is started again where a signal ended it, or a hang, also before it was ready", () => {
    const young = { ...KILLED, wasReady: false };
    expect(new Lives().after(young)).toEqual({ kind: "again", wait: 100 });
    expect(new Lives().after({ ...young, wasHung: true })).toEqual({ kind: "again", wait: 100 });
  });

  it("is started again after a fault, and where it can't start just now", () => {
    const lives = new Lives();
    expect(lives.after(exit(1))).toEqual({ kind: "again", wait: 100 });
    expect(lives.after(exit(3, false))).toEqual({ kind: "again", wait: 200 });
  });

  it.each([0, 2])("by its own will, with code %d, is left", (code) => {
    const lives = new Lives();
    lives.after(KILLED);
    expect(lives.after(exit(code))).toEqual({ kind: "over", code, gaveUp: false });
  });

  it("waits twice as long each time, half a minute at most, and anew after a good minute", () => {
    const lives = new Lives();
    const waits = Array.from({ length: 11 }, () => lives.after(KILLED)).map(
      (verdict) => verdict.kind === "again" && verdict.wait,
    );
    expect(waits).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000,
    ]);
    expect(lives.after({ ...KILLED, lived: 60_000 })).toEqual({ kind: "again", wait: 100 });
  });

  it("five times in a row soon after its start is given up, with its exit code", () => {
    const short = { ...KILLED, lived: 9_999 };
    const lives = new Lives();
    for (let at = 0; at < 4; at++) expect(lives.after(short).kind).toBe("again");
    expect(lives.after(short)).toEqual({ kind: "over", code: 137, gaveUp: true });
    const broken = new Lives();
    for (let at = 0; at < 4; at++) broken.after(short);
    expect(broken.after({ ...exit(1), lived: 5 })).toMatchObject({ code: 1, gaveUp: true });
  });

  it("is not given up where a longer life stands between, nor while it can't start", () => {
    const short = { ...KILLED, lived: 5 };
    const lives = new Lives();
    for (let at = 0; at < 4; at++) lives.after(short);
    expect(lives.after(KILLED).kind).toBe("again");
    for (let at = 0; at < 4; at++) expect(lives.after(short).kind).toBe("again");
    const away = new Lives();
    away.after(KILLED);
    for (let at = 0; at < 50; at++) {
      expect(away.after({ ...exit(3, false), lived: 5 }).kind).toBe("again");
    }
  });

  it("is told in words", () => {
    expect(deathText({ ...KILLED, wasHung: true }, 15_000)).toBe(
      "it gave no sign of life for 15 s and was killed",
    );
    expect(deathText(KILLED, 1)).toBe("it was ended by SIGKILL");
    expect(deathText(exit(1), 1)).toBe("it ended with exit code 1");
  });
});
