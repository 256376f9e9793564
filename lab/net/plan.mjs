import { KINDS } from "./kinds.mjs";
import { divertedNothing, natRules } from "./rules.mjs";

/** What the two sides call theirs: the network their homes or carriers have, and a number for what nobody sees. */
const SIDES = {
  a: { network: "198.51.100", number: 1 },
  b: { network: "203.0.113", number: 2 },
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
 */
export function planOf({ left, right, publicHosts = 2, sharedCarrier = false, ...more }) {
  const plan = { spaces: {}, links: [], sides: {}, public: [] };
  addSpace(plan, "net", { forwards: true, rules: divertedNothing() });
  for (let number = 1; number <= publicHosts; number++) addPublic(plan, number);
  const carrierOfLeft = addSide(plan, "a", left, { ...more, subscribers: sharedCarrier ? 2 : 1 });
  addSide(plan, "b", right, { ...more, subscribers: 1, carrier: sharedCarrier && carrierOfLeft });
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

/** Links two spaces; each end is `[space, interface, address]`. */
function join(plan, ...ends) {
  plan.links.push(ends.map(([space, name]) => ({ space, name })));
  for (const [space, name, address] of ends) {
    const { lines } = plan.spaces[space];
    lines.push(`addr add ${address} dev ${name}`, `link set ${name} up`);
  }
}

/** Returns the space of its carrier, where it has one. */
function addSide(plan, side, kind, { carrier: shared = false, ...options }) {
  const { home, carrier: carrierKind } = KINDS[kind];
  const carrier = carrierKind && (shared || addCarrier(plan, side, carrierKind, options));
  const out = wayOut(side, carrier || undefined);
  const router = `gw${side}`;
  addSpace(plan, router, { forwards: true, rules: home && homeRules(home, options) });
  addSpace(plan, side);
  join(
    plan,
    [out.up, out.name, `${out.base}.1/${out.length}`],
    [router, "wan", `${out.base}.${HOME_ADDRESSES[0]}/${out.length}`],
  );
  plan.spaces[router].lines.push(`route add default via ${out.base}.1`);
  const address = addHost(plan, side, home === undefined);
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
  const lans = ["suba", "subb"].slice(0, side === "b" ? 2 : subscribers);
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

/** Returns the address of the host: a public one where nobody translates. */
function addHost(plan, side, isPublic) {
  const { network, number } = SIDES[side];
  const [first, length, base] = isPublic ? [9, 29, network] : [1, 24, `192.168.${number}`];
  const address = `${base}.${first + 1}`;
  const router = `gw${side}`;
  join(plan, [router, "lan", `${base}.${first}/${length}`], [side, "eth0", `${address}/${length}`]);
  plan.spaces[side].lines.push(`route add default via ${base}.${first}`);
  if (isPublic) plan.spaces.net.lines.push(`route add ${network}.8/29 via ${network}.2`);
  return address;
}
