import { describe, expect, it } from "vitest";
import { linked } from "./chain.ts";
import { macula, startNode } from "./command.ts";

describe("a node of another realm", () => {
  it("never joins, and both sides say why", async () => {
    const flags = ["--mode", "gateway", "--listen", "127.0.0.1:0"];
    const ours = await startNode("start", ...flags, ...linked());
    await using host = ours.running;
    const stranger = await macula(
      ...["start", "--realm", "org.example.other", "--links", "static", "--timeout", "2000"],
      ...["--bootstrap", ours.address, "--listen", "127.0.0.1:0", "--json"],
    );

    expect(stranger.code).toBe(3);
    expect(JSON.parse(stranger.stdout)).toMatchObject({
      ok: false,
      error: { code: "realm_mismatch" },
    });
    expect(stranger.stderr).toMatch(/^macula start: realm_mismatch: /m);
    await host.until((it) => it.stderr.includes("realm_mismatch"), "our side tells of it");
  });
});
