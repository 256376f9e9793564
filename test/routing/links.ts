import { toAddress } from "../../src/base/address.ts";
import { Link } from "../../src/peer/link.ts";
import { LIVENESS_LIMITS, Liveness } from "../../src/peer/liveness.ts";
import type { VirtualClock } from "../../src/sim/clock.ts";
import { tinyId } from "../base/tiny.ts";

const NOTHING = new Uint8Array(0);

/** A link that keeps what is sent over it, and takes nothing more while `isFull`. */
export class KeptLink extends Link {
  readonly frames: Uint8Array[];
  readonly carrier: { isFull: boolean };

  constructor(clock: VirtualClock, number: number) {
    const frames: Uint8Array[] = [];
    const carrier = { isFull: false };
    const send = (bytes: Uint8Array, start: number, end: number): boolean => {
      if (!carrier.isFull) frames.push(bytes.slice(start, end));
      return !carrier.isFull;
    };
    const peer = tinyId(number);
    super({
      channel: {
        connection: {
          kind: "test",
          isDatagram: true,
          peer,
          dialled: true,
          remoteAddress: toAddress("10.0.0.1", 1),
        },
        buffered: 0,
        send,
        sendFrame: (writer) => send(writer.bytes, 0, writer.at),
        close: () => {},
      },
      contact: {
        id: peer,
        addresses: [],
        anchors: [],
        transit: true,
        serves: true,
        seq: 1,
        expires: Number.MAX_SAFE_INTEGER,
        memberUntil: Number.POSITIVE_INFINITY,
        bytes: NOTHING,
      },
      told: NOTHING,
      instance: NOTHING,
      label: number,
      liveness: new Liveness(LIVENESS_LIMITS, clock.now()),
      clock,
    });
    this.frames = frames;
    this.carrier = carrier;
  }
}
