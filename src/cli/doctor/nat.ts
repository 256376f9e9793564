import { type DoctorFacts, type Finding, ok } from "./facts.ts";

/** What stands between a node and the network, as far as its links tell. */
export type NatKind = "none" | "stable" | "varying" | "unknown";

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(":"));

/** Where links see this node. One that others dialled is seen where it listens, which says nothing of a NAT's ports. */
function seenAt({ status: { links, routing } }: DoctorFacts): string[] {
  const dialled = links.filter(
    ({ direction, observedAs }) => direction === "dialled" && observedAs !== "",
  );
  return [...new Set([...dialled.map(({ observedAs }) => observedAs), ...routing.seenAt])];
}

/** Two links that see different ports mean a NAT of the symmetric kind; one link alone cannot tell. */
export function natKind(facts: DoctorFacts): NatKind {
  const { status, hosts } = facts;
  const seen = seenAt(facts);
  if (seen.length > 0 && seen.every((address) => hosts.includes(hostOf(address)))) return "none";
  if (status.routing.mapping !== "unknown") return status.routing.mapping;
  const witnesses = status.links.filter(({ direction }) => direction === "dialled").length;
  if (witnesses < 2 || seen.length === 0) return "unknown";
  return seen.length === 1 ? "stable" : "varying";
}

/** The same for people. No kind of NAT is a failure: the mesh carries calls through all of them. */
export function natFinding(facts: DoctorFacts): Finding {
  const at = seenAt(facts).join(" ");
  switch (natKind(facts)) {
    case "none":
      return ok("nat", `no NAT: others see it at its own address, ${at}`);
    case "stable":
      return ok(
        "nat",
        `a NAT that keeps to one port: others see it at ${at}; direct links can be opened through it`,
      );
    case "varying":
      return ok(
        "nat",
        `a symmetric NAT: others see it at ${at}; its calls to nodes behind most other NATs stay on the mesh`,
        "for direct links forward a UDP port to this machine, and let the node listen there",
      );
    case "unknown":
      return ok(
        "nat",
        at === "" ? "not known: nobody has seen it" : `not known: one link alone sees it, at ${at}`,
      );
  }
}
