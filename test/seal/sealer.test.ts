import { describe, expect, it } from "vitest";
import { equalBytes, utf8 } from "../../src/base/bytes.ts";
import { idNumber, type NodeId, sameId, toNodeId } from "../../src/base/id.ts";
import { BOX_KEY_LIFE } from "../../src/seal/box-keys.ts";
import { SESSION_LIFE, SESSION_TEXTS_MAX } from "../../src/seal/caller-sessions.ts";
import { PROVIDER_SESSIONS_MAX } from "../../src/seal/provider-sessions.ts";
import { TEXTS_LIMIT } from "../../src/seal/session.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { SEAL } from "../../src/wire/route-frame.ts";
import fc from "../base/property.ts";
import { End, type Outcome, turned, viewOf } from "./ends.ts";

const ASK = utf8("the args of a call");
const ANSWER = utf8("its result");

/** What was opened; fails on anything else. */
function opened(outcome: Outcome): Exclude<Outcome, string> {
  if (typeof outcome === "string") throw new Error(`it is ${outcome}`);
  return outcome;
}

/** A caller and a provider that have spoken in a session. */
function acquainted(): { caller: End; provider: End } {
  const [caller, provider] = [new End(1), new End(2)];
  const { session } = opened(provider.open(caller.call(provider, ASK)));
  opened(caller.open(provider.reply(caller, session, ANSWER)));
  return { caller, provider };
}

const sealOf = (frame: Uint8Array) => viewOf(frame).seal;

/** Bits of a frame that no hop may change, and those it may. */
function bitsOf(frame: Uint8Array): { immutable: number[]; all: number } {
  const { destinationAt, end } = viewOf(frame);
  const length = (end - destinationAt) * 8;
  return {
    immutable: Array.from({ length }, (_, at) => destinationAt * 8 + at),
    all: end * 8,
  };
}

