import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/base/errors.ts";
import type { TransportIdentity } from "../../src/transport/transport.ts";
import { ConnectionProbe } from "./probes.ts";
import { DIAL_TIMEOUT, listen } from "./scene.ts";
import { identityOf, STRANGERS, type StageKind, type Use } from "./stage.ts";

const BAD_CERTIFICATE = ERROR_CODES.bad_certificate.wire;

/** Node 2 with one bit of its certificate changed. */
function tampered(at: (length: number) => number): TransportIdentity {
  const identity = identityOf(2);
  const certificate = identity.certificate.slice();
  const place = at(certificate.length);
  certificate[place] = (certificate[place] as number) ^ 0x01;
  return { ...identity, certificate };
}

/** Certificates of an honest key that are still not mesh certificates. */
const TAMPERED: readonly (readonly [string, TransportIdentity])[] = [
  ["signature", tampered((length) => length - 1)],
  ["name", tampered(() => 60)],
];

export function certificateContract(stageKind: StageKind, use: Use): void {
  describe(`certificates of the ${stageKind.kind} driver`, () => {
    it.each(TAMPERED)("refuse a dialler with an altered %s, and tell it why", (_name, identity) =>
      use(async (stage) => {
        const to = await listen(stage, 1);
        const from = stage.transport(2, { identity });
        // A dialler may count itself connected before it hears the other side's verdict.
        const verdict = from.dial(to.address, { timeout: DIAL_TIMEOUT }).then(
          async (connection) => {
            const info = await new ConnectionProbe(connection).closed;
            return `${info.by} ${info.code} ${info.reason}`;
          },
          (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
        );
        expect(await stage.settle(verdict, "the verdict")).toMatch(
          new RegExp(`^(?:peer ${BAD_CERTIFICATE} .*certificate|refused: .*bad_certificate)`),
        );
        expect(to.arrived.length).toBe(0);
        expect(to.transport.stats().connections).toBe(0);
      })(),
    );

    it.each(TAMPERED)("refuse a listener with an altered %s", (_name, identity) =>
      use(async (stage) => {
        const transport = stage.transport(2, { identity });
        let arrived = 0;
        transport.onConnection = () => {
          arrived += 1;
        };
        const address = await stage.settle(transport.listen(stage.anywhere(2)), "listen");
        const from = stage.transport(0);
        await expect(
          stage.settle(from.dial(address, { timeout: DIAL_TIMEOUT }), "the dial"),
        ).rejects.toMatchObject({
          code: "bad_certificate",
          message: expect.stringContaining("certificate"),
        });
        expect(arrived).toBe(0);
        expect(from.stats().connections).toBe(0);
      })(),
    );

    it.each(STRANGERS)("refuse a stranger with %s, and say why", (stranger) =>
      use(async (stage) => {
        const to = await listen(stage, 1);
        const verdict = await stage.settle(stage.visit(stranger, to.address), "the verdict");

        expect(verdict).toMatch(/certificate/);
        expect(to.arrived.length).toBe(0);
        expect(to.transport.stats()).toMatchObject({ connections: 0, handshakes: 0 });
      })(),
    );
  });
}
