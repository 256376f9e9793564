import type { Bytes } from "../base/bytes.ts";
import { concat, utf8 } from "../base/bytes.ts";
import type { Key, NodeId } from "../base/id.ts";
import type { Millis, Ports } from "../base/ports.ts";
import type { Signer, Verify } from "../identity/keys.ts";
import { type BoxKeyAnswer, SESSION_ID_BYTES } from "../wire/box-key.ts";
import { readUint32, TYPE, writeUint32 } from "../wire/frame.ts";
import { type RouteView, SEAL } from "../wire/route-frame.ts";
import { BoxKeys } from "./box-keys.ts";
import { CallerSessions } from "./caller-sessions.ts";
import { OPENING_BYTES, OPENING_SESSION_AT } from "./opening.ts";
import { ProviderSessions } from "./provider-sessions.ts";
import { COUNTER_BYTES, type Session } from "./session.ts";

const ANSWER_DOMAIN = utf8("macula box key 1\0");

/** What a node seals with. */
export interface SealContext {
  readonly self: NodeId;
  readonly realm: Key;
  readonly signer: Signer;
  readonly verify: Verify;
  readonly ports: Pick<Ports, "clock" | "random">;
}

/** What became of a sealed body: the session it was opened in; or its sender is to be told our key; or it is nobody's. */
export type Unsealed = Session | "refused" | "forged";

/** Says how much a neighbour may have this node compute. */
export interface Quota<L> {
  take(link: L): boolean;
}

/** True for the messages that travel through others sealed or not at all. */
export function isSealed(payloadType: number): boolean {
  switch (payloadType) {
    case TYPE.call:
    case TYPE.reply:
    case TYPE.cast:
    case TYPE.cancel:
    case TYPE.punchOffer:
    case TYPE.punchAnswer:
    case TYPE.punchGo:
      return true;
    default:
      return false;
  }
}

/** True for those of them that travel in the session of what they answer, back to who began it. */
function isSealedAnswer(payloadType: number): boolean {
  return payloadType === TYPE.reply || payloadType === TYPE.punchAnswer;
}

/** Seals what a node sends through others, and opens what came to it through others. */
export class Sealer {
  /** The sessions with providers that this node calls. */
  readonly begun: CallerSessions;
  /** The sessions with its own callers. */
  readonly taken: ProviderSessions;
  readonly #context: SealContext;

  constructor(context: SealContext) {
    const { self, realm, signer, verify, ports } = context;
    this.#context = context;
    this.begun = new CallerSessions(signer, realm, ports.random);
    this.taken = new ProviderSessions(new BoxKeys(ports.random), self, realm, verify);
  }

  /** The key that others seal to, as provider records say it. */
  boxKey(): Bytes {
    return this.taken.boxKeys.current(this.#context.ports.clock.now());
  }

  /**
   * Opens the body of a route frame of `source` for this node, in place; the session it returns says what was in it. The
   * `quota` of the link it came over is asked before a session is opened, which costs as much as two signatures.
   */
  open<L>(view: RouteView, source: NodeId, quota: Quota<L>, link: L): Unsealed {
    const now = this.#context.ports.clock.now();
    if (isSealedAnswer(view.payloadType)) return openReply(this.begun, view, source, now);
    if (view.seal === SEAL.session) return openCall(this.taken, view, source, now);
    if (view.seal === SEAL.opening) {
      return openFirst(this.taken, view, source, now, () => quota.take(link));
    }
    return view.seal === SEAL.asking ? "refused" : "forged";
  }

  /** What the sender of a message that was refused is told. */
  answerTo(view: RouteView): BoxKeyAnswer {
    const { self, signer } = this.#context;
    const session = view.seal === SEAL.asking ? 0 : sessionIn(view);
    const answer = { messageId: view.messageId, session, boxKey: this.boxKey() };
    return { ...answer, signature: signer.sign(this.#answerText(view.source, self, answer)) };
  }

  /** Takes note of a provider's answer. False, and nothing noted, where the provider has not signed it. */
  answered(provider: NodeId, answer: BoxKeyAnswer): boolean {
    const { self, verify } = this.#context;
    const text = this.#answerText(self, provider, answer);
    if (!verify(provider, text, answer.signature)) return false;
    this.begun.refused(provider, answer);
    return true;
  }

  #answerText(
    caller: NodeId,
    provider: NodeId,
    { messageId, session, boxKey }: Omit<BoxKeyAnswer, "signature">,
  ): Bytes {
    const id = new Uint8Array(SESSION_ID_BYTES);
    writeUint32(id, 0, session);
    return concat(ANSWER_DOMAIN, this.#context.realm, caller, provider, messageId, id, boxKey);
  }
}

function openReply(
  sessions: CallerSessions,
  view: RouteView,
  source: NodeId,
  now: Millis,
): Unsealed {
  if (view.seal !== SEAL.session || !hasRoom(view, SESSION_ID_BYTES)) return "forged";
  const session = sessions.named(source, sessionIn(view));
  if (session === undefined || !isWhole(session, view, SESSION_ID_BYTES, now)) return "forged";
  session.opening = undefined; // The provider has read it.
  return session;
}

function openCall(
  sessions: ProviderSessions,
  view: RouteView,
  source: NodeId,
  now: Millis,
): Unsealed {
  if (!hasRoom(view, SESSION_ID_BYTES)) return "forged";
  const session = sessions.named(source, sessionIn(view), now);
  return session === undefined ? "refused" : callIn(session, view, SESSION_ID_BYTES, now);
}

function openFirst(
  sessions: ProviderSessions,
  view: RouteView,
  source: NodeId,
  now: Millis,
  mayOpen: () => boolean,
): Unsealed {
  if (!hasRoom(view, OPENING_BYTES)) return "forged";
  const { bytes, bodyStart } = view;
  const known = sessions.named(source, sessionIn(view), now);
  if (known) return callIn(known, view, OPENING_BYTES, now);
  const key = sessions.keyFor(bytes, bodyStart, now);
  if (key === undefined) return "refused";
  const session = mayOpen() ? sessions.read(source, key, bytes, bodyStart, now) : undefined;
  const unsealed = session && callIn(session, view, OPENING_BYTES, now);
  if (session === undefined || unsealed !== session) return "forged";
  sessions.keep(session, key, bytes, bodyStart, now);
  return unsealed;
}

function callIn(session: Session, view: RouteView, before: number, now: Millis): Unsealed {
  if (!isWhole(session, view, before, now)) return "forged";
  const { isLate, isFresh } = session.text;
  // A repeated one may have been executed in time; told that it was refused, its caller would send it once more.
  return isLate && isFresh ? "refused" : session;
}

/** Opens the text behind the `before` bytes that say how it is sealed, and its counter. */
function isWhole(
  session: Session,
  { bytes, destinationAt, bodyStart, end }: RouteView,
  before: number,
  now: Millis,
): boolean {
  return session.open(bytes, destinationAt, bodyStart + before + COUNTER_BYTES, end, now);
}

/** Whether `before` bytes and a counter fit into the body. */
function hasRoom(view: RouteView, before: number): boolean {
  return view.bodyStart + before + COUNTER_BYTES <= view.end;
}

/** The session that the body names. */
function sessionIn({ bytes, bodyStart, seal }: RouteView): number {
  return readUint32(bytes, seal === SEAL.opening ? bodyStart + OPENING_SESSION_AT : bodyStart);
}
