import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { askEcho } from "../contract/probes.ts";
import { seededRandom } from "./quic-random.ts";
import { dialled, QuicScene, until } from "./quic-scene.ts";
import type { Tap } from "./quic-tap.ts";

/** Hostile datagrams in all; set MACULA_HOSTILE for a longer run. */
const COUNT = Number(process.env.MACULA_HOSTILE ?? 100_000);
/** Sent at once: few enough for the buffer of a socket, so that none is lost. */
const BATCH = 64;
/** Resident bytes by which the process may grow after its warm-up. */
const GROWTH_MAX = 48 << 20;

type Maker = (random: ReturnType<typeof seededRandom>, real: readonly Bytes[]) => Bytes;

function noise(random: ReturnType<typeof seededRandom>, length: number): Bytes {
  const bytes = random.bytes(length);
  // Without this bit it would not be taken for QUIC at all.
  bytes[0] = (bytes[0] as number) | 0x40;
  return bytes;
}

/** Looks like the first packet of a dial, with random connection ids, token and body. */
const initial: Maker = (random) => {
  const bytes = noise(random, 1_200 + random.below(200));
  bytes.set([
    0xc0 | random.below(16),
    0,
    0,
    0,
    random.below(50) === 0 ? 2 : 1,
    8 + random.below(13),
  ]);
  return bytes;
};

const pick = (random: ReturnType<typeof seededRandom>, real: readonly Bytes[]): Bytes =>
  (real[random.below(real.length)] as Bytes).slice();

const MAKERS: readonly Maker[] = [
  (random) => noise(random, 1 + random.below(1_400)),
  initial,
  (random, real) => {
    const bytes = pick(random, real);
    for (let flips = 1 + random.below(8); flips > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    bytes[0] = (bytes[0] as number) | 0x40;
    return bytes;
  },
  (random, real) => {
    const bytes = pick(random, real);
    return bytes.slice(0, 1 + random.below(bytes.length));
  },
  pick,
];

/** Sends hostile datagrams both ways, no faster than they are taken in. */
async function attack(
  tap: Tap,
  real: readonly Bytes[],
  count: number,
  taken: () => number,
): Promise<void> {
  const random = seededRandom(count);
  for (let sent = 0; sent < count; sent += BATCH) {
    const before = taken();
    for (let at = 0; at < BATCH; at++) {
      const maker = MAKERS[random.below(MAKERS.length)] as Maker;
      const bytes = maker(random, real);
      if (at % 8 === 0) tap.toDialler(bytes);
      else tap.toListener(bytes);
    }
    await until(() => taken() - before >= BATCH / 2);
  }
}

describe("hostile datagrams", () => {
  it(`leave a live connection and the process unharmed (${COUNT})`, async () => {
    await using scene = new QuicScene();
    const { transport, address } = await scene.echoing(1, { handshakeTimeout: 200 });
    const tap = await scene.tap(address);
    const from = scene.transport(2);
    const { connection } = await dialled(from, tap.address);
    await askEcho(connection, 1, 20_000);
    const real = [...tap.forth, ...tap.back];
    const taken = (): number =>
      transport.stats().datagramsReceived + from.stats().datagramsReceived;

    await attack(tap, real, COUNT / 5, taken);
    const resident = process.memoryUsage.rss();
    await attack(tap, real, (COUNT * 4) / 5, taken);
    expect(process.memoryUsage.rss() - resident).toBeLessThan(GROWTH_MAX);

    expect(taken()).toBeGreaterThan(COUNT / 2);
    await askEcho(connection, 2, 20_000);
    expect(transport.stats()).toMatchObject({ connections: 1, restarts: 0 });
    expect(from.stats()).toMatchObject({ connections: 1, restarts: 0 });
    await until(() => transport.stats().handshakes === 0);
    await askEcho((await dialled(scene.transport(3), address)).connection);
  }, 120_000);
});
