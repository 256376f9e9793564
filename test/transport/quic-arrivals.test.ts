import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/base/bytes.ts";
import { askEcho } from "../contract/probes.ts";
import { dialled, QuicScene, TIMEOUT, until } from "./quic-scene.ts";

/** A Retry packet of version 1: long header, type 3 (RFC 9000, section 17.2.5). */
const isRetry = (bytes: Bytes): boolean => ((bytes[0] as number) & 0xf0) === 0xf0;

const HANDSHAKES_MAX = 2;

describe("arrivals", () => {
  it("need no Retry while few are in their handshake", async () => {
    await using scene = new QuicScene();
    const { address } = await scene.echoing(1);
    const tap = await scene.tap(address);
    await askEcho((await dialled(scene.transport(2), tap.address)).connection);
    expect(tap.back.some(isRetry)).toBe(false);
  });

  it("must prove their address by Retry once too many handshakes are pending", async () => {
    await using scene = new QuicScene();
    const { transport, address } = await scene.echoing(1, { handshakesMax: HANDSHAKES_MAX });
    const abort = new AbortController();
    const pending: Promise<unknown>[] = [];
    for (let seed = 10; seed < 10 + 2 * HANDSHAKES_MAX; seed++) {
      const mute = await scene.tap(address);
      mute.passBack = () => false;
      const options = { timeout: TIMEOUT, signal: abort.signal };
      pending.push(
        scene
          .transport(seed)
          .dial(mute.address, options)
          .catch(() => {}),
      );
      await until(() => mute.back.length > 0);
    }
    expect(transport.stats().handshakes).toBe(HANDSHAKES_MAX);

    const tap = await scene.tap(address);
    await askEcho((await dialled(scene.transport(2), tap.address)).connection);
    expect(tap.back.some(isRetry)).toBe(true);
    abort.abort();
    await Promise.all(pending);
  });

  it("are ended when their handshake takes too long", async () => {
    await using scene = new QuicScene();
    const { transport, address } = await scene.echoing(1, { handshakeTimeout: 100 });
    const tap = await scene.tap(address);
    tap.passBack = () => false;
    const dial = scene.transport(2).dial(tap.address, { timeout: 400 });
    await until(() => transport.stats().handshakes === 1);
    await expect(dial).rejects.toMatchObject({ code: "dial_failed" });
    expect(transport.stats()).toMatchObject({ handshakes: 0, connections: 0 });
  });

  it("are ended when they send more than a handshake needs", async () => {
    await using scene = new QuicScene();
    const { transport, address } = await scene.echoing(1, { handshakeTimeout: 60_000 });
    const tap = await scene.tap(address);
    tap.passBack = () => false;
    const dial = scene.transport(2).dial(tap.address, { timeout: TIMEOUT });
    const settled = dial.catch(() => {});
    await until(() => transport.stats().handshakes === 1);
    for (let copies = 0; copies < 80; copies++) tap.toListener(tap.forth[0] as Bytes);
    await until(() => transport.stats().handshakes === 0);
    tap.passBack = () => true;
    await settled;
  });

  it("are refused beyond the bound on connections, and taken again after one has gone", async () => {
    await using scene = new QuicScene();
    const { address } = await scene.echoing(1, { connectionsMax: 2 });
    const first = await dialled(scene.transport(2), address);
    const second = await dialled(scene.transport(3), address);
    const late = scene.transport(4);
    await expect(late.dial(address, { timeout: TIMEOUT })).rejects.toMatchObject({
      code: "refused",
    });
    await askEcho(first.connection);
    second.connection.close(0, "");
    let refused = true;
    while (refused) {
      refused = await late.dial(address, { timeout: TIMEOUT }).then(
        () => false,
        (error: { code: string }) => error.code === "refused",
      );
    }
  });

  it("are refused while nobody listens", async () => {
    await using scene = new QuicScene();
    const { arrived, address } = await scene.echoing(1);
    const silent = scene.transport(2);
    await dialled(silent, address);
    const seen = await arrived.take();
    await expect(
      scene.transport(3).dial(seen.connection.remoteAddress, { timeout: TIMEOUT }),
    ).rejects.toMatchObject({ code: "refused" });
  });
});