describe("sealed messages", () => {
  it("open a session with the first, and need no more for the next", () => {
    const [caller, provider] = [new End(1), new End(2)];
    const frames = [caller.call(provider, ASK), caller.call(provider, ANSWER)];
    expect(frames.map(sealOf)).toEqual([SEAL.opening, SEAL.opening]);
    const [second, first] = [frames[1], frames[0]].map((it) =>
      opened(provider.open(it as Uint8Array)),
    );
    expect([first?.text, second?.text]).toEqual([ASK, ANSWER]);
    expect(first?.session).toBe(second?.session);
    expect(
      opened(caller.open(provider.reply(caller, first?.session as never, ANSWER))).text,
    ).toEqual(ANSWER);
    const third = caller.call(provider, ASK);
    expect(sealOf(third)).toBe(SEAL.session);
    expect(opened(provider.open(third))).toMatchObject({ text: ASK, isFresh: true });
    expect([caller.sealer.begun.size, provider.sealer.taken.size]).toEqual([1, 1]);
  });

  it("carry any text, and show nothing of it", () => {
    const { caller, provider } = acquainted();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 3_000 }), (text) => {
        const frame = caller.call(provider, text);
        expect(Buffer.from(frame).includes(Buffer.from(text))).toBe(false);
        expect(equalBytes(opened(provider.open(frame)).text, text)).toBe(true);
      }),
    );
  });

  it("have few lengths", () => {
    const { caller, provider } = acquainted();
    const lengths = Array.from(
      { length: 1_000 },
      (_, at) => caller.call(provider, new Uint8Array(at)).length,
    );
    expect(new Set(lengths).size).toBeLessThan(24);
  });

  it("are refused with any bit turned that no hop may change: in a session", () => {
    const { caller, provider } = acquainted();
    const call = caller.call(provider, ASK);
    const { session } = opened(provider.open(call));
    const reply = provider.reply(caller, session, ANSWER);
    for (const bit of bitsOf(call).immutable) expectRefused(provider, turned(call, bit));
    for (const bit of bitsOf(reply).immutable) expectRefused(caller, turned(reply, bit));
    expect(opened(caller.open(reply)).isFresh).toBe(true);
  });

  it("are refused with any bit turned that no hop may change: where they open one", () => {
    const [caller, provider] = [new End(1), new End(2)];
    const call = caller.call(provider, ASK);
    for (const bit of bitsOf(call).immutable) expectRefused(provider, turned(call, bit));
    expect(provider.sealer.taken.size).toBe(0);
    expect(opened(provider.open(call)).text).toEqual(ASK);
  });

  it("are taken whatever hops write into the fields that are theirs", () => {
    const { caller, provider } = acquainted();
    const call = caller.call(provider, ASK);
    const mutable = call.slice();
    mutable[8] = 3; // hop_count
    mutable.fill(0x77, 12, 18); // labels
    expect(opened(provider.open(mutable)).text).toEqual(ASK);
  });

  it("are opened by whom they are meant for alone", () => {
    const { caller, provider } = acquainted();
    const [other, abroad] = [new End(3), new End(2, "com.example.other")];
    const call = caller.call(provider, ASK);
    expect(other.open(call)).toBe("refused");
    const first = new End(4).call(provider, ASK);
    expect(other.open(first)).toBe("refused");
    expect(abroad.open(new End(5).call(provider, ASK, { boxKey: abroad.sealer.boxKey() }))).toBe(
      "forged",
    );
  });

  it("are not taken under another caller's name", () => {
    const { caller, provider } = acquainted();
    const mallory = new End(6);
    const inHisName = mallory.call(provider, ASK, { header: { source: caller.id } });
    expect(provider.open(inHisName)).toBe("forged");
    expect(provider.open(caller.call(provider, ASK, { header: { source: mallory.id } }))).toBe(
      "refused",
    );
    expect(provider.sealer.taken.size).toBe(1);
  });

  it("are not answered by anybody but the provider", () => {
    const { caller, provider } = acquainted();
    const other = new End(7);
    const { session } = opened(other.open(caller.call(other, ASK)));
    const reply = other.reply(caller, session, ANSWER);
    expect(opened(caller.open(reply)).session.peer).toEqual(other.id);
    const at = viewOf(reply).sourceAt;
    const inItsName = reply.slice();
    inItsName.set(provider.id, at);
    expect(caller.open(inItsName)).toBe("forged");
  });

  it("can't be sent back as a reply, nor a reply as a call", () => {
    const { caller, provider } = acquainted();
    const call = caller.call(provider, ASK);
    const { destinationAt, sourceAt } = viewOf(call);
    const reflected = call.slice();
    reflected.set(provider.id, sourceAt);
    reflected.set(caller.id, destinationAt);
    reflected[destinationAt + 81] = TYPE.reply;
    expect(caller.open(reflected)).toBe("forged");
    const { session } = opened(provider.open(call));
    const reply = provider.reply(caller, session, ANSWER);
    reply.set(caller.id, sourceAt);
    reply.set(provider.id, destinationAt);
    reply[destinationAt + 81] = TYPE.call;
    expect(provider.open(reply)).toBe("forged");
  });

  it("are not taken for those of another node whose id makes the same number", () => {
    const { caller, provider } = acquainted();
    const { session } = opened(provider.open(caller.call(provider, ASK)));
    const [{ begun }, { taken }] = [caller.sealer, provider.sealer];
    expect(begun.named(provider.id, session.id)).toBeDefined();
    expect(begun.named(twin(provider.id), session.id)).toBeUndefined();
    expect(taken.named(caller.id, session.id, provider.now)).toBe(session);
    expect(taken.named(twin(caller.id), session.id, provider.now)).toBeUndefined();
  });

  it("are nobody's where there is no room for what they have to begin with", () => {
    const { caller, provider } = acquainted();
    const session = caller.call(provider, ASK);
    const opening = new End(3).call(provider, ASK);
    for (const frame of [session, opening]) {
      const { bodyStart } = viewOf(frame);
      for (const length of [0, 1, 3, 7]) {
        expect(provider.open(cut(frame, bodyStart + length))).toBe("forged");
      }
    }
  });

  it("are told from repeated ones", () => {
    const { caller, provider } = acquainted();
    const call = caller.call(provider, ASK);
    const { session, isFresh } = opened(provider.open(call));
    expect([isFresh, opened(provider.open(call)).isFresh]).toEqual([true, false]);
    const reply = provider.reply(caller, session, ANSWER);
    expect(opened(caller.open(reply)).isFresh).toBe(true);
    expect(opened(caller.open(reply)).isFresh).toBe(false);
  });
});

