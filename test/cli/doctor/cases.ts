import type { DoctorFacts, PeerFacts } from "../../../src/cli/doctor/facts.ts";
import type { NodeStatus } from "../../../src/index.ts";

/** Address of the node that is examined. */
export const OWN = "10.0.0.21";
const PEER = "ab".repeat(32);

export type Change = (facts: DoctorFacts) => Partial<DoctorFacts>;
export const status =
  (change: (status: NodeStatus) => Partial<NodeStatus>): Change =>
  (facts) => ({ status: { ...facts.status, ...change(facts.status) } });

/** Its links see it at these addresses, one after the other. */
const seenAt = (...addresses: string[]): Change =>
  status(({ links }) => ({
    links: links.map((link, at) => ({
      ...link,
      observedAs: addresses[at % addresses.length] as string,
    })),
  }));

const degraded = (...reasons: string[]): Change =>
  status(() => ({ health: { state: "degraded", reasons } }));

const listening = (mode: NodeStatus["mode"], dialable: NodeStatus["dialable"]): Change =>
  status(({ id }) => ({ mode, dialable, addresses: [`${id}@${OWN}:9443`] }));

export const cutOff = status(({ bootstrap }) => ({
  links: [],
  anchors: [],
  ready: false,
  clockOffset: undefined,
  bootstrap: bootstrap.map((entry) => ({
    ...entry,
    connected: false,
    lastError: `dial_failed: ${entry.target}: no answer`,
  })),
  health: { state: "degraded" as const, reasons: ["cut_off: no link"] },
}));

const peer =
  (routed: Partial<PeerFacts["routed"]>, direct: Partial<PeerFacts["direct"]>): Change =>
  () => ({
    peer: {
      node: PEER,
      routed: { isReached: true, forwarders: 2, elapsed: 12, error: undefined, ...routed },
      direct: { isReached: false, address: undefined, reason: "", ...direct },
    },
  });

const noLink = (reason: string): Change => peer({}, { reason });

/** One change after the other. */
export const both =
  (...changes: Change[]): Change =>
  (facts) => {
    const changed: Partial<DoctorFacts> = {};
    for (const change of changes) Object.assign(changed, change({ ...facts, ...changed }));
    return changed;
  };

