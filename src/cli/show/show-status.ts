import type { MembershipStatus, NodeStatus, OverlayStatus, TransportStatus } from "../../index.ts";
import { bold } from "../help.ts";
import { span } from "./span.ts";
import { counted, indented, short, table } from "./table.ts";

const UDP_WORDS: Readonly<Record<TransportStatus["udp"], string>> = {
  works: "works",
  blocked: "is blocked: no direct links through NATs",
  unknown: "not seen to work yet",
  unused: "is not used",
};

/** The status of a node for people: who it is, how it stands, what it is bounded by, what it has counted. */
export function showStatus(status: NodeStatus): string {
  const { bootstrap, registrations, bounds, counters } = status;
  const rows = bootstrap.map(({ target, connected, failures, lastError }) => [
    target,
    connected ? "linked" : "not linked",
    failures === 0 ? "" : `${counted(failures, "failure")} in a row`,
    lastError ?? "",
  ]);
  return [
    table(facts(status)),
    section("Bootstrap", rows),
    section(
      "Provides",
      registrations.map(({ procedure, copies }) => [procedure, copies, "copies of its record"]),
    ),
    section(
      "Bounds",
      Object.entries(bounds).map(([name, { used, max }]) => [name, used, "of", max]),
    ),
    section("Counters", Object.entries(counters)),
  ]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function facts(status: NodeStatus): [string, string][] {
  const { id, realm, mode, transport, addresses, health, overlay, anchors, records } = status;
  const { membership } = status;
  return [
    ["node", id],
    ["realm", realm],
    ["mode", mode],
    ...transportFacts(transport),
    [
      "state",
      `${status.ready ? "ready" : "not ready"}, ${health.state}, up ${span(status.uptime)}`,
    ],
    ...health.reasons.map((reason): [string, string] => ["", reason]),
    ...(membership === undefined ? [] : [memberOf(membership)]),
    ["listens", addresses.length === 0 ? "nowhere" : addresses.map(withoutId).join(" ")],
    ["links", `${status.links.length}${overlay === undefined ? ", static" : linksOf(overlay)}`],
    ["anchors", anchors.length === 0 ? "none" : anchors.map(short).join(" ")],
    [
      "knows",
      `${counted(status.contacts.length, "node")} that may hold records, of about ${status.sizeEstimate} in the mesh`,
    ],
    [
      "records",
      `${records.held} at ${counted(records.keys, "key")}, of ${counted(records.owners, "node")}`,
    ],
  ];
}

function transportFacts({ drivers, udp }: TransportStatus): [string, string][] {
  const shown = drivers.map(
    ({ kind, connections }) => `${kind} (${counted(connections, "connection")})`,
  );
  return [
    ["drivers", `${shown.join(", ")}; UDP ${UDP_WORDS[udp]}`],
    ...drivers.flatMap(({ kind, problem }): [string, string][] =>
      problem === undefined ? [] : [["", `${kind}: ${problem}`]],
    ),
  ];
}

function memberOf({ state, roles, expires }: MembershipStatus): [string, string] {
  const until = new Date(expires).toISOString();
  const advice = state === "valid" ? "" : ": have another one issued with macula token issue";
  return ["token", `${state}, for ${roles.join(", ")}, until ${until}${advice}`];
}

function linksOf({ wanted, held, dialling, lost }: OverlayStatus): string {
  return `; wants ${wanted}, has ${held} of these, dials ${dialling}, looks for ${lost} that it lost`;
}

function withoutId(address: string): string {
  return address.slice(address.indexOf("@") + 1);
}

function section(
  title: string,
  rows: readonly (readonly (string | number)[])[],
): string | undefined {
  return rows.length === 0 ? undefined : `${bold(title)}\n${indented(table(rows))}`;
}
