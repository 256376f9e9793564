import { TokenBucket } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { type MeshError, toMeshError } from "../base/errors.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis, Ports } from "../base/ports.ts";
import type { Link } from "../peer/link.ts";
import { isSealed, type Sealer } from "../seal/sealer.ts";
import type { Session } from "../seal/session.ts";
import { SEAL } from "../wire/route-frame.ts";
import type { FrameWriter } from "../wire/writer.ts";

/**
 * Sessions that may be opened, keys that may be asked for, and answers with a key that may be checked, over one link: each
 * costs a signature or two.
 */
const ASYMMETRIC_RATE = 250;
const ASYMMETRIC_BURST = 500;

/** How the body of one route frame is written. */
export interface BodySeal {
  /** One of `SEAL`. */
  kind: number;
  /** Set where the body is sealed. */
  session: Session | undefined;
  now: Millis;
  /** How long the text is good; for ever where `undefined`. */
  life: Millis | undefined;
}

const UNSEALED: Readonly<BodySeal> = {
  kind: SEAL.none,
  session: undefined,
  now: 0,
  life: undefined,
};
const ASKING: Readonly<BodySeal> = { ...UNSEALED, kind: SEAL.asking };

/** The one that is in use: a loaded node needs a hundred thousand of them a second. */
const sealed: BodySeal = { ...UNSEALED };

function sealedIn(
  session: Session,
  kind: number,
  now: Millis,
  life: Millis | undefined,
): Readonly<BodySeal> {
  sealed.session = session;
  sealed.kind = kind;
  sealed.now = now;
  sealed.life = life;
  return sealed;
}

/** What the courier needs to know of a message to seal it. */
export interface Sealable {
  readonly destination: NodeId;
  readonly payloadType: number;
  /** The provider's key, as its record says it. */
  readonly boxKey?: Bytes | undefined;
  /** When nobody waits for it any more. */
  readonly deadline: Millis;
}

/** How a message of this node is sealed, good until the next one is asked for; or what is wrong with its provider's key. */
export function sealFor(
  sealer: Sealer,
  message: Sealable,
  now: Millis,
): Readonly<BodySeal> | MeshError {
  if (!isSealed(message.payloadType)) return UNSEALED;
  let session: Session | undefined;
  try {
    session = sealer.begun.toward(message.destination, message.boxKey, now);
  } catch (cause) {
    return toMeshError(cause);
  }
  if (session === undefined) return ASKING;
  const kind = session.opening === undefined ? SEAL.session : SEAL.opening;
  return sealedIn(session, kind, now, message.deadline - now);
}

/** How an answer to a message is sealed that came in `session`. Good until the next one is asked for. */
export function sealForAnswer(
  payloadType: number,
  session: Session | undefined,
  now: Millis,
): Readonly<BodySeal> {
  if (session === undefined || !isSealed(payloadType)) return UNSEALED;
  return sealedIn(session, SEAL.session, now, undefined);
}

/**
 * Writes the body behind a route header whose immutable fields begin at `headAt`.
 *
 * @throws {MeshError} what `write` throws, and `too_large`.
 */
export function writeSealed(
  writer: FrameWriter,
  headAt: number,
  { kind, session, now, life }: Readonly<BodySeal>,
  write: (writer: FrameWriter) => void,
): void {
  if (kind === SEAL.asking) return;
  const textAt = session?.begin(writer);
  write(writer);
  if (session && textAt !== undefined) session.finish(writer, headAt, textAt, now, life);
}

/** Bounds what each neighbour can make this node compute. */
export class AsymmetricQuota {
  readonly #ports: Ports;
  readonly #buckets = new WeakMap<Link, TokenBucket>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** True where one more is within the quota of the neighbour behind `link`; else it is counted. */
  take(link: Link): boolean {
    let bucket = this.#buckets.get(link);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#ports.clock, ASYMMETRIC_RATE, ASYMMETRIC_BURST);
      this.#buckets.set(link, bucket);
    }
    if (bucket.take()) return true;
    this.#ports.meter.count("openings_refused");
    return false;
  }
}