/** What a change of the facts does to the findings: those that are new, each as `level topic: what it says`. */
export const CASES: readonly (readonly [string, Change, readonly RegExp[]])[] = [
  [
    "a NAT that keeps its port",
    seenAt("100.64.0.1:700"),
    [/^ok nat: a NAT that keeps to one port.*100\.64\.0\.1:700/],
  ],
  [
    "a symmetric NAT",
    seenAt("100.64.0.1:700", "100.64.0.1:701"),
    [/^ok nat: a symmetric NAT.* > .*forward a UDP port/],
  ],
  [
    "a NAT that its links have been asked about",
    both(
      seenAt("100.64.0.1:700"),
      status(({ routing }) => ({ routing: { ...routing, mapping: "varying" } })),
    ),
    [/^ok nat: a symmetric NAT/],
  ],
  [
    "one link",
    both(
      seenAt("100.64.0.1:700"),
      status(({ links, anchors }) => ({ links: links.slice(0, 1), anchors: anchors.slice(0, 1) })),
    ),
    [
      /^ok mesh: .* with 1 link/,
      /^ok anchors: .* one gateway.* > run a second gateway/,
      /^ok nat: not known: one link alone/,
    ],
  ],
  [
    "no link, and no answer over UDP",
    both(cutOff, () => ({ udp: "unknown" })),
    [
      /^fail bootstrap: node 1 .*dial_failed: node 1: no answer.* > check that a node listens/,
      /^fail bootstrap: node 2 /,
      /^warn udp: nothing has come back.* > .*let UDP out/,
      /^fail mesh: it has no link/,
      /^fail anchors: it has none/,
      /^ok nat: not known: nobody/,
    ],
  ],
  [
    "UDP that is blocked, and nothing else",
    both(cutOff, () => ({ udp: "blocked" })),
    [
      /^fail bootstrap/,
      /^fail bootstrap/,
      /^fail udp: .* > let UDP out/,
      /^fail mesh/,
      /^fail anchors/,
      /^ok nat/,
    ],
  ],
  [
    "UDP that is blocked, and links over TCP",
    () => ({ udp: "blocked" }),
    [/^warn udp: .* over TCP.* > let UDP out/],
  ],
  ["a node without UDP", () => ({ udp: "unused" }), [/^ok udp: .* TCP alone/]],
  [
    "a bootstrap address that is dead",
    status(({ bootstrap: [first] }) => ({
      bootstrap: [
        { target: "node 2", connected: true, failures: 0, lastError: undefined },
        {
          ...first,
          target: `${PEER}@192.0.2.1:1`,
          connected: false,
          failures: 3,
          lastError: "id_mismatch: another",
        },
      ],
    })),
    [
      /^warn bootstrap: abababab…@192\.0\.2\.1:1 could not be linked: id_mismatch: another > .*check the id in front/,
    ],
  ],
  [
    "another realm",
    both(
      cutOff,
      status(() => ({
        bootstrap: [
          { target: "node 1", connected: false, failures: 1, lastError: "realm_mismatch: another" },
        ],
      })),
    ),
    [
      /^fail bootstrap: .* > start both nodes with the same --realm/,
      /^fail mesh/,
      /^fail anchors/,
      /^ok nat/,
    ],
  ],
  [
    "a place that is not found yet",
    status(() => ({ ready: false })),
    [/^warn mesh: .* not found its place/],
  ],
  [
    "the first of a mesh",
    both(
      listening("gateway", "proved"),
      status(() => ({ links: [], anchors: [], bootstrap: [], clockOffset: undefined })),
    ),
    [
      /^ok mesh: it is the first.* > give others/,
      /^ok anchors: it needs none/,
      /^ok nat: not known/,
      /^ok dialable/,
    ],
  ],
  [
    "links, and no gateway among them",
    status(() => ({ anchors: [] })),
    [/^fail anchors: .* > start a gateway/],
  ],
  [
    "static links to no gateway",
    status(() => ({ anchors: [], overlay: undefined })),
    [/^ok anchors: it has none: with static links/],
  ],
  [
    "an edge that can be dialled",
    listening("edge", "proved"),
    [/^ok dialable: others have dialled it.*10\.0\.0\.21:9443/],
  ],
  [
    "an edge behind a closed port",
    listening("edge", "failed"),
    [/^warn dialable: .* port 9443: .* > open UDP port 9443/],
  ],
  [
    "a gateway behind a closed port",
    both(listening("gateway", "failed"), degraded("dialable: peers could not")),
    [/^fail dialable: .* no more than an edge > .*or run it as an edge/],
  ],
  [
    "a gateway that nobody has tried",
    listening("gateway", "unproved"),
    [/^warn dialable: nobody has tried/],
  ],
  [
    "a gateway with static links",
    both(
      listening("gateway", "unproved"),
      status(() => ({ overlay: undefined })),
    ),
    [/^ok anchors: it needs none/, /^ok dialable: .* static links/],
  ],
  [
    "a clock that is behind",
    status(() => ({ clockOffset: 60_000 })),
    [/^warn clock: .* behind .* by 60 s.* > .*NTP/],
  ],
  [
    "a clock that is far ahead",
    status(() => ({ clockOffset: -1_100_000 })),
    [/^fail clock: .* ahead of .* by 400 s/],
  ],
  ["neighbours that have signed long ago", status(() => ({ clockOffset: -650_000 })), []],
  [
    "a clock that nobody believes",
    both(
      cutOff,
      status(() => ({
        bootstrap: [
          {
            target: "node 1",
            connected: false,
            failures: 1,
            lastError: "bad_record: it has expired",
          },
        ],
      })),
    ),
    [
      /^fail bootstrap/,
      /^fail mesh/,
      /^fail anchors/,
      /^ok nat/,
      /^warn clock: signatures were refused/,
    ],
  ],
  [
    "a copy of its key",
    degraded("identity: another process"),
    [/^fail identity: another process > stop the other/],
  ],
  ["a disk that is full", degraded("storage: no space"), [/^fail storage: no space > make room/]],
  [
    "a bound that is nearly reached",
    status(({ bounds }) => ({ bounds: { ...bounds, links: { used: 1_000, max: 1_024 } } })),
    [/^warn bounds: links: 1000 of 1024/],
  ],
  [
    "files that can be used",
    () => ({
      key: { path: "a.key", problem: undefined },
      state: { path: "a", problem: undefined },
    }),
    [/^ok key: .*a\.key/, /^ok state: /],
  ],
  [
    "files that cannot",
    () => ({
      key: { path: "a.key", problem: "others may read it" },
      state: { path: "a", problem: "read-only" },
    }),
    [/^fail key: others may read it > /, /^fail state: read-only > /],
  ],
  [
    "a peer with a direct link",
    peer({ forwarders: 0 }, { isReached: true, address: "192.0.2.5:5" }),
    [
      /^ok peer: abababab answers over a link of its own/,
      /^ok direct: .*abababab, at 192\.0\.2\.5:5/,
    ],
  ],
  [
    "a peer that is not there",
    peer(
      { isReached: false, error: "no_route: none" },
      { reason: "the peer has not answered the offer of a link" },
    ),
    [
      /^fail peer: .*no_route: none > check --bootstrap/,
      /^warn direct: .* > the mesh has to reach it first/,
    ],
  ],
  [
    "both NATs symmetric",
    noLink("both ends stand behind symmetric NATs"),
    [/^ok peer: .* 2 forwarders, in 12 ms/, /^warn direct: .* > forward a UDP port/],
  ],
  [
    "a firewall",
    noLink("no packet got through to the peer"),
    [/^ok peer/, /^warn direct: .* > .*firewall drops UDP/],
  ],
  [
    "no acquaintance",
    noLink("the peer's addresses are not believed: no node known here has seen it"),
    [/^ok peer/, /^warn direct: .* > link both to a gateway/],
  ],
  [
    "a peer that opens none",
    noLink("the peer opens no link: refused"),
    [/^ok peer/, /^warn direct: .* > start the peer with --routing-strategy/],
  ],
  [
    "a node that opens none",
    noLink("this node opens none"),
    [/^ok peer/, /^warn direct: .* > start this node with/],
  ],
  [
    "a busy peer",
    noLink("the peer opens no link: overloaded"),
    [/^ok peer/, /^warn direct: .* > ask again/],
  ],
  [
    "another reason",
    noLink("something else"),
    [/^ok peer/, /^warn direct: .*something else > calls go through the mesh/],
  ],
];
