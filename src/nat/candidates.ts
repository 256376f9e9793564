import { type Address, parseHostPort, readAddress } from "../base/address.ts";
import { subnetOf } from "../base/address-group.ts";
import type { Bytes } from "../base/bytes.ts";
import { type MeshError, toMeshError } from "../base/errors.ts";
import { type NodeId, sameId } from "../base/id.ts";
import type { Mapping, PunchClaim } from "../wire/punch.ts";
import type { Observation } from "./observation.ts";

/** Addresses of one peer that are knocked at; those adopted from its knocks come on top. */
export const CANDIDATES_MAX = 6;

/** Why a claim is refused where all who vouch for it are strangers. */
const UNVOUCHED = "no node known here has seen it at its address";

/** What its links tell of a node's NAT, by the addresses that each of them sees it at. */
export function mappingOf(seenAt: readonly Address[]): Mapping {
  const portsOf = new Map<string, Set<number>>();
  for (const address of seenAt) {
    const { host, port } = parseHostPort(address);
    portsOf.set(host, (portsOf.get(host) ?? new Set()).add(port));
  }
  if ([...portsOf.values()].some((ports) => ports.size > 1)) return "varying";
  return new Set(seenAt).size < seenAt.length ? "stable" : "unknown";
}

/** What the reader of a claim knows by itself. */
export interface Reader {
  /** Where this node is seen itself. */
  readonly seenAt: readonly Address[];
  /** Addresses of its own interfaces. */
  readonly locals: readonly Address[];
  /** Whether it knows a node: by a link, or because it has answered this node. */
  knows(id: NodeId): boolean;
  /** Verifies an observation. Throws `bad_record`. */
  read(statement: Bytes): Observation;
}

/** Where a peer may be knocked at, or why nothing of its claim is believed. */
export type Belief =
  | {
      readonly kind: "believed";
      readonly addresses: readonly Address[];
      /** Some lie in this node's own network: no NAT stands between. */
      readonly isNear: boolean;
    }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Judges what `peer` says of its addresses. Each observation has to be signed, in date, about this peer and by another
 * node; one that is not refuses the whole claim, because a peer that is honest sends no such thing. Those by nodes that
 * the reader does not know count for nothing: no peer can tell whom the reader knows. Of its own interfaces those count
 * that lie in the reader's own network, where both are seen at one host.
 */
export function judgeClaim(claim: PunchClaim, peer: NodeId, reader: Reader): Belief {
  const seen: Address[] = [];
  for (const statement of claim.observations) {
    const observation = observationIn(statement, reader);
    const problem = "reason" in observation ? observation.reason : doubt(observation, peer);
    if (problem !== undefined) return refused(problem);
    if ("address" in observation && reader.knows(observation.observer)) {
      seen.push(observation.address);
    }
  }
  if (seen.length === 0) {
    const hasSome = claim.observations.length > 0;
    return refused(hasSome ? UNVOUCHED : "nobody says where it is seen");
  }
  const near = nearOf(claim, seen, reader);
  const addresses = [...new Set([...near, ...seen])].sort((a, b) => family(a) - family(b));
  return {
    kind: "believed",
    addresses: addresses.slice(0, CANDIDATES_MAX),
    isNear: near.length > 0,
  };
}

function observationIn(statement: Bytes, reader: Reader): Observation | { reason: string } {
  try {
    return reader.read(statement);
  } catch (cause) {
    const { message }: MeshError = toMeshError(cause);
    return { reason: message };
  }
}

function doubt({ observer, subject }: Observation, peer: NodeId): string | undefined {
  if (!sameId(subject, peer)) return "an observation is about another node";
  return sameId(observer, peer) ? "it vouches for itself" : undefined;
}

/** Those of the peer's own addresses that lie in the reader's own network. */
function nearOf({ locals }: PunchClaim, seen: readonly Address[], reader: Reader): Address[] {
  const hosts = new Set(reader.seenAt.map((address) => parseHostPort(address).host));
  if (!seen.some((address) => hosts.has(parseHostPort(address).host))) return [];
  const subnets = new Set(reader.locals.map(subnetOf));
  return locals.flatMap((text) => {
    const address = readAddress(text);
    const subnet = address && subnetOf(address);
    return address !== undefined && subnet !== undefined && subnets.has(subnet) ? [address] : [];
  });
}

/** IPv6 first: what stands between there filters, but maps nothing. */
function family(address: Address): number {
  return address.startsWith("[") ? 0 : 1;
}

function refused(reason: string): Belief {
  return { kind: "refused", reason };
}
