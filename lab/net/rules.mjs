/** Entries a table of mappings holds at most. */
const SIZE = 65_535;

/** What passes through a router. */
const CHAIN = "type filter hook forward priority";

/**
 * What makes a router a NAT, for `nft -f`. `translation` is full, addr, port or sym; `lans` are its inner interfaces, the
 * outer one is `wan`. `external` is the address it translates to where that is not the uplink's own. With `hairpin` those
 * inside reach each other by their outer addresses.
 *
 * Linux keeps a source port that is free, and gives one inner endpoint the same outer port towards everybody: so
 * `masquerade` alone is a port-restricted cone. What lets others in as well is a map of outer ports, learnt from what the
 * kernel has made of each packet that leaves.
 */
export function natRules({ translation, lans, udpTimeout, external, hairpin = false }) {
  const isOpen = translation === "full" || translation === "addr";
  const lan = lans.length === 1 ? `"${lans[0]}"` : `{ ${lans.map((it) => `"${it}"`).join(", ")} }`;
  const parts = { translation, lan, external, hairpin: hairpin && isOpen };
  return `table ip lab {
${isOpen ? memory(translation, udpTimeout) : ""}
  chain input {
    type filter hook input priority filter; policy accept;
${input(external)}
  }
  chain forward {
    ${CHAIN} filter; policy drop;
${isOpen ? admission(translation) : ""}
    ct state established,related accept
    iifname ${lan} accept
  }
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
${isOpen ? `    ${entry(parts)} dnat ip to udp dport map @endpoints` : ""}
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
${leaving(parts)}
  }
${isOpen ? learning(translation, parts) : ""}
}
`;
}

/** Outer port to inner endpoint; and, where who may enter is restricted, whom each inner endpoint has spoken to. */
function memory(translation, udpTimeout) {
  const shape = `flags dynamic,timeout; timeout ${udpTimeout}s; size ${SIZE};`;
  const endpoints = `  map endpoints { type inet_service : ipv4_addr . inet_service; ${shape} }`;
  if (translation === "full") return endpoints;
  return `${endpoints}\n  set spoken { type ipv4_addr . inet_service . ipv4_addr; ${shape} }`;
}

/**
 * What nobody has asked for is dropped, not answered: an answer would leave an entry that owns the ports, and the
 * inner host's own packet to that peer would get others.
 */
function input(external) {
  const where = external === undefined ? 'iifname "wan"' : `ip daddr ${external}`;
  return `    ${where} ct state established,related accept
    ${where} ip protocol icmp accept
    ${where} drop`;
}

function admission(translation) {
  if (translation === "full") return "    ct status dnat accept";
  return "    ct status dnat ip daddr . udp dport . ip saddr @spoken accept";
}

function entry({ external, hairpin }) {
  return `${hairpin ? `ip daddr ${external}` : 'iifname "wan"'} meta l4proto udp`;
}

function leaving({ translation, lan, external, hairpin }) {
  const to = translated(translation, external);
  const out = `    oifname "wan" ${to}`;
  return hairpin ? `${out}\n    iifname ${lan} oifname ${lan} ${to}` : out;
}

function translated(translation, external) {
  const to = external === undefined ? "masquerade" : `snat to ${external}`;
  return translation === "sym" ? `${to} fully-random` : to;
}

/** Behind the translation of sources, where the kernel has settled which port a packet leaves from. */
function learning(translation, { lan }) {
  const own = "meta l4proto udp ct direction original";
  const answer = "meta l4proto udp ct direction reply ct status dnat";
  const endpoint = "ct original ip saddr . ct original proto-src";
  const lines = [
    `iifname ${lan} ${own} update @endpoints { ct reply proto-dst : ${endpoint} }`,
    `iifname ${lan} ${answer} update @endpoints { ct original proto-dst : ct reply ip saddr . ct reply proto-src }`,
  ];
  if (translation === "addr") {
    lines.push(`iifname ${lan} ${own} update @spoken { ${endpoint} . ct original ip daddr }`);
  }
  return `  chain learn {
    type filter hook postrouting priority 110; policy accept;
${lines.map((line) => `    ${line}`).join("\n")}
  }`;
}

