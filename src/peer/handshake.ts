import { equalBytes } from "../base/bytes.ts";
import { type ErrorCode, MeshError } from "../base/errors.ts";
import { type NodeId, sameId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { Verify } from "../identity/keys.ts";
import { WIRE_VERSION } from "../wire/frame.ts";
import type { Hello } from "../wire/hello.ts";
import { type Contact, readContact } from "./contact.ts";
import type { Members } from "./members.ts";

/** What a hello is judged against. */
export interface Expectation {
  /** The id that TLS has proven. */
  readonly peer: NodeId;
  readonly members: Members;
  /** Unix time. */
  readonly now: Millis;
  readonly verify: Verify;
}

/** The outcome: who the peer says it is, or why it is not wanted. */
export type Judgement =
  | { readonly kind: "accept"; readonly contact: Contact }
  | { readonly kind: "refuse"; readonly code: ErrorCode; readonly reason: string };

/** Judges the peer's hello. The same rules hold for `connect` and `connect_ack`. */
export function judgeHello(hello: Hello, expectation: Expectation): Judgement {
  if (!hello.versions.includes(WIRE_VERSION)) {
    const theirs = hello.versions.join(", ");
    return refuse("unsupported_version", `versions ${theirs} offered, ${WIRE_VERSION} is needed`);
  }
  if (!equalBytes(hello.realm, expectation.members.realm)) {
    return refuse("realm_mismatch", "this node belongs to another realm; check the realm option");
  }
  return judgeMember(hello, expectation);
}

function judgeMember(hello: Hello, expectation: Expectation): Judgement {
  const { members, now, verify, peer } = expectation;
  try {
    members.admit(hello.token, peer, now);
    const contact = readContact(hello.contact, members, now, verify);
    if (sameId(contact.id, peer)) return { kind: "accept", contact };
    return refuse("id_mismatch", "the contact is that of another node");
  } catch (cause) {
    if (cause instanceof MeshError) return refuse(cause.code, cause.message);
    throw cause;
  }
}

function refuse(code: ErrorCode, reason: string): Judgement {
  return { kind: "refuse", code, reason };
}
