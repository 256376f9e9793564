import { KINDS } from "./kinds.mjs";
import { divertedNothing, natRules } from "./rules.mjs";

/** What the sides call theirs: the network their homes or carriers have, and a number for what nobody sees. */
const SIDES = {
  a: { network: "198.51.100", number: 1 },
  b: { network: "203.0.113", number: 2 },
  c: { network: "192.0.2", number: 3 },
};

/** Addresses a home router may take: those between the carrier's own and the end of its /29. */
const HOME_ADDRESSES = [2, 3, 4, 5, 6];

/** Where a side is attached, and what its home router may be called out there. */
function wayOut(side, carrier) {
  const { network, number } = SIDES[side];
  if (carrier === undefined) return { up: "net", base: network, length: 29, name: `up${side}` };
  return { up: carrier, base: `100.64.${number}`, length: 24, name: `sub${side}` };
}

/**
 * Everything a lab consists of, as facts: its `spaces` (network namespaces by role, each with the lines for `ip`, the
 * rules for `nft`, and whether it forwards), its `links`, and who has which address. Nothing here touches the machine.
 *
 *     a -- gwa -- [ispa] --.           .-- [ispb] -- gwb -- b
 *    host  home   carrier  +--- net ---+   carrier   home  host
 *                              |
 *                         p1, p2, …   public hosts
 *
 * With `sharedHome` both hosts are in the left home, and with `sharedCarrier` both homes behind the left carrier. `third`
 * is the kind of one more side, with the host `c`; where it is left out there is none.
 */
export function planOf({
  left,
  right,
  third,
  publicHosts = 2,
  sharedCarrier,
  sharedHome,
  ...more
}) {
  const plan = { spaces: {}, links: [], sides: {}, public: [] };
  addSpace(plan, "net", { forwards: true, rules: divertedNothing() });
  for (let number = 1; number <= publicHosts; number++) addPublic(plan, number);
  const hosts = sharedHome ? ["a", "b"] : ["a"];
  const subscribers = sharedCarrier ? 2 : 1;
  const carrierOfLeft = addSide(plan, "a", left, { ...more, subscribers, hosts });
  if (sharedHome) plan.sides.b = { ...plan.sides.a, address: addressIn("a", 1) };
  else
    addSide(plan, "b", right, { ...more, subscribers: 1, carrier: sharedCarrier && carrierOfLeft });
  if (third !== undefined) addSide(plan, "c", third, { ...more, subscribers: 1 });
  return plan;
}

function addSpace(plan, name, { forwards = false, rules } = {}) {
  plan.spaces[name] = { lines: ["link set lo up"], forwards, rules };
}

/** Each in a network of its own: nodes take those of one network for those of one owner. */
function addPublic(plan, number) {
  const host = `p${number}`;
  const network = `198.18.${number}`;
  addSpace(plan, host);
  join(plan, ["net", host, `${network}.1/24`], [host, "eth0", `${network}.10/24`]);
  // Who is to find out how a router filters has to be asked from two addresses.
  plan.spaces[host].lines.push(`addr add ${network}.11/24 dev eth0`);
  plan.spaces[host].lines.push(`route add default via ${network}.1`);
  plan.public.push({ host, addresses: [`${network}.10`, `${network}.11`] });
}

/** Links two spaces; each end is `[space, interface, address]`, without the address where it belongs to a bridge. */
function join(plan, ...ends) {
  plan.links.push(ends.map(([space, name]) => ({ space, name })));
  for (const [space, name, address] of ends) {
    const { lines } = plan.spaces[space];
    if (address !== undefined) lines.push(`addr add ${address} dev ${name}`);
    lines.push(`link set ${name} up`);
  }
}

/** Returns the space of its carrier, where it has one. */
function addSide(plan, side, kind, { carrier: shared = false, hosts = [side], ...options }) {
  const { home, carrier: carrierKind } = KINDS[kind];
  const carrier = carrierKind && (shared || addCarrier(plan, side, carrierKind, options));
  const out = wayOut(side, carrier || undefined);
  const router = `gw${side}`;
  addSpace(plan, router, { forwards: true, rules: home && homeRules(home, options) });
  join(
    plan,
    [out.up, out.name, `${out.base}.1/${out.length}`],
    [router, "wan", `${out.base}.${HOME_ADDRESSES[0]}/${out.length}`],
  );
  plan.spaces[router].lines.push(`route add default via ${out.base}.1`);
  const address = home === undefined ? addPublicHost(plan, side) : addHome(plan, side, hosts);
  plan.sides[side] = {
    kind,
    router,
    address,
    translation: home,
    upstream: `${out.base}.1`,
    homeAddresses: HOME_ADDRESSES.map((last) => `${out.base}.${last}/${out.length}`),
    uplink: carrier ? `up${carrier.at(-1)}` : out.name,
  };
  return carrier;
}

function homeRules(translation, { udpTimeout }) {
  return natRules({ translation, lans: ["lan"], udpTimeout });
}

function addCarrier(plan, side, translation, { udpTimeout, hairpin = false, subscribers }) {
  const { network, number } = SIDES[side];
  const external = `${network}.66`;
  const lans = subscribers === 2 ? ["suba", "subb"] : [`sub${side}`];
  const carrier = `isp${side}`;
  const rules = natRules({ translation, lans, udpTimeout, hairpin, external });
  addSpace(plan, carrier, { forwards: true, rules });
  join(
    plan,
    ["net", `up${side}`, `198.19.${number}.1/30`],
    [carrier, "wan", `198.19.${number}.2/30`],
  );
  // Not the uplink's own address: what comes for it is routed here.
  plan.spaces[carrier].lines.push(`addr add ${external}/32 dev lo`);
  plan.spaces[carrier].lines.push(`route add default via 198.19.${number}.1`);
  plan.spaces.net.lines.push(`route add ${external}/32 via 198.19.${number}.2`);
  return carrier;
}

/** Returns the address of the host, which is a public one. */
function addPublicHost(plan, side) {
  const { network } = SIDES[side];
  addSpace(plan, side);
  join(plan, [`gw${side}`, "lan", `${network}.9/29`], [side, "eth0", `${network}.10/29`]);
  plan.spaces[side].lines.push(`route add default via ${network}.9`);
  plan.spaces.net.lines.push(`route add ${network}.8/29 via ${network}.2`);
  return `${network}.10`;
}

/** The address of one of the hosts in the home of a side. */
function addressIn(side, at) {
  return `192.168.${SIDES[side].number}.${at + 2}`;
}

/** Hosts in one network, which the inner interface of their router belongs to. Returns the address of the first. */
function addHome(plan, side, hosts) {
  const router = `gw${side}`;
  const inner = `192.168.${SIDES[side].number}.1`;
  const isShared = hosts.length > 1;
  const { lines } = plan.spaces[router];
  if (isShared) lines.push("link add lan type bridge", `addr add ${inner}/24 dev lan`);
  if (isShared) lines.push("link set lan up");
  for (const [at, host] of hosts.entries()) {
    addSpace(plan, host);
    join(plan, isShared ? [router, `lan${host}`] : [router, "lan", `${inner}/24`], [
      host,
      "eth0",
      `${addressIn(side, at)}/24`,
    ]);
    if (isShared) lines.push(`link set lan${host} master lan`);
    plan.spaces[host].lines.push(`route add default via ${inner}`);
  }
  return addressIn(side, 0);
}