/** Other outer ports from now on, and nothing known of those before; `low` is the first of the new ones. */
export function rebindRules({ translation, low, ports }) {
  const flushed = {
    full: ["map ip lab endpoints"],
    addr: ["map ip lab endpoints", "set ip lab spoken"],
  };
  const range = `to :${low}-${low + ports - 1}`;
  const udp =
    translation === "sym"
      ? []
      : [`add rule ip lab post oifname "wan" meta l4proto udp masquerade ${range}`];
  const lines = [
    "flush chain ip lab post",
    ...udp,
    `add rule ip lab post oifname "wan" ${translated(translation)}`,
    ...(flushed[translation] ?? []).map((name) => `flush ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Nothing passes. */
export function cutRules() {
  return replaced("cut", `chain forward { ${CHAIN} 20; policy drop; }`);
}

/** No UDP passes. */
export function udpBlockRules() {
  return replaced(
    "udpblock",
    `chain forward {
    ${CHAIN} 20; policy accept;
    meta l4proto udp drop
  }`,
  );
}

/** That many percent of the packets are dropped, each by itself, `out`, `in` or `both` ways. */
export function lossRules(percent, direction = "both") {
  const highest = Math.max(1, Math.round(percent * 100)) - 1;
  const dice = `numgen random mod 10000 <= ${highest} drop`;
  const lines = [];
  if (direction !== "in") lines.push(`    oifname "wan" ${dice}`);
  if (direction !== "out") lines.push(`    iifname "wan" ${dice}`);
  return replaced(
    "loss",
    `chain forward {
    ${CHAIN} 10; policy accept;
${lines.join("\n")}
  }`,
  );
}

/** Takes a disturbance back; does nothing where there is none. */
export function withoutRules(table) {
  return `table ip ${table} { }\ndelete table ip ${table}\n`;
}

/** Every disturbance is a table of its own, so that it can be taken back without a look at the others. */
function replaced(table, chain, objects = "") {
  return `${withoutRules(table)}table ip ${table} {
  ${objects}
  ${chain}
}
`;
}

/**
 * In the public network: nobody's packets go another way than they are routed. What a proxy there sends from a port that
 * is named in `faces` seems to come from whom it speaks for, so that those who are asked see the same NATs as without it.
 */
export function divertedNothing() {
  return `table ip divert {
  map faces { type inet_service : ipv4_addr . inet_service; size ${SIZE}; }
  chain pre { type nat hook prerouting priority dstnat; policy accept; }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    fib saddr type local snat ip to udp sport map @faces
  }
}
`;
}

/** What leaves a local port of the public network seems to come from `address:port`. */
export function faceRule({ localPort, address, port }) {
  return `add element ip divert faces { ${localPort} : ${address} . ${port} }\n`;
}

/** What comes from that uplink for `address:port` is handed to a local port instead; answers seem to come from there. */
export function divertRule({ uplink, address, port, localPort }) {
  const match = `iifname "${uplink}" ip daddr ${address} udp dport ${port}`;
  return `add rule ip divert pre ${match} redirect to :${localPort}\n`;
}

/** What one side's network sends to the other's is counted. */
export function watchRules(uplinks) {
  return replaced("watch", betweenChain(uplinks, 5, "counter name between"), "counter between { }");
}

/** Nothing passes from one side's network to the other's, and nobody is told; what both exchange with others does. */
export function apartRules(uplinks) {
  return replaced("apart", betweenChain(uplinks, 10, "drop"));
}

function betweenChain([one, other], priority, verdict) {
  return `chain forward {
    ${CHAIN} ${priority}; policy accept;
    iifname "${one}" oifname "${other}" ${verdict}
    iifname "${other}" oifname "${one}" ${verdict}
  }`;
}
