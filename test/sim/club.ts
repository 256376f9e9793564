import { idText } from "../../src/base/id.ts";
import { type Signer, signerFromSeed } from "../../src/identity/keys.ts";
import { closedRealmText, parseRealm } from "../../src/identity/realm.ts";
import type { MeshNode } from "../../src/node/api.ts";
import type { Mode } from "../../src/node/modes.ts";
import { rolesOfMode } from "../../src/node/modes.ts";
import { signToken, type TokenClaim, tokenText } from "../../src/peer/token.ts";
import { type SimNodeOptions, startSimNode } from "../../src/sim/sim-node.ts";
import type { World } from "../../src/sim/world.ts";

export const MINUTE = 60_000;

/** How far clocks may differ, and so how long after its end a token is forgiven. */
export const GRACE: number = 10 * MINUTE;

/** A closed realm in a world, and what its members show. */
export class Club {
  readonly realm: string;
  readonly world: World;
  /** What each node shows now, by its number. */
  readonly #tokens = new Map<number, string>();
  readonly #authority: Signer = signerFromSeed(new Uint8Array(32).fill(200));

  constructor(world: World) {
    this.world = world;
    this.realm = closedRealmText("com.example.club", this.#authority.id);
  }

  /** Issues a token for node `number`, good for `life` from now on; it finds it at its next look. */
  issue(
    number: number,
    life: number = 24 * 60 * MINUTE,
    mode: Mode = "gateway",
    changed: Partial<TokenClaim> = {},
    authority: Signer = this.#authority,
  ): string {
    const now = this.world.clock.wall();
    const claim = {
      realm: parseRealm(this.realm).id,
      node: this.world.signer(number).id,
      roles: rolesOfMode(mode),
      notBefore: now,
      expires: now + life,
      ...changed,
    };
    const text = tokenText(signToken(authority, claim));
    this.#tokens.set(number, text);
    return text;
  }

  /** Shows what node `number` shows now. */
  source(number: number): () => string {
    return () => this.#tokens.get(number) ?? "";
  }

  /** Starts a member, which has a token for a day unless one was issued before. */
  async start(number: number, options: SimNodeOptions): Promise<MeshNode> {
    if (!this.#tokens.has(number)) this.issue(number, undefined, options.mode);
    const mine = { realm: this.realm, token: this.source(number) };
    return await startSimNode(this.world, number, { ...options, ...mine });
  }

  idOf(number: number): string {
    return idText(this.world.signer(number).id);
  }
}
