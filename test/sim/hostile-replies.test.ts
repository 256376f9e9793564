import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { SEAL } from "../../src/wire/route-frame.ts";
import { routeFrame } from "../peer/raw-peer.ts";
import { hostileHop, replyTo, resultOf } from "../rpc/hostile-hop.ts";
import { turned } from "../seal/ends.ts";
import { FarEnd, viewOf } from "../seal/far-end.ts";

const REPLIES = 1_000_000;
const ROUNDS = 50;
const CALLS = 8;

/** What a hop has seen and may work with. */
interface Seen {
  /** Replies of the provider to calls that wait. */
  readonly replies: readonly Bytes[];
  /** The calls themselves. */
  readonly calls: readonly Bytes[];
  /** Replies that were taken already. */
  readonly old: readonly Bytes[];
  readonly impostor: FarEnd;
  readonly chance: SeededRandom;
}

function pick<T>(chance: SeededRandom, from: readonly T[]): T {
  return from[chance.below(from.length)] as T;
}

/** The frame with another length in its head. */
function resized(frame: Bytes, length: number): Bytes {
  const changed = new Uint8Array(length);
  changed.set(frame.subarray(0, length));
  new DataView(changed.buffer).setUint32(4, length - 8);
  return changed;
}

/** All that a hop can make of what it has seen, each with a bit of chance. */
const TRICKS: readonly ((seen: Seen) => Bytes)[] = [
  // Any bit turned, of what no hop may change and of the text.
  ({ replies, chance }) => {
    const reply = pick(chance, replies);
    const from = viewOf(reply).destinationAt * 8;
    return turned(reply, from + chance.below(reply.length * 8 - from));
  },
  // The text of another reply, with and without its counter.
  ({ replies, chance }) => {
    const at = chance.below(replies.length);
    const reply = (replies[at] as Bytes).slice();
    const other = replies[(at + 1 + chance.below(replies.length - 1)) % replies.length] as Bytes;
    const from = viewOf(reply).bodyStart + pick(chance, [4, 8]);
    reply.set(other.subarray(from), from);
    return reply;
  },
  // A reply once more that was taken.
  ({ old, replies, chance }) =>
    old.length > 0 ? pick(chance, old) : resized(pick(chance, replies), 60),
  // Shorter, longer.
  ({ replies, chance }) => {
    const reply = pick(chance, replies);
    const more = 1 + chance.below(60);
    return resized(reply, reply.length + pick(chance, [more, -more]));
  },
  // The call, sent back as if it were the reply.
  ({ calls, chance }) => {
    const call = pick(chance, calls).slice();
    const { destination, source, destinationAt, sourceAt } = viewOf(call);
    call.set(destination, sourceAt);
    call.set(source, destinationAt);
    call[destinationAt + 81] = TYPE.reply;
    return call;
  },
  // Not sealed, in the provider's name, about a call that waits.
  ({ calls, chance }) => {
    const { source, destination, messageId } = viewOf(pick(chance, calls));
    const header = { source: destination, destination: source, payloadType: TYPE.reply };
    return routeFrame({ ...header, labels: [] }, resultOf(messageId, "forged"));
  },
  // Sealed by somebody else, in the provider's name.
  ({ calls, chance, impostor }) => {
    const { source, destination, messageId } = viewOf(pick(chance, calls));
    const session = impostor.sealer.begun.toward(destination, impostor.sealer.boxKey(), 0);
    const header = { source: destination, destination: source, payloadType: TYPE.reply };
    const sealed = { ...header, seal: SEAL.session, labels: [] };
    return impostor.frameIn(session as never, sealed, resultOf(messageId, "forged"));
  },
];

describe("a million hostile replies", () => {
  it("are refused to the last, and the provider's own are taken", {
    timeout: 120_000,
  }, async () => {
    const { world, node, hop, provider, call, asked } = await hostileHop();
    const first = call();
    await hop.settle();
    await hop.sendData(provider.boxKeyFrame(asked()[0] as never));
    await hop.sendData(replyTo(provider, asked().at(-1) as never, 0));
    expect(await world.run(first)).toBe(0);
    const old: Bytes[] = [];
    const [impostor, chance] = [new FarEnd(world, 8), new SeededRandom(7)];
    let sent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      hop.received.length = 0;
      const ends = Array.from({ length: CALLS }, () => call(600_000));
      await hop.settle();
      const calls = asked();
      const replies = calls.map((view, at) => replyTo(provider, view, round * CALLS + at));
      const seen = { replies, calls: calls.map(({ bytes }) => bytes), old, impostor, chance };
      for (let count = 0; count < REPLIES / ROUNDS; count++, sent++) {
        hop.queueData((TRICKS[count % TRICKS.length] as (seen: Seen) => Bytes)(seen));
        if (count % 500 === 499) await hop.settle();
      }
      await hop.settle();
      expect(node.status().bounds.callsPending?.used).toBe(CALLS);
      for (const reply of replies) await hop.sendData(reply);
      const expected = replies.map((_, at) => round * CALLS + at);
      expect(await world.run(Promise.all(ends))).toEqual(expected);
      old.push(...replies);
    }
    expect([sent, hop.closed]).toEqual([REPLIES, undefined]);
  });
});
