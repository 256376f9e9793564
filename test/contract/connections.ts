import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/base/errors.ts";
import { sameId } from "../../src/base/id.ts";
import type { Stream } from "../../src/transport/transport.ts";
import { askEcho, ConnectionProbe, deferred, echo, pattern, StreamProbe } from "./probes.ts";
import { DIAL_TIMEOUT, dial, listen, pair, streamPair } from "./scene.ts";
import { identityOf, type StageKind, type Use } from "./stage.ts";

const INTERNAL = ERROR_CODES.internal.wire;

export function connectionContract(stageKind: StageKind, use: Use): void {
  describe(`connections of the ${stageKind.kind} driver`, () => {
    it(
      "know their peer and who dialled",
      use(async (stage) => {
        const { client, server } = await pair(stage);
        expect(sameId(client.connection.peer, identityOf(1).id)).toBe(true);
        expect(sameId(server.connection.peer, identityOf(0).id)).toBe(true);
        expect([client.connection.dialled, server.connection.dialled]).toEqual([true, false]);
      }),
    );

    it.each(["client", "server"] as const)(
      "closed by the %s tell code and reason to the other side, once",
      (closer) =>
        use(async (stage) => {
          const scene = await pair(stage);
          const near = scene[closer];
          const far = scene[closer === "client" ? "server" : "client"];
          near.connection.close(4_242, "no more calls, thanks — grüße");
          near.connection.close(1, "again");
          const [ours, theirs] = await stage.settle(
            Promise.all([near.closed, far.closed]),
            "both ends",
          );
          const said = { code: 4_242, reason: "no more calls, thanks — grüße" };
          expect(ours).toEqual({ by: "local", ...said });
          expect(theirs).toEqual({ by: "peer", ...said });
          await expect(near.connection.open()).rejects.toMatchObject({ code: "link_lost" });
          await expect(far.connection.open()).rejects.toMatchObject({ code: "link_lost" });
          expect([near.closes, far.closes]).toEqual([1, 1]);
        })(),
    );

    it(
      "cut a long reason to 256 bytes, between two characters",
      use(async (stage) => {
        const { client, server } = await pair(stage);
        client.connection.close(1, `xx${"€".repeat(200)}`);
        const { reason } = await stage.settle(server.closed, "the close");
        expect(reason).toBe(`xx${"€".repeat(84)}`);
      }),
    );

    it(
      "tell nothing more after the end, and ignore what is asked of them",
      use(async (stage) => {
        const scene = await pair(stage);
        const both = await streamPair(stage, scene);
        scene.server.connection.close(3, "");
        await stage.settle(scene.client.closed, "the close");
        const before = both.near.events.length;
        both.near.stream.write(pattern(1, 0, 100));
        both.near.stream.end();
        both.near.stream.reset(1);
        both.near.stream.stop(1);
        both.near.stream.pause();
        both.near.stream.resume();
        scene.client.connection.close(9, "");
        // Another connection's round trip: time enough for a callback that should not come.
        const other = await dial(stage, scene.from, scene.to.address);
        const ours = await stage.settle(scene.to.arrived.take(), "arrival");
        ours.take = echo;
        await stage.settle(askEcho(other.connection), "echo");
        expect(both.near.events.length).toBe(before);
        expect(scene.client.closes).toBe(1);
      }),
    );

    it(
      "call no handler inside a call",
      use(async (stage) => {
        const { client, server, from, to } = await pair(stage);
        server.take = echo;
        let inCall = false;
        const wrong: string[] = [];
        const note = (what: string) => (): void => {
          if (inCall) wrong.push(what);
        };
        const call = (action: () => void): void => {
          inCall = true;
          action();
          inCall = false;
        };
        const stream = await stage.settle(client.connection.open(), "open");
        const done = deferred<void>();
        let size = 0;
        call(() =>
          stream.setHandler({
            onData: (_bytes, start, end) => {
              note("onData")();
              size += end - start;
              if (size === 600_000) done.resolve();
            },
            onEnd: note("onEnd"),
            onReset: note("onReset"),
            onStop: note("onStop"),
            onDrain: note("onDrain"),
          }),
        );
        call(() => stream.pause());
        call(() => void stream.write(pattern(1, 0, 600_000)));
        call(() => stream.resume());
        await stage.settle(done.promise, "the echo");
        client.onClose = note("onClose");
        const closed = server.closed;
        call(() => client.connection.close(1, ""));
        await stage.settle(closed, "the close");
        await stage.settle(Promise.all([from.close(), to.transport.close()]), "closing");
        expect(wrong).toEqual([]);
      }),
    );

    it(
      "lose nothing for handlers that are set late",
      use(async (stage) => {
        const to = await listen(stage, 1);
        const talk = async (stream: Stream): Promise<void> => {
          stream.write(pattern(8, 0, 20_000));
          stream.end();
        };
        to.transport.onConnection = (connection) => {
          const probe = new ConnectionProbe(connection, echo);
          void connection.open().then(talk);
          to.arrived.put(probe);
        };
        const from = stage.transport(0);
        const late = await stage.settle(
          from.dial(to.address, { timeout: DIAL_TIMEOUT }),
          "the dial",
        );
        const other = await dial(stage, stage.transport(2), to.address);
        await stage.settle(askEcho(other.connection, 1, 50_000), "an echo meanwhile");
        const probe = new ConnectionProbe(late);
        expect(probe.streams.length).toBe(0);
        const stream = await stage.settle(probe.streams.take(), "the stream");
        await stage.settle(askEcho(other.connection, 2, 50_000), "an echo meanwhile");
        const far = new StreamProbe(stream, 8);
        expect(far.size).toBe(0);
        await stage.settle(far.ended, "its end");
        expect(far.size).toBe(20_000);
        expect(far.wrongAt).toBeUndefined();
      }),
    );

    it(
      "take one handler, and so do their streams",
      use(async (stage) => {
        const scene = await pair(stage);
        const { near } = await streamPair(stage, scene);
        expect(() => new ConnectionProbe(scene.client.connection)).toThrow("one handler");
        expect(() => new StreamProbe(near.stream)).toThrow("one handler");
      }),
    );

    it(
      "tell their end to a handler that is set late",
      use(async (stage) => {
        const to = await listen(stage, 1);
        const from = stage.transport(0);
        const late = await stage.settle(
          from.dial(to.address, { timeout: DIAL_TIMEOUT }),
          "the dial",
        );
        const server = await stage.settle(to.arrived.take(), "arrival");
        server.connection.close(77, "before you look");
        await stage.settle(server.closed, "the close");
        const again = await dial(stage, from, to.address);
        (await stage.settle(to.arrived.take(), "arrival")).take = echo;
        await stage.settle(askEcho(again.connection), "an echo meanwhile");
        const probe = new ConnectionProbe(late);
        expect(probe.closes).toBe(0);
        const info = await stage.settle(probe.closed, "the end");
        expect(info).toEqual({ by: "peer", code: 77, reason: "before you look" });
      }),
    );

    it.each(["onStream", "onData", "onEnd"])(
      "are closed, alone, by a handler that throws in %s",
      (where) =>
        use(async (stage) => {
          const scene = await pair(stage);
          const other = await dial(stage, scene.from, scene.to.address);
          (await stage.settle(scene.to.arrived.take(), "arrival")).take = echo;
          const fail = (what: string): void => {
            if (what === where) throw new Error("a bug in a handler");
          };
          scene.server.take = (stream) => {
            fail("onStream");
            const probe = new StreamProbe(stream);
            probe.onBytes = () => fail("onData");
            probe.onEnd = () => fail("onEnd");
          };
          const stream = await stage.settle(scene.client.connection.open(), "open");
          stream.write(pattern(1, 0, 10));
          stream.end();
          const [near, far] = await stage.settle(
            Promise.all([scene.client.closed, scene.server.closed]),
            "both ends",
          );
          expect(near).toMatchObject({ by: "peer", code: INTERNAL });
          expect(near.reason).not.toContain("a bug in a handler");
          expect(far).toMatchObject({ code: INTERNAL });
          await stage.settle(askEcho(other.connection), "an echo on the other");
        })(),
    );

    it(
      "are closed by an `onConnection` that throws",
      use(async (stage) => {
        const to = await listen(stage, 1);
        to.transport.onConnection = () => {
          throw new Error("a bug in a handler");
        };
        const client = await dial(stage, stage.transport(0), to.address);
        const info = await stage.settle(client.closed, "the close");
        expect(info).toMatchObject({ by: "peer", code: INTERNAL });
      }),
    );
  });

  describe(`silence on connections of the ${stageKind.kind} driver`, () => {
    it(
      "ends them after the idle timeout, on both sides",
      use(async (stage) => {
        const { client, server } = await pair(stage, {
          limits: { idleTimeout: 300, keepAlive: 0 },
        });
        const infos = await stage.settle(Promise.all([client.closed, server.closed]), "both ends");
        expect(infos.map((info) => info.by)).toEqual(["timeout", "timeout"]);
        expect(infos.map((info) => info.code)).toEqual([0, 0]);
      }),
    );

    it(
      "is broken by keep-alive, for as long as packets get through",
      use(async (stage) => {
        const silent = { idleTimeout: 1_500, keepAlive: 0 };
        const kept = { idleTimeout: 1_000, keepAlive: 100 };
        const to = await listen(stage, 1, {
          limits: { idleTimeout: 1_500, keepAlive: 0 },
          echoes: true,
        });
        const quiet = await dial(stage, stage.transport(0, { limits: silent }), to.address);
        const from = stage.transport(2, { limits: kept });
        const path = await stage.path(from, to.address);
        const busy = await dial(stage, from, path.address);
        expect((await stage.settle(quiet.closed, "the end of the quiet one")).by).toBe("timeout");
        await stage.settle(askEcho(busy.connection), "an echo on the kept one");
        path.cut();
        expect((await stage.settle(busy.closed, "the end of the cut one")).by).toBe("timeout");
      }),
    );
  });
}
