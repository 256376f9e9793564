/** How a counter of `status().counters` is exported. */
export interface CounterExport {
  /** Without `macula_` in front and `_total` behind. */
  readonly metric: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const PUNCH_ATTEMPTS = "Punches gone into, as the one that wants a direct link or as the other.";
const PUNCH_OUTCOMES = "Punches by what came of them; refused ones were never begun.";
const DATAGRAMS = "UDP datagrams of the transport.";
const SWITCHES = "Destinations whose calls were switched to another kind of way.";

const named = (
  metric: string,
  help: string,
  labels?: Readonly<Record<string, string>>,
): CounterExport => (labels ? { metric, help, labels } : { metric, help });

/** Every counter of the status, by its name there. All label values stand here; none comes from outside. */
export const COUNTERS: Readonly<Record<string, CounterExport>> = {
  // What is carried for others.
  frames_forwarded: named("frames_forwarded", "Frames passed on for others."),
  bytes_forwarded: named("forwarded_bytes", "Bytes of frames passed on for others."),
  frames_dropped: named("frames_dropped", "Malformed or misdirected frames that were dropped."),
  frames_refused: named("frames_refused", "Frames with no way on."),
  frames_over_quota: named(
    "frames_over_quota",
    "Frames not passed on because of the forwarding limits.",
  ),
  frames_resent: named("frames_resent", "Frames that a neighbour did not take in time."),
  frames_deflected: named("frames_deflected", "Frames sent off their straight way by a search."),
  frames_returned: named("frames_returned", "Frames given back because no way on was left."),
  routes_left: named("routes_left", "Learned routes left because a link of theirs was lost."),
  searches_lost: named("searches_lost", "Searches that were forgotten before they ended."),
  route_searches: named("route_searches", "Route searches begun by this node."),
  route_requests_dropped: named(
    "route_requests_dropped",
    "Route requests of others over their limit.",
  ),
  route_replies_refused: named(
    "route_replies_refused",
    "Route replies not signed by whom they are from.",
  ),
  route_errors_received: named("route_errors_received", "Route errors that came in."),
  // Calls.
  calls_executed: named("calls_executed", "Calls of other nodes that this node has executed."),
  calls_failed: named(
    "calls_served_failed",
    "Calls of other nodes that this node has answered with a failure.",
  ),
  calls_sent_again: named(
    "calls_sent_again",
    "Times that a call was sent again because nobody had answered.",
  ),
  calls_repeated: named("calls_repeated", "Calls that came again and were not executed again."),
  calls_too_old: named("calls_too_old", "Calls too old to tell whether they were executed."),
  casts_repeated: named("casts_repeated", "Casts that came again and were not executed again."),
  casts_unknown: named("casts_unknown", "Casts for procedures that this node does not provide."),
  casts_refused: named("casts_refused", "Casts over the bound of casts at work."),
  replies_unexpected: named("replies_unexpected", "Replies that no call waits for."),
  replies_forgotten: named("replies_forgotten", "Repetitions whose reply was not kept any more."),
  answers_undeliverable: named("answers_undeliverable", "Answers that found no way back."),
  // Seals.
  box_keys_told: named("box_keys_told", "Callers that had to begin a session anew."),
  box_keys_forged: named("box_keys_forged", "Box keys that were not signed by their node."),
  openings_refused: named(
    "openings_refused",
    "Sessions not opened because a link brought too many.",
  ),
  // Direct links.
  direct_probes: named("direct_probes", "Direct links to providers that were tried."),
  switched_to_direct: named("strategy_switches", SWITCHES, { to: "direct" }),
  switched_to_multi_hop: named("strategy_switches", SWITCHES, { to: "multi_hop" }),
  punches_begun: named("punch_attempts", PUNCH_ATTEMPTS, { role: "initiator" }),
  punches_taken: named("punch_attempts", PUNCH_ATTEMPTS, { role: "answerer" }),
  punches_opened: named("punch_outcomes", PUNCH_OUTCOMES, { outcome: "opened" }),
  punches_failed: named("punch_outcomes", PUNCH_OUTCOMES, { outcome: "failed" }),
  punches_refused: named("punch_outcomes", PUNCH_OUTCOMES, { outcome: "refused" }),
  knocks_sent: named("knocks_sent", "Raw packets sent to open a way through NATs."),
  knocks_unexpected: named("knocks_unexpected", "Raw packets that belong to no punch."),
  observations_told: named("observations_told", "Peers told at which address they are seen."),
  observations_refused: named("observations_refused", "Peers not told because they ask too often."),
  duplicate_identities: named(
    "duplicate_identities",
    "Signs of a second process with a key of this node or of a neighbour.",
  ),
  times_cut_off: named("times_cut_off", "Times that no link to the mesh was left."),
  dial_backs_asked: named("dial_backs_asked", "Times this node asked to be dialled."),
  dial_backs: named("dial_backs", "Times this node has dialled a neighbour that asked for it."),
  dial_backs_refused: named(
    "dial_backs_refused",
    "Neighbours not dialled because they ask too often.",
  ),
  // The DHT and the overlay.
  lookups: named("dht_lookups", "Lookups in the DHT."),
  stores: named("dht_stores", "Nodes asked to hold a record."),
  stores_failed: named("dht_stores_failed", "Nodes that did not take a record."),
  records_stored: named("records_stored", "Records of others taken in."),
  records_refused: named("records_refused", "Records not taken in."),
  records_restored: named("records_restored", "Records taken from disk at the start."),
  records_handed_over: named(
    "records_handed_over",
    "Records handed to nodes nearer to their keys.",
  ),
  regions_widened: named("regions_widened", "Lookups that had to look further around a key."),
  contacts_verified: named("contacts_verified", "Signatures of contacts that were checked."),
  contacts_checked: named("contacts_checked", "Contacts asked whether they are still there."),
  contacts_refused: named("contacts_refused", "Contacts that were malformed, or came too often."),
  overlay_dials: named("overlay_dials", "Neighbours dialled to take a place in the mesh."),
  overlay_dials_failed: named("overlay_dials_failed", "The same that came to nothing."),
  links_shed: named("links_shed", "Links let go because there were too many."),
  handshakes_refused: named("handshakes_refused", "Arrivals that were not let in."),
  // The transport.
  datagramsSent: named("datagrams", DATAGRAMS, { direction: "sent" }),
  datagramsReceived: named("datagrams", DATAGRAMS, { direction: "received" }),
  datagramsDropped: named(
    "datagrams_dropped",
    "Datagrams that belonged to nothing or were malformed.",
  ),
  restarts: named("transport_restarts", "Restarts of the transport's core after a fault."),
};

/** What stands among the counters of the status and goes up and down. */
export const GAUGES_AMONG_COUNTERS: Readonly<Record<string, { metric: string; help: string }>> = {
  connections: { metric: "transport_connections", help: "Connections of the transport." },
  handshakes: { metric: "transport_handshakes", help: "Handshakes under way." },
};
