const REPORT = "report it, with this line";

/** What to do about each event of level warn or error; it stands at the end of its line, and in docs/operations.md. */
export const LOG_ADVICE: Readonly<Record<string, string>> = {
  node_restarted: "see the lines before it; where it comes again and again, report it with them",
  dial_failed:
    "check that a node listens there and that UDP gets to it; it is tried again by itself",
  peer_refused: "see the code in docs/reference/errors.md; a stranger is kept out as it should be",
  duplicate_identity: "give each process a key file of its own",
  cut_off: "check the network of this machine and the bootstrap addresses; it comes back by itself",
  udp_blocked: "open UDP towards the mesh if you can; calls go on over TCP meanwhile",
  fallback_not_listening:
    "stop the process that has the TCP port, or choose another port with --listen",
  state_set_aside: "nothing, it is made anew; look at the disk where it happens again",
  state_not_saved: "make room on the disk, or correct the rights of the state directory",
  state_unreadable: "correct the rights of the state directory, or look at the disk",
  not_dialable: "open the UDP port or forward it, or run this node as an edge",
  token_expires_soon: "have another one issued with macula token issue",
  token_expired: "have another one issued with macula token issue; it is taken without a restart",
  token_refused: "see the code in docs/reference/errors.md, and have another one issued",
  renewal_failed: "check that a gateway is linked; it is tried again by itself",
  withdrawal_failed: "nothing: the record ends by itself, callers go on to other providers",
  cast_failed: "look at the handler of that procedure",
  listener_failed: "correct the listener of yours that threw",
  callback_failed: REPORT,
  quic_core: REPORT,
  quic_restart: `nothing, links come back by themselves; ${REPORT}`,
  quic_lost: `start the node anew; ${REPORT}`,
};