/** A frame that ends at `length`. */
function cut(frame: Uint8Array, length: number): Uint8Array {
  const shorter = frame.slice(0, length);
  new DataView(shorter.buffer).setUint32(4, length - 8);
  return shorter;
}

/** Another id with the same `idNumber`. */
function twin(id: NodeId): NodeId {
  const other = id.slice();
  const up = (other[28] as number) < 255 && (other[30] as number) >= 31;
  other[28] = (other[28] as number) + (up ? 1 : -1);
  other[30] = (other[30] as number) + (up ? -31 : 31);
  expect([idNumber(other), sameId(other, id)]).toEqual([idNumber(id), false]);
  return toNodeId(other);
}

/** Where a bit was turned it may name another session, which is refused: never is it opened. */
function expectRefused(end: End, frame: Uint8Array): void {
  let outcome: Outcome | "malformed";
  try {
    outcome = end.open(frame);
  } catch {
    outcome = "malformed";
  }
  expect(["refused", "forged", "malformed"]).toContain(outcome);
}

describe("a session", () => {
  it("is not opened a second time by the same bytes, when it has been forgotten meanwhile", () => {
    const [caller, provider] = [new End(1), new End(2)];
    const call = caller.call(provider, ASK);
    opened(provider.open(call));
    provider.now += 1_200_001;
    expect(provider.open(call)).toBe("refused");
  });

  it("is not opened where the signature is another's", () => {
    const provider = new End(2);
    const [honest, mallory] = [new End(1), new End(6)];
    const call = mallory.call(provider, ASK);
    const stolen = call.slice();
    stolen.set(honest.id, viewOf(call).sourceAt);
    expect(provider.open(stolen)).toBe("forged");
  });

  it("is not opened where the neighbour may not", () => {
    const [caller, provider] = [new End(1), new End(2)];
    provider.mayOpen = false;
    const call = caller.call(provider, ASK);
    expect(provider.open(call)).toBe("forged");
    provider.mayOpen = true;
    expect(opened(provider.open(call)).isFresh).toBe(true);
  });

  it("is followed by another after ten minutes; replies in the old one are still read", () => {
    const { caller, provider } = acquainted();
    const { session } = opened(provider.open(caller.call(provider, ASK)));
    caller.now += SESSION_LIFE;
    expect(sealOf(caller.call(provider, ASK))).toBe(SEAL.opening);
    expect(opened(caller.open(provider.reply(caller, session, ANSWER))).text).toEqual(ANSWER);
  });

  it("is followed by another after a million texts, long before its counters run over", () => {
    const { caller, provider } = acquainted();
    const { session } = opened(provider.open(caller.call(provider, ASK)));
    const mine = caller.sealer.begun.named(provider.id, session.id) as object;
    Object.defineProperty(mine, "sent", { value: SESSION_TEXTS_MAX - 1, configurable: true });
    expect(sealOf(caller.call(provider, ASK))).toBe(SEAL.session);
    Object.defineProperty(mine, "sent", { value: SESSION_TEXTS_MAX });
    expect(sealOf(caller.call(provider, ASK))).toBe(SEAL.opening);
  });

  it("is refused by a provider that has sealed as many replies in it as it ever does", () => {
    const { caller, provider } = acquainted();
    const { session } = opened(provider.open(caller.call(provider, ASK)));
    Object.defineProperty(session, "sent", { value: TEXTS_LIMIT });
    expect(provider.open(caller.call(provider, ASK))).toBe("refused");
  });

  it("can be opened with yesterday's key for an hour", () => {
    const [caller, provider] = [new End(1), new End(2)];
    const yesterday = provider.sealer.boxKey();
    provider.now += BOX_KEY_LIFE;
    expect(provider.sealer.boxKey()).not.toEqual(yesterday);
    opened(provider.open(caller.call(provider, ASK, { boxKey: yesterday })));
    provider.now += 3_600_000;
    expect(provider.open(new End(3).call(provider, ASK, { boxKey: yesterday }))).toBe("refused");
  });

  it("makes room for others, the one used longest ago first", () => {
    const provider = new End(2);
    const first = new End(1);
    opened(provider.open(first.call(provider, ASK)));
    const call = first.call(provider, ASK);
    const { taken } = provider.sealer;
    const stranger = opened(provider.open(new End(3).call(provider, ASK))).session;
    for (let number = 0; number < PROVIDER_SESSIONS_MAX; number++) {
      const session = { ...stranger, id: number } as unknown as typeof stranger;
      taken.keep(session, { pair: undefined as never, madeAt: 0, opened: new Set() }, call, 200, 0);
    }
    expect(taken.size).toBe(PROVIDER_SESSIONS_MAX);
    expect(provider.open(call)).toBe("refused");
  });
});

