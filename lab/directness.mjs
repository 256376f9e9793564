/** Milliseconds from the first call until one is answered over a direct link. */
const DIRECT_WITHIN = 1_000;

/** The least of the words that tell why no link can be had: symmetric against symmetric or port-restricted. */
const SAYS_WHY = /symmetric NATs|NAT is symmetric, and .* by port/;

/** Of one pair that is expected to go direct: 1 where it does both ways, and how soon, by the slower way. */
export const DIRECT_GATES = {
  direct: { of: (it) => Number(isDirect(it)), gate: 1, aim: 1 },
  directMs: { of: slowestMs, gate: DIRECT_WITHIN, aim: DIRECT_WITHIN / 2, most: true },
};

/** Of one pair that is expected to stay on the mesh, and to say why in plain words. */
export const ROUTED_GATES = {
  direct: { of: (it) => Number(isDirect(it)), gate: 0, aim: 0, most: true },
  saysWhy: { of: (it) => Number(saysWhy(it)), gate: 1, aim: 1 },
};

export function isDirect({ ways }) {
  return ways !== null && Object.values(ways).every(({ direct }) => direct);
}

/** Both ways stay on the mesh, and each says why. */
export function saysWhy({ ways }) {
  return ways !== null && Object.values(ways).every((way) => !way.direct && SAYS_WHY.test(way.why));
}

function slowestMs({ directMs }) {
  const times = Object.values(directMs);
  return times.includes(null) ? null : Math.max(...times);
}
