import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../src/sim/random.ts";
import type { Stream } from "../../src/transport/transport.ts";
import { askEcho, type ConnectionProbe, deferred, echo, pattern, StreamProbe } from "./probes.ts";
import { dial, type Pair, pair } from "./scene.ts";
import type { Stage, StageKind, Use } from "./stage.ts";

const STREAMS_MAX = 16;
const STEPS = 400;

/** One side of one stream: what it was told to do, and what it has seen. */
class Side {
  readonly key: number;
  readonly probe: StreamProbe;
  written = 0;
  /** How this side finished sending. */
  sent: "open" | "ended" | "reset" = "open";
  resetCode = 0;
  stopped = false;

  constructor(stream: Stream, key: number, expected: number) {
    this.key = key;
    this.probe = new StreamProbe(stream, expected);
  }

  /** The peer has stopped us: what we write is ignored. */
  get isStopped(): boolean {
    return this.probe.events.some((event) => event.startsWith("stop"));
  }

  write(size: number): void {
    if (this.sent !== "open" || this.isStopped) return;
    this.probe.stream.write(pattern(this.key, this.written, this.written + size));
    this.written += size;
  }

  end(): void {
    if (this.sent === "open" && !this.isStopped) this.sent = "ended";
    this.probe.stream.end();
  }

  reset(code: number): void {
    if (this.sent !== "open" || this.isStopped) return;
    this.sent = "reset";
    this.resetCode = code;
    this.probe.stream.reset(code);
  }

  stop(code: number): void {
    this.stopped = true;
    this.probe.stream.stop(code);
  }
}

/** Both sides of all streams of one connection, by the stream's id. */
class Talk {
  readonly opener = new Map<number, Side>();
  readonly accepter = new Map<number, Side>();
  /** Some streams get their handler late. */
  holdsBack = true;
  readonly #random: SeededRandom;
  readonly #late: (() => void)[] = [];
  #arrived = deferred<void>();

  constructor(
    random: SeededRandom,
    { client, server }: Record<"client" | "server", ConnectionProbe>,
  ) {
    this.#random = random;
    client.take = (stream) => this.#accept(stream);
    server.take = (stream) => this.#accept(stream);
  }

  opened(stream: Stream): void {
    const id = stream.id;
    this.opener.set(id, new Side(stream, id * 2, id * 2 + 1));
  }

  /** Some stream that can still be used. */
  pick(): Side | undefined {
    const sides = [...this.opener.values(), ...this.accepter.values()];
    return sides[this.#random.below(Math.max(1, sides.length))];
  }

  /** Gives the handlers that were held back to their streams. */
  catchUp(): void {
    for (const take of this.#late.splice(0)) take();
  }

  /** Resolves when every stream that was opened is known on the other side. */
  async met(): Promise<void> {
    while (this.accepter.size < this.opener.size) await this.#arrived.promise;
  }

  #accept(stream: Stream): void {
    const take = (): void => {
      this.accepter.set(stream.id, new Side(stream, stream.id * 2 + 1, stream.id * 2));
      this.#arrived.resolve();
      this.#arrived = deferred<void>();
    };
    if (this.holdsBack && this.#random.below(4) === 0) this.#late.push(take);
    else take();
  }
}

function act(side: Side, random: SeededRandom): void {
  const { stream } = side.probe;
  const dice = random.below(100);
  if (dice < 55) side.write(random.below(random.below(4) === 0 ? 60_000 : 500));
  else if (dice < 63) side.end();
  else if (dice < 66) side.reset(random.below(1_000));
  else if (dice < 69) side.stop(random.below(1_000));
  else if (dice < 79) stream.pause();
  else if (dice < 92) stream.resume();
  else stream.setPriority(random.below(5) - 2);
}

/** Resolves when `to` has seen how `from` ended, unless it has said that it does not care. */
async function settled(from: Side, to: Side): Promise<void> {
  if (to.stopped) return;
  await Promise.race([to.probe.ended, to.probe.reset]);
  expect(to.probe.wrongAt).toBeUndefined();
  if (from.sent === "ended") {
    expect(to.probe.events).toContain("end");
    expect(to.probe.size).toBe(from.written);
  } else {
    expect(to.probe.events).toContain(`reset ${from.resetCode}`);
    expect(to.probe.size).toBeLessThanOrEqual(from.written);
  }
  const ends = to.probe.events.filter((event) => event === "end" || event.startsWith("reset"));
  expect(ends.length).toBe(1);
}

async function open(stage: Stage, scene: Pair, talk: Talk, random: SeededRandom): Promise<void> {
  const side = random.below(2) === 0 ? scene.client : scene.server;
  talk.opened(await stage.settle(side.connection.open(), "open"));
}

/** Random use for a while, with time passing between. */
async function misuse(stage: Stage, scene: Pair, talk: Talk, random: SeededRandom): Promise<void> {
  const beside = await dial(stage, scene.from, scene.to.address);
  (await stage.settle(scene.to.arrived.take(), "arrival")).take = echo;
  for (let step = 0; step < STEPS; step++) {
    const opens = random.below(20) === 0 && talk.opener.size < STREAMS_MAX;
    if (opens) await open(stage, scene, talk, random);
    const side = talk.pick();
    if (side !== undefined) act(side, random);
    if (random.below(10) === 0) talk.catchUp();
    // An exchange beside it, so that some of what was done has arrived.
    if (random.below(8) === 0) await stage.settle(askEcho(beside.connection), "an echo");
  }
}

/** Ends all there is and checks that each side has seen what the other did. */
async function finish(stage: Stage, talk: Talk): Promise<void> {
  for (const side of talk.opener.values()) side.end();
  talk.holdsBack = false;
  talk.catchUp();
  await stage.settle(talk.met(), "all streams on the other side");
  for (const side of [...talk.accepter.values(), ...talk.opener.values()]) {
    side.end();
    side.probe.stream.resume();
  }
  const ends = [...talk.opener].flatMap(([id, opener]) => {
    const accepter = talk.accepter.get(id) as Side;
    return [settled(opener, accepter), settled(accepter, opener)];
  });
  await stage.settle(Promise.all(ends), "every end");
}

async function run(stage: Stage, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const limits = { streamsMax: STREAMS_MAX, streamWindow: 96 << 10, connectionWindow: 4 << 20 };
  const scene = await pair(stage, { limits });
  const talk = new Talk(random, scene);
  await misuse(stage, scene, talk, random);
  await finish(stage, talk);
  // Nothing has leaked: there is credit for many more streams than may be open at once.
  for (const side of [scene.client, scene.server]) side.take = echo;
  for (const side of [scene.client, scene.server]) {
    const asks = Array.from({ length: STREAMS_MAX * 3 }, (_, key) =>
      askEcho(side.connection, key, 2_000),
    );
    await stage.settle(Promise.all(asks), "echoes at the end");
  }
  expect([scene.client.closes, scene.server.closes]).toEqual([0, 0]);
}

export function fuzzContract(stageKind: StageKind, use: Use, seeds: readonly number[]): void {
  describe(`streams of the ${stageKind.kind} driver under random use`, () => {
    it.each(seeds)("deliver what was promised (seed %i)", (seed) =>
      use((stage) => run(stage, seed))(),
    );
  });
}
