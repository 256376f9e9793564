import { describe, expect, it } from "vitest";
import { closeInfo, dialError } from "../../src/transport/quic/closing.ts";
import * as layout from "../../src/transport/quic/layout.ts";

const lost = (kind: number, code: number, reason = "why"): Parameters<typeof closeInfo>[0] => ({
  kind,
  code,
  reason,
});

describe("the end of a connection", () => {
  it.each([
    [lost(layout.LOST_APPLICATION, 7), { by: "peer", code: 7, reason: "why" }],
    [lost(layout.LOST_TIMEOUT, 0), { by: "timeout", code: 0 }],
    [lost(layout.LOST_RESET, 0), { by: "peer", code: 0 }],
    [lost(layout.LOST_PEER_TRANSPORT, 0x174), { by: "peer", code: 0x10 }],
    [
      lost(layout.LOST_PEER_TRANSPORT, 0x0a),
      { by: "peer", code: 0, reason: "QUIC error 0xa: why" },
    ],
    [lost(layout.LOST_OWN_TRANSPORT, 0x0a, ""), { by: "fault", code: 0, reason: "QUIC error 0xa" }],
  ])("is told as it was (%j)", (it, expected) => {
    expect(closeInfo(it)).toMatchObject(expected);
  });

  it.each([
    [lost(layout.LOST_APPLICATION, 0x17), "refused"],
    [lost(layout.LOST_PEER_TRANSPORT, 0x02), "refused"],
    [lost(layout.LOST_PEER_TRANSPORT, 0x12a), "bad_certificate"],
    [lost(layout.LOST_OWN_TRANSPORT, 0x133), "bad_certificate"],
    [lost(layout.LOST_PEER_TRANSPORT, 0x178), "dial_failed"],
    [lost(layout.LOST_TIMEOUT, 0), "dial_failed"],
    [lost(layout.LOST_RESET, 0), "dial_failed"],
  ])("fails a dial with its code (%j is %s)", (it, code) => {
    expect(dialError(it).code).toBe(code);
  });
});