describe("a provider that was started anew", () => {
  it("refuses, says its key, and is called in a new session", () => {
    const { caller, provider } = acquainted();
    provider.restart();
    const call = caller.call(provider, ASK);
    expect(provider.open(call)).toBe("refused");
    expect(caller.sealer.answered(provider.id, provider.answerTo(call))).toBe(true);
    const again = caller.call(provider, ASK, { boxKey: undefined });
    expect(sealOf(again)).toBe(SEAL.opening);
    expect(opened(provider.open(again)).text).toEqual(ASK);
  });

  it("is called with the key it said, though its old record names the old one", () => {
    const { caller, provider } = acquainted();
    const old = provider.sealer.boxKey();
    provider.restart();
    const call = caller.call(provider, ASK);
    caller.sealer.answered(provider.id, provider.answerTo(call));
    const again = caller.call(provider, ASK, { boxKey: old });
    expect(opened(provider.open(again)).text).toEqual(ASK);
  });

  it("is asked for its key where no record is known", () => {
    const [caller, provider] = [new End(1), new End(2)];
    const asking = caller.call(provider, ASK, { boxKey: undefined });
    expect([sealOf(asking), provider.open(asking)]).toEqual([SEAL.asking, "refused"]);
    expect(caller.sealer.answered(provider.id, provider.answerTo(asking))).toBe(true);
    expect(opened(provider.open(caller.call(provider, ASK, { boxKey: undefined }))).text).toEqual(
      ASK,
    );
  });

  it("is believed only what it has signed, to this caller, about this message", () => {
    const { caller, provider } = acquainted();
    const call = caller.call(provider, ASK);
    const answer = provider.answerTo(call);
    const mallory = new End(6);
    const forged = [
      { ...answer, boxKey: mallory.sealer.boxKey() },
      { ...answer, session: answer.session ^ 1 },
      { ...answer, messageId: turned(answer.messageId, 3) },
      { ...answer, signature: turned(answer.signature, 77) },
      mallory.answerTo(call),
    ];
    for (const it of forged) expect(caller.sealer.answered(provider.id, it)).toBe(false);
    expect(mallory.sealer.answered(provider.id, answer)).toBe(false);
    expect(sealOf(caller.call(provider, ASK))).toBe(SEAL.session);
  });
});

describe("a message that was held back", () => {
  it("is refused when it comes later than it is good for, as others of its session show", () => {
    const { caller, provider } = acquainted();
    const held = caller.call(provider, ASK, { life: 2_000 });
    provider.now += 3_100;
    expect(provider.open(held)).toBe("refused");
    expect(opened(provider.open(held)).isFresh).toBe(false);
  });

  it("is not refused where it was taken in time, or its caller would send it once more", () => {
    const { caller, provider } = acquainted();
    const call = caller.call(provider, ASK, { life: 2_000 });
    expect(opened(provider.open(call)).isFresh).toBe(true);
    provider.now += 3_100;
    expect(opened(provider.open(call)).isFresh).toBe(false);
  });

  it("is taken within its time, whatever the two clocks say", () => {
    const { caller, provider } = acquainted();
    provider.now += 1_000_000;
    const { session } = opened(provider.open(new End(3).call(provider, ASK)));
    expect(session.peer).toEqual(new End(3).id);
    const late = caller.call(provider, ASK, { life: 60_000 });
    provider.now -= 990_000;
    expect(opened(provider.open(late)).isFresh).toBe(true);
  });
});
