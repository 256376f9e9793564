import type { Address } from "../base/address.ts";
import { type Bytes, equalBytes } from "../base/bytes.ts";
import { idText, type NodeId } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import type { DhtContext } from "../dht/dht-context.ts";
import { type Contact, type ContactClaim, signContact } from "../peer/contact.ts";
import type { Token } from "../peer/token.ts";
import { WIRE_VERSION } from "../wire/frame.ts";
import { type Hello, INSTANCE_BYTES, NO_TOKEN } from "../wire/hello.ts";

/** A contact is signed anew at this age, well before it expires. */
const RESIGN_AFTER: Millis = 600_000;

/** What this node says of itself, signed anew when that changes. */
export class OwnContact {
  readonly #context: DhtContext;
  readonly #addresses: () => readonly Address[];
  readonly #anchors: () => NodeId[];
  readonly #onAnchors: () => void;
  /** Drawn anew in each life of the node. */
  readonly instance: Bytes;
  #signed: Contact | undefined;
  #signedWith: Token | undefined;

  /** `onAnchors` is called when the anchors are others than they were. */
  constructor(
    context: DhtContext,
    addresses: () => readonly Address[],
    anchors: () => NodeId[],
    onAnchors: () => void,
  ) {
    this.#context = context;
    this.#addresses = addresses;
    this.#anchors = anchors;
    this.#onAnchors = onAnchors;
    this.instance = context.ports.random.bytes(INSTANCE_BYTES);
  }

  /** The hello to a peer that we see at `observed`. */
  hello(observed: string): Hello {
    return {
      versions: [WIRE_VERSION],
      realm: this.#context.realm,
      instance: this.instance,
      observed,
      contact: this.current().bytes,
      token: this.#context.token?.bytes ?? NO_TOKEN,
    };
  }

  /** A contact of this node was heard of. True where this life of it has not signed it, and no earlier one either. */
  isForeign(heard: Contact): boolean {
    const { seq, bytes } = this.#signed ?? this.current();
    return heard.seq > seq || (heard.seq === seq && !equalBytes(heard.bytes, bytes));
  }

  /** This node's contact as it is now, signed anew where it has changed or grown old. */
  current(): Contact {
    const { signer, realm, transit, serves, ports, token } = this.#context;
    const anchors = this.#anchors();
    const now = ports.clock.wall();
    const signed = this.#signed;
    const claim = { addresses: this.#addresses(), anchors, transit, serves };
    const isSame = signed !== undefined && sameClaim(signed, claim) && token === this.#signedWith;
    if (isSame && now - signed.seq < RESIGN_AFTER) return signed;
    // Later than the last one, whatever the clock says.
    const at = Math.max(now, (signed?.seq ?? 0) + 1);
    const contact = signContact(signer, realm, claim, at, token);
    this.#signed = contact;
    this.#signedWith = token;
    if (signed !== undefined && !sameIds(signed.anchors, anchors)) this.#onAnchors();
    return contact;
  }
}

function sameClaim(a: ContactClaim, b: ContactClaim): boolean {
  const isSameRole = a.transit === b.transit && a.serves === b.serves;
  return isSameRole && a.addresses.join() === b.addresses.join() && sameIds(a.anchors, b.anchors);
}

function sameIds(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.map(idText).join() === b.map(idText).join();
}
