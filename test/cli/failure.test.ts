import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode, MeshError } from "../../src/base/errors.ts";
import { EXIT } from "../../src/cli/exit-code.ts";
import { toFailure } from "../../src/cli/failure.ts";
import { StartError } from "../../src/cli/start-error.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

describe("a failure at the end of the process", () => {
  it("is one line whatever the error says", () => {
    const { message } = toFailure(new MeshError("timeout", "no answer\n  at line 7\n\tor later"));
    expect(message).not.toMatch(/[\n\t]/);
    expect(message).toMatch(/^no answer at line 7 or later; allow more time/);
  });

  it("keeps a huge message short", () => {
    expect(toFailure(new Error("x".repeat(100_000))).message.length).toBeLessThan(1_000);
  });

  it.each<[ErrorCode, number]>([
    ["bad_config", EXIT.usage],
    ["address_in_use", EXIT.start],
    ["bad_key_file", EXIT.start],
    ["cancelled", EXIT.interrupted],
    ["no_provider", EXIT.failed],
    ["timeout", EXIT.failed],
  ])("of code %s ends with %i", (code, exitCode) => {
    expect(toFailure(new MeshError(code, "said"))).toMatchObject({ code, exitCode });
  });

  it("of every code is not zero", () => {
    const codes = Object.keys(ERROR_CODES) as ErrorCode[];
    expect(codes.filter((code) => toFailure(new MeshError(code, "")).exitCode === 0)).toEqual([]);
  });

  it("before the node has its place ends with the code of a start, and its own advice", () => {
    const failure = toFailure(new StartError(new MeshError("timeout", "nobody answered")));
    expect(failure).toMatchObject({ code: "timeout", exitCode: EXIT.start });
    expect(failure.message).toMatch(/check --bootstrap/);
    const cancelled = toFailure(new StartError(new MeshError("cancelled", "ended by SIGINT")));
    expect(cancelled.exitCode).toBe(EXIT.interrupted);
  });

  it("of a wrong command line is told apart", () => {
    expect(toFailure(new UsageError("write more"))).toEqual({
      code: "usage",
      message: "write more",
      exitCode: EXIT.usage,
    });
  });

  it("shows what was thrown where it is no error at all", () => {
    expect(toFailure("a word")).toMatchObject({ code: "internal", message: "a word" });
  });
});
