import { describe, expect, it } from "vitest";
import { nearest, suggestion } from "../../src/cli/nearest.ts";

const NAMES = ["realm", "mode", "listen", "links", "bootstrap", "log", "log-format"];

describe("the name that was meant", () => {
  it.each([
    ["realms", "realm"],
    ["raelm", "realm"],
    ["lisen", "listen"],
    ["bootsrtap", "bootstrap"],
    ["boot", "bootstrap"],
    ["link", "links"],
    ["log-formt", "log-format"],
  ])("for %s is %s", (word, name) => {
    expect(nearest(word, NAMES)).toBe(name);
  });

  it.each(["x", "nonsense", "", "ab", "colour"])("for %s is none", (word) => {
    expect(nearest(word, NAMES)).toBeUndefined();
    expect(suggestion(word, NAMES)).toBe("");
  });

  it("is told in a few words", () => {
    expect(suggestion("moed", NAMES)).toBe("; did you mean mode?");
  });
});
