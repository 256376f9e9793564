import { describe, expect, it } from "vitest";
import { countText, taskNumber } from "../../src/cli/demo/procedures.ts";

describe("text.count", () => {
  it("counts line feeds, words and bytes as wc does", () => {
    expect(countText("one two\nthree\n")).toEqual({ lines: 2, words: 3, bytes: 14 });
    expect(countText("")).toEqual({ lines: 0, words: 0, bytes: 0 });
    expect(countText("  é\t\n")).toEqual({ lines: 1, words: 1, bytes: 6 });
  });
});

describe("the tasks of the demo", () => {
  const text = "first paragraph\n\nsecond one";

  it("mix counting and calculating, with the answers beside them", () => {
    expect(taskNumber(0, text)).toMatchObject({
      procedure: "text.count",
      argument: "first paragraph",
      expected: { words: 2 },
    });
    expect(taskNumber(10, text)).toMatchObject({ argument: "second one" });
    expect(taskNumber(1, text)).toEqual({
      procedure: "calculator.subtract",
      argument: { a: -963, b: 1.5 },
      expected: -964.5,
    });
  });

  it("use every procedure and never divide by zero", () => {
    const tasks = Array.from({ length: 100 }, (_, number) => taskNumber(number, text));
    expect(new Set(tasks.map((task) => task.procedure)).size).toBe(5);
    expect(tasks.every((task) => JSON.stringify(task.expected) !== "null")).toBe(true);
  });
});
