import type { Address } from "../../src/base/address.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { createIdentity } from "../../src/identity/certificate.ts";
import type {
  Transport,
  TransportIdentity,
  TransportLimits,
} from "../../src/transport/transport.ts";

/** Who comes with no proof that a driver of ours would send. */
export const STRANGERS = [
  "no certificate",
  "the certificate of another key",
  "a P-256 certificate",
  "an RSA certificate",
] as const;

export type Stranger = (typeof STRANGERS)[number];

export interface StageTransportOptions {
  readonly limits?: Partial<TransportLimits>;
  /** The identity of its own number when left out. */
  readonly identity?: TransportIdentity;
}

/** A way to an address whose packets the test decides over. */
export interface Path {
  /** What to dial in place of the address itself. */
  readonly address: Address;
  /** Loses the next packets from the dialler. */
  dropNext(count: number): void;
  /** Nothing gets through either way any more. */
  cut(): void;
  /** From now on the dialler's packets come from another address. */
  rebind(): Promise<void>;
}

/** The place where a driver is tested: what the contract suite needs to know of it. */
export interface Stage {
  /** A transport for node `node` (0, 1, …); the stage closes it. */
  transport(node: number, options?: StageTransportOptions): Transport;
  /** Where node `node` may listen: a free port on its own host. */
  anywhere(node: number): Address;
  path(dialler: Transport, to: Address): Promise<Path>;
  /** Sends bytes to an address as a stranger would: as a datagram where there are such, else on a connection of their own. */
  inject(to: Address, bytes: Bytes): void;
  /** Has a stranger dial `to`; resolves to what it is told when it is turned away. */
  visit(stranger: Stranger, to: Address): Promise<string>;
  /** Lets time pass until `work` settles; fails with the name `what` where it does not in good time. */
  settle<T>(work: Promise<T>, what: string): Promise<T>;
  close(): Promise<void>;
}

/** What not every driver can do. The suite tests what each does instead. */
export interface Abilities {
  /** Carries raw datagrams, and dials from the very port that listens. */
  readonly datagrams: boolean;
  /** Connections outlive a change of the dialler's address. */
  readonly migration: boolean;
}

/** Those of a driver that owns its packets. */
export const PACKETS: Abilities = { datagrams: true, migration: true };
/** Those of a driver over the system's connections. */
export const CONNECTIONS: Abilities = { datagrams: false, migration: false };

export interface StageKind {
  readonly kind: string;
  readonly abilities: Abilities;
  open(options?: { readonly ipv6?: boolean }): Promise<Stage>;
}

const identities = new Map<number, TransportIdentity>();

/** The identity of node `node`: the same in every test. */
export function identityOf(node: number): TransportIdentity {
  const known = identities.get(node);
  if (known !== undefined) return known;
  const identity = createIdentity(new Uint8Array(32).fill(node + 1));
  identities.set(node, identity);
  return identity;
}

/** Makes a test of what runs on a stage of its own, which is cleared away however the test ends. */
export type Use = (
  test: (stage: Stage) => Promise<void>,
  options?: { readonly ipv6?: boolean },
) => () => Promise<void>;

export function useStage(stageKind: StageKind): Use {
  return (test, options) => async () => {
    const stage = await stageKind.open(options);
    try {
      await test(stage);
    } finally {
      await stage.close();
    }
  };
}
