import { equalBytes } from "../base/bytes.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import type { Health } from "../base/health.ts";
import type { NodeId } from "../base/id.ts";
import type { Millis, Ports, Timer } from "../base/ports.ts";
import type { Members } from "../peer/members.ts";
import { ROLES_ALL } from "../peer/roles.ts";
import { parseToken, type Token } from "../peer/token.ts";
import type { Mode } from "./modes.ts";
import { namesOf, rolesOfMode } from "./modes.ts";
import type { MembershipStatus } from "./node-status.ts";

/** How often the token is read again: so soon a renewed one counts. */
const CHECK_EVERY: Millis = 5_000;

/** It is said that a token expires soon when less than this is left, or a quarter of its life where that is less. */
const SOON: Millis = 7 * 86_400_000;

/** Gives the text of this node's token as it is now. Throws where there is none to be had. */
export type TokenSource = () => string;

/** Whose token it is, and what it has to allow. */
interface TokenOwner {
  readonly members: Members;
  readonly self: NodeId;
  readonly mode: Mode;
}

/**
 * Reads the token of a node and checks that it lets the node in, in its mode. `now` is Unix time.
 *
 * @throws {MeshError} What `parseToken` and `Members.admit` throw, `token_role` where the mode needs more than it allows,
 *   and `token_missing` or `bad_config` where there is none in a closed realm, or one in an open realm.
 */
export function readOwnToken(
  source: TokenSource | undefined,
  { members, self, mode }: TokenOwner,
  now: Millis,
): Token | undefined {
  if (!members.isClosed) {
    if (source === undefined) return undefined;
    throw new MeshError(
      "bad_config",
      "the realm is open: leave the token out, or name a closed realm",
    );
  }
  if (source === undefined) members.admit(new Uint8Array(0), self, now);
  const token = parseToken((source as TokenSource)());
  members.admit(token.bytes, self, now);
  // What others forgive for the sake of clocks is no way to begin.
  if (now >= token.expires) {
    throw new MeshError(
      "token_expired",
      "this node's membership token has expired; have another one issued",
    );
  }
  if ((rolesOfMode(mode) & ~token.roles) !== 0) {
    throw new MeshError(
      "token_role",
      `this node's token allows ${namesOf(token.roles).join(", ")}, and its mode is ${mode}; have a token issued with --roles ${mode}, or choose another mode`,
    );
  }
  return token;
}

/** This node's membership: its token, read again every few seconds, so that a renewed one needs no restart. */
export class OwnToken {
  readonly #owner: TokenOwner;
  readonly #source: TokenSource | undefined;
  readonly #ports: Ports;
  readonly #health: Health;
  readonly #onRenewed: () => void;
  #token: Token | undefined;
  #timer: Timer | undefined;
  /** What was said last, so that it is said once. */
  #said = "";

  /** Throws what `readOwnToken` throws. `onRenewed` is called when the token is another one. */
  constructor(
    owner: TokenOwner,
    source: TokenSource | undefined,
    ports: Ports,
    health: Health,
    onRenewed: () => void,
  ) {
    this.#owner = owner;
    this.#source = source;
    this.#ports = ports;
    this.#health = health;
    this.#onRenewed = onRenewed;
    this.#token = readOwnToken(source, owner, ports.clock.wall());
    if (this.#token !== undefined) this.#schedule();
  }

  get token(): Token | undefined {
    return this.#token;
  }

  /** What this node may claim to be. */
  get roles(): number {
    return this.#token?.roles ?? ROLES_ALL;
  }

  /** `undefined` in an open realm. */
  state(): MembershipStatus | undefined {
    const token = this.#token;
    if (token === undefined) return undefined;
    return { state: this.#stateOf(token), roles: namesOf(token.roles), expires: token.expires };
  }

  close(): void {
    this.#timer?.cancel();
  }

  #stateOf({ notBefore, expires }: Token): MembershipStatus["state"] {
    const left = expires - this.#ports.clock.wall();
    if (left <= 0) return "expired";
    return left < Math.min(SOON, (expires - notBefore) / 4) ? "expiring" : "valid";
  }

  #schedule(): void {
    this.#timer = this.#ports.clock.timer(CHECK_EVERY, () => {
      this.#reload();
      this.#watch();
      this.#schedule();
    });
  }

  #reload(): void {
    try {
      const text = (this.#source as TokenSource)();
      if (this.#isSame(text)) return;
      const token = readOwnToken(() => text, this.#owner, this.#ports.clock.wall());
      this.#token = token;
      this.#said = "";
      this.#health.recovered("token");
      this.#ports.log.write("info", "token_renewed", { expires: dateOf(token as Token) });
      this.#onRenewed();
    } catch (cause) {
      const { code, message } = toMeshError(cause);
      if (this.#isNews(message)) {
        this.#ports.log.write("warn", "token_refused", { code, reason: message });
      }
    }
  }

  #isSame(text: string): boolean {
    return equalBytes(parseToken(text).bytes, (this.#token as Token).bytes);
  }

  #watch(): void {
    const token = this.#token as Token;
    const state = this.#stateOf(token);
    const expires = dateOf(token);
    if (state === "expired") {
      const reason = `this node's membership token expired at ${expires}: have another one issued and put it in its place`;
      if (this.#health.degraded("token", reason)) {
        this.#ports.log.write("error", "token_expired", { reason });
      }
    } else if (state === "expiring") {
      const reason = "have another one issued and put it in its place; no restart is needed";
      if (this.#isNews(expires)) {
        this.#ports.log.write("warn", "token_expires_soon", { expires, reason });
      }
    }
  }

  /** Whether this is not what was told last. */
  #isNews(text: string): boolean {
    const isSame = text === this.#said;
    this.#said = text;
    return !isSame;
  }
}

function dateOf({ expires }: Token): string {
  return new Date(Math.min(expires, 8.64e15)).toISOString();
}
