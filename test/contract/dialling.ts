import { describe, expect, it } from "vitest";
import { parseHostPort, toAddress } from "../../src/base/address.ts";
import { sameId } from "../../src/base/id.ts";
import type { Connection } from "../../src/transport/transport.ts";
import { askEcho, ConnectionProbe } from "./probes.ts";
import { DIAL_TIMEOUT, dial, listen } from "./scene.ts";
import { identityOf, type StageKind, type Use } from "./stage.ts";

export function diallingContract(stageKind: StageKind, use: Use): void {
  describe(`dialling with the ${stageKind.kind} driver`, () => {
    const { datagrams } = stageKind.abilities;

    it.runIf(!datagrams)(
      "leaves from the host that listens, and from a port of its own",
      use(async (stage) => {
        const there = await listen(stage, 1);
        const here = await listen(stage, 0);
        await dial(stage, here.transport, there.address);
        const { connection } = await stage.settle(there.arrived.take(), "arrival");
        const seen = parseHostPort(connection.remoteAddress);
        const bound = parseHostPort(here.address);
        expect(seen.host).toBe(bound.host);
        expect(seen.port).not.toBe(bound.port);
      }),
    );

    it.runIf(datagrams)(
      "leaves from the socket that listens",
      use(async (stage) => {
        const there = await listen(stage, 1);
        const here = await listen(stage, 0, { echoes: true });
        await dial(stage, here.transport, there.address);
        const arrived = await stage.settle(there.arrived.take(), "arrival");
        expect(arrived.connection.remoteAddress).toBe(here.address);
        // And the other way, to the address just seen.
        const back = await dial(stage, there.transport, arrived.connection.remoteAddress);
        await stage.settle(askEcho(back.connection), "an echo");
        expect(sameId(back.connection.peer, identityOf(0).id)).toBe(true);
      }),
    );

    it(
      "makes two connections of two dials that cross",
      use(async (stage) => {
        const one = await listen(stage, 0, { echoes: true });
        const other = await listen(stage, 1, { echoes: true });
        const options = { timeout: DIAL_TIMEOUT };
        const dials = [
          one.transport.dial(other.address, options),
          other.transport.dial(one.address, options),
        ].map(async (dialled) => new ConnectionProbe(await dialled).connection);
        const connections = await stage.settle(Promise.all(dials), "the dials");
        await stage.settle(Promise.all([one.arrived.take(), other.arrived.take()]), "arrivals");
        const echoes = connections.map((connection) => askEcho(connection));
        await stage.settle(Promise.all(echoes), "echoes both ways");
        expect(one.transport.stats().connections).toBe(2);
        expect(other.transport.stats().connections).toBe(2);
      }),
    );

    it(
      "works over IPv6",
      use(
        async (stage) => {
          const to = await listen(stage, 1, { echoes: true });
          expect(to.address).toMatch(/^\[[0-9a-f:]+\]:[1-9]\d*$/);
          const client = await dial(stage, stage.transport(0), to.address);
          await stage.settle(askEcho(client.connection), "an echo");
          expect(client.connection.remoteAddress).toBe(to.address);
        },
        { ipv6: true },
      ),
    );

    it(
      "gets through when its first packets are lost",
      use(async (stage) => {
        const to = await listen(stage, 1, { echoes: true });
        const from = stage.transport(0);
        const path = await stage.path(from, to.address);
        path.dropNext(2);
        const client = await dial(stage, from, path.address);
        await stage.settle(askEcho(client.connection), "an echo");
      }),
    );

    it(
      "accepts the node it expects and refuses any other with `id_mismatch`",
      use(async (stage) => {
        const to = await listen(stage, 1, { echoes: true });
        const from = stage.transport(0);
        const wrong = from.dial(to.address, { expect: identityOf(2).id, timeout: DIAL_TIMEOUT });
        await expect(stage.settle(wrong, "the wrong dial")).rejects.toMatchObject({
          code: "id_mismatch",
        });
        const right = from.dial(to.address, { expect: identityOf(1).id, timeout: DIAL_TIMEOUT });
        const connection = await stage.settle(right, "the right dial");
        new ConnectionProbe(connection);
        await stage.settle(askEcho(connection), "an echo");
        expect(from.stats().connections).toBe(1);
      }),
    );

    it(
      "fails by its timeout where nobody answers",
      use(async (stage) => {
        const to = await listen(stage, 1);
        const from = stage.transport(0);
        const path = await stage.path(from, to.address);
        path.cut();
        await expect(
          stage.settle(from.dial(path.address, { timeout: 250 }), "the dial"),
        ).rejects.toMatchObject({ code: "dial_failed" });
        expect(from.stats().connections).toBe(0);
      }),
    );

    it(
      "fails at a port where nobody listens",
      use(async (stage) => {
        const gone = await listen(stage, 1);
        await stage.settle(gone.transport.close(), "closing");
        await expect(
          stage.settle(stage.transport(0).dial(gone.address, { timeout: 250 }), "the dial"),
        ).rejects.toMatchObject({ code: "dial_failed" });
      }),
    );

    it(
      "fails at a node that only dials",
      use(async (stage) => {
        const to = await listen(stage, 1);
        const shy = stage.transport(2);
        await dial(stage, shy, to.address);
        const seen = await stage.settle(to.arrived.take(), "arrival");
        const { port } = parseHostPort(seen.connection.remoteAddress);
        const { host } = parseHostPort(seen.connection.remoteAddress);
        const failed = stage.transport(0).dial(toAddress(host, port), { timeout: 400 });
        await expect(stage.settle(failed, "the dial")).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:refused|dial_failed)$/),
        });
      }),
    );

    it(
      "ends with `cancelled` when its signal fires, before or meanwhile",
      use(async (stage) => {
        const to = await listen(stage, 1);
        const from = stage.transport(0);
        const path = await stage.path(from, to.address);
        path.cut();
        const timeout = DIAL_TIMEOUT;
        await expect(
          stage.settle(from.dial(path.address, { timeout, signal: AbortSignal.abort() }), "dial"),
        ).rejects.toMatchObject({ code: "cancelled" });
        const abort = new AbortController();
        const meanwhile = from.dial(path.address, { timeout, signal: abort.signal });
        abort.abort();
        await expect(stage.settle(meanwhile, "dial")).rejects.toMatchObject({ code: "cancelled" });
        expect(from.stats().connections).toBe(0);
      }),
    );

    it(
      "ends with `closed` when its transport closes",
      use(async (stage) => {
        const to = await listen(stage, 1);
        const from = stage.transport(0);
        const path = await stage.path(from, to.address);
        path.cut();
        const failed = expect(
          from.dial(path.address, { timeout: DIAL_TIMEOUT }),
        ).rejects.toMatchObject({ code: "closed" });
        await stage.settle(from.close(), "closing");
        await stage.settle(failed, "the dial");
      }),
    );

    it(
      "is `refused` at the bound of our own connections, until one has ended",
      use(async (stage) => {
        const to = await listen(stage, 1, { echoes: true });
        const from = stage.transport(0, { limits: { connectionsMax: 2 } });
        const first = await dial(stage, from, to.address);
        const second = await dial(stage, from, to.address);
        const third = (): Promise<Connection> => from.dial(to.address, { timeout: DIAL_TIMEOUT });
        await expect(stage.settle(third(), "the third")).rejects.toMatchObject({ code: "refused" });
        second.connection.close(0, "");
        // The place may stay taken while the closed connection's last packets can still arrive.
        const admitted = async (): Promise<void> => {
          let refused = true;
          while (refused) {
            await askEcho(first.connection);
            refused = await third().then(
              () => false,
              () => true,
            );
          }
        };
        await stage.settle(admitted(), "a place");
        expect(from.stats().connections).toBe(2);
      }),
    );

    it(
      "is turned away at the bound of the other side's connections",
      use(async (stage) => {
        const to = await listen(stage, 1, { limits: { connectionsMax: 1 }, echoes: true });
        const first = await dial(stage, stage.transport(0), to.address);
        await expect(
          stage.settle(stage.transport(2).dial(to.address, { timeout: 1_000 }), "the second"),
        ).rejects.toMatchObject({ code: expect.stringMatching(/^(?:refused|dial_failed)$/) });
        await stage.settle(askEcho(first.connection), "an echo on the first");
        expect(to.transport.stats().connections).toBe(1);
      }),
    );
  });

  describe(`listening with the ${stageKind.kind} driver`, () => {
    it(
      "takes a free port for port 0",
      use(async (stage) => {
        const one = await listen(stage, 1);
        const two = await listen(stage, 1);
        expect(parseHostPort(one.address).port).toBeGreaterThan(0);
        expect(one.address).not.toBe(two.address);
      }),
    );

    it(
      "fails with `address_in_use` on a port that is taken",
      use(async (stage) => {
        const { address } = await listen(stage, 1);
        await expect(
          stage.settle(stage.transport(1).listen(address), "listening"),
        ).rejects.toMatchObject({ code: "address_in_use" });
      }),
    );

    it(
      "fails with `bad_config` on an address of somebody else",
      use(async (stage) => {
        await expect(
          stage.settle(stage.transport(1).listen(toAddress("192.0.2.1", 0)), "listening"),
        ).rejects.toMatchObject({ code: "bad_config" });
      }),
    );
  });
}
