import { expect, it } from "vitest";
import { MeshError } from "../../src/base/errors.ts";
import type { Provider } from "../../src/dht/registry.ts";
import { PendingCall, type PendingCallOwner } from "../../src/rpc/pending-call.ts";
import { VirtualClock } from "../../src/sim/clock.ts";
import { FrameWriter } from "../../src/wire/writer.ts";
import { signerOf } from "../peer/nodes.ts";

const owner: PendingCallOwner = {
  clock: new VirtualClock(),
  callId: () => new Uint8Array(16),
  copyOf: (bytes) => bytes.slice(),
  due: () => {},
  undeliverable: () => {},
};

function callOf(args: unknown): PendingCall {
  const options = {
    timeout: 1_000,
    signal: undefined,
    provider: undefined,
    maxHops: 3,
    idempotent: false,
    selection: "random" as const,
    routingStrategy: "hybrid" as const,
  };
  const settle = { resolve: () => {}, reject: () => {} };
  return new PendingCall(owner, {
    number: 1,
    procedure: "echo",
    args,
    options,
    traced: true,
    ...settle,
  });
}

it("keeps 64 reports at most, whoever invents more", () => {
  const call = callOf(null);
  const report = { messageId: new Uint8Array(16), hop: 1, rule: "greedy" } as const;
  for (let at = 0; at < 1_000; at++) call.reported(signerOf(1).id, report);
  expect(call.trace?.reports).toHaveLength(64);
});

it("writes the same body for each attempt, whatever became of the arguments", () => {
  const args = { a: [1] };
  const call = callOf(args);
  const bodies = [0, 1].map(() => {
    const writer = new FrameWriter();
    writer.begin();
    call.writeBody(writer);
    args.a.push(2);
    return writer.copy();
  });
  expect(bodies[1]).toEqual(bodies[0]);
});

it("can't be sent before somebody is asked", () => {
  expect(() => callOf(null).destination).toThrow(MeshError);
});

it("asks a provider again that has registered anew, and no other twice", () => {
  const call = callOf(null);
  const [first, second] = [1, 2].map((number) => ({ id: signerOf(number).id, anchors: [] }));
  call.ask({ ...first!, seq: 5 });
  call.ask({ ...second!, seq: 9 });
  const asked = (provider = first!, seq = 5): boolean => call.hasAsked({ ...provider, seq });
  expect([asked(), asked(first, 4), asked(first, 6)]).toEqual([true, true, false]);
  expect([asked(second, 9), asked(second, 10)]).toEqual([true, false]);
  call.ask({ id: signerOf(3).id, anchors: [] });
  expect(asked({ id: signerOf(3).id, anchors: [] }, 7)).toBe(true);
  expect(asked({ id: signerOf(4).id, anchors: [] })).toBe(false);
});

it("may have been executed while nobody has said of each attempt that nothing came of it", () => {
  const call = callOf(null);
  const [first, second] = [1, 2].map((number) => ({ id: signerOf(number).id, anchors: [] }));
  call.ask(first as Provider);
  expect(call.isUncertain).toBe(false);
  call.attempts = 2;
  call.undone(0);
  call.undone(0);
  call.undone(7); // An attempt that there was not.
  expect(call.isUncertain).toBe(true);
  call.undone(1);
  expect(call.isUncertain).toBe(false);
  call.ask(second as Provider);
  call.attempts = 3;
  call.undone(1);
  expect(call.isUncertain).toBe(true);
  call.undone(2);
  expect(call.isUncertain).toBe(false);
  call.lost = new MeshError("link_lost", "gone");
  expect(call.isUncertain).toBe(true);
});
