import type { Bytes } from "../../src/base/bytes.ts";
import type { NodeId } from "../../src/base/id.ts";
import type { Millis } from "../../src/base/ports.ts";
import { type Signer, signerFromSeed, verify } from "../../src/identity/keys.ts";
import { realmId } from "../../src/identity/realm.ts";
import { Sealer } from "../../src/seal/sealer.ts";
import type { Session } from "../../src/seal/session.ts";
import { SeededRandom } from "../../src/sim/random.ts";
import type { BoxKeyAnswer } from "../../src/wire/box-key.ts";
import { TYPE } from "../../src/wire/frame.ts";
import { type RouteHeader, RouteView, SEAL, writeRouteHeader } from "../../src/wire/route-frame.ts";
import { FrameWriter } from "../../src/wire/writer.ts";

/** What became of a frame: the text in it, or why there is none. */
export type Outcome =
  | { readonly text: Bytes; readonly isFresh: boolean; readonly session: Session }
  | "refused"
  | "forged";

/** One end of sealed messages, without a network: frames are bytes that a test hands over, or changes. */
export class End {
  readonly id: NodeId;
  /** Its monotonic clock. */
  now: Millis = 1_000;
  /** Whether sessions may be opened. */
  mayOpen = true;
  sealer: Sealer;
  readonly #signer: Signer;
  readonly #realm: string;
  #lives = 0;

  constructor(seed: number, realm = "com.example.shop") {
    this.#signer = signerFromSeed(new Uint8Array(32).fill(seed));
    this.id = this.#signer.id;
    this.#realm = realm;
    this.sealer = this.#sealer(seed);
  }

  /** Everything that was agreed on is lost. */
  restart(): void {
    this.#lives += 1;
    this.sealer = this.#sealer(1_000 + this.#lives);
  }

  /** A frame to a provider. `boxKey` is what its record says. */
  call(to: End, text: Bytes, options: CallOptions = {}): Bytes {
    const boxKey = "boxKey" in options ? options.boxKey : to.sealer.boxKey();
    const session = this.sealer.begun.toward(to.id, boxKey, this.now);
    const seal = sealOf(session);
    const header = { destination: to.id, source: this.id, payloadType: TYPE.call, seal };
    return this.#frame(session, { ...header, ...options.header }, text, options.life ?? 5_000);
  }

  /** The frame that answers what came in `session`. */
  reply(to: End, session: Session, text: Bytes): Bytes {
    const header = { destination: to.id, source: this.id, payloadType: TYPE.reply };
    return this.#frame(session, { ...header, seal: SEAL.session }, text, undefined);
  }

  /** What this end makes of a frame, which itself stays as it was. */
  open(frame: Bytes): Outcome {
    const view = viewOf(frame);
    const quota = { take: () => this.mayOpen };
    const session = this.sealer.open(view, view.source, quota, undefined);
    if (typeof session === "string") return session;
    const { start, end, isFresh } = session.text;
    return { text: view.bytes.slice(start, end), isFresh, session };
  }

  /** What the sender of a refused frame is told. */
  answerTo(frame: Bytes): BoxKeyAnswer {
    return this.sealer.answerTo(viewOf(frame));
  }

  #frame(
    session: Session | undefined,
    header: Partial<RouteHeader>,
    text: Bytes,
    life: Millis | undefined,
  ): Bytes {
    const writer = new FrameWriter();
    writer.begin();
    const headAt = writeRouteHeader(writer, { ...HEADER, ...header } as RouteHeader);
    const textAt = session?.begin(writer);
    if (session) writer.raw(text);
    if (session && textAt) session.finish(writer, headAt, textAt, this.now, life);
    writer.finish(TYPE.rpcRoute);
    return writer.copy();
  }

  #sealer(seed: number): Sealer {
    const clock = {
      now: () => this.now,
      wall: () => 0,
      timer: () => {
        throw new Error("nothing here waits");
      },
    };
    const random = new SeededRandom(seed);
    const signer = this.#signer;
    const realm = realmId(this.#realm);
    return new Sealer({ self: signer.id, realm, signer, verify, ports: { clock, random } });
  }
}

interface CallOptions {
  readonly boxKey?: Bytes | undefined;
  readonly header?: Partial<RouteHeader>;
  readonly life?: Millis;
}

const HEADER = {
  messageId: Uint8Array.from({ length: 16 }, (_, at) => at),
  maxHops: 3,
  labels: undefined,
  traced: false,
  destinationAnchors: [new Uint8Array(8).fill(1)],
  sourceAnchors: [new Uint8Array(8).fill(2), new Uint8Array(8).fill(3)],
};

function sealOf(session: Session | undefined): number {
  if (session === undefined) return SEAL.asking;
  return session.opening === undefined ? SEAL.session : SEAL.opening;
}

/** A view of a copy of `frame`. */
export function viewOf(frame: Bytes): RouteView {
  const view = new RouteView();
  view.read(frame.slice(), 0, frame.length);
  return view;
}

/** `frame` with one bit turned. */
export function turned(frame: Bytes, bit: number): Bytes {
  const changed = frame.slice();
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
}
