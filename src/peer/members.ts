import { BoundedMap } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { idNumber, type Key, type NodeId, sameId, shortId } from "../base/id.ts";
import type { Meter, Millis } from "../base/ports.ts";
import type { Verify } from "../identity/keys.ts";
import type { Realm } from "../identity/realm.ts";
import { CLOCK_SKEW } from "../identity/signed.ts";
import { ROLES_ALL } from "./roles.ts";
import { badToken, readToken, type Token, tokenSignature } from "./token.ts";

/** Tokens remembered as verified; the one used longest ago goes. */
export const TOKENS_REMEMBERED_MAX = 4_096;

/** What a node may do in the realm, and for how long. */
export interface Grant {
  readonly roles: number;
  /** Unix milliseconds; infinite in an open realm. */
  readonly expires: number;
}

const OPEN: Grant = { roles: ROLES_ALL, expires: Number.POSITIVE_INFINITY };

/**
 * Who belongs to the realm. In an open one everybody does who knows its name; in a closed one whoever shows a token
 * for its own id, signed by the realm. A token is verified once and then compared: it stands in every contact and
 * record of its node, and a signature costs a hundred times more than a comparison.
 */
export class Members {
  readonly realm: Key;
  readonly #authority: NodeId | undefined;
  readonly #verify: Verify;
  readonly #meter: Meter;
  readonly #known: BoundedMap<number, Token>;

  constructor(realm: Realm, verify: Verify, meter: Meter, max: number = TOKENS_REMEMBERED_MAX) {
    this.realm = realm.id;
    this.#authority = realm.authority;
    this.#verify = verify;
    this.#meter = meter;
    this.#known = new BoundedMap(max);
  }

  get isClosed(): boolean {
    return this.#authority !== undefined;
  }

  /** Tokens remembered. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * What `node` may do, by the token it shows, which is empty where it shows none. `now` is Unix time; ten minutes of
   * clock skew are forgiven.
   *
   * @throws {MeshError} In a closed realm `token_missing`, `bad_token`, `token_wrong_realm`, `token_wrong_node`,
   *   `token_not_yet`, `token_expired`; in an open one `bad_token` where there is a token.
   */
  admit(bytes: Bytes, node: NodeId, now: Millis): Grant {
    if (this.#authority === undefined) {
      if (bytes.length === 0) return OPEN;
      throw badToken("this realm is open and has no tokens");
    }
    if (bytes.length === 0) throw missing(node);
    // Two ids with one number drive each other out, which costs a signature and no more.
    const key = idNumber(node);
    const known = this.#known.get(key);
    const isKnown = known !== undefined && equalBytes(known.bytes, bytes);
    const token = isKnown ? known : readToken(bytes);
    checkClaim(token, this.realm, node, now);
    if (isKnown) return token;
    const { signed, signature } = tokenSignature(token);
    this.#meter.count("tokens_verified");
    if (!this.#verify(this.#authority, signed, signature)) {
      throw badToken("it is not signed with the key of this realm, or was altered");
    }
    this.#known.set(key, token);
    return token;
  }
}

function checkClaim(token: Token, realm: Key, node: NodeId, now: Millis): void {
  if (!equalBytes(token.realm, realm)) {
    throw new MeshError(
      "token_wrong_realm",
      "the membership token is for another realm; use the one that was issued for this realm",
    );
  }
  if (!sameId(token.node, node)) {
    throw new MeshError(
      "token_wrong_node",
      `the membership token is for node ${shortId(token.node)}, not for ${shortId(node)}; have one issued for this node's id`,
    );
  }
  if (now < token.notBefore - CLOCK_SKEW) {
    throw new MeshError(
      "token_not_yet",
      `the membership token of node ${shortId(node)} is not valid yet; check the clocks`,
    );
  }
  if (now > token.expires + CLOCK_SKEW) throw expired(node);
}

function missing(node: NodeId): MeshError {
  return new MeshError(
    "token_missing",
    `this realm is closed and node ${shortId(node)} shows no membership token; have one issued for it with "macula token issue"`,
  );
}

/** The token of `node` has run out. */
export function expired(node: NodeId): MeshError {
  return new MeshError(
    "token_expired",
    `the membership token of node ${shortId(node)} has expired; have another one issued with "macula token issue"`,
  );
}
