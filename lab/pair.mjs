import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Processes } from "../bench/processes.mjs";
import { KINDS } from "./net/kinds.mjs";
import { NatLab } from "./net/nat-lab.mjs";

const ROLE = fileURLToPath(new URL("role.mjs", import.meta.url));
/**
 * Where gateways and edges listen, and where the observer does. Two edges behind one carrier would get in each other's way
 * with one port: Linux gives the second of them another outer port for each destination.
 */
const PORT = 9_443;
const EDGE_PORTS = { left: 9_443, right: 9_643 };
const OBSERVER_PORTS = [3_478, 3_479];

/** The first of the proxy's ports: one for each gateway. */
const PROXY_PORT = 7_001;

/** The hosts of the lab that the two edges run on. */
const HOSTS = { left: "a", right: "b" };
export const SIDES = Object.keys(HOSTS);

/** Milliseconds of the wall clock. */
export const wall = () => performance.timeOrigin + performance.now();

/** Two gateways on public hosts that know each other, and an edge behind each of two NATs. All of them processes. */
export class Pair {
  lab;
  gateways = [];
  edges = {};
  #kinds;
  #processes = new Processes(undefined, ROLE);
  #probes;
  #strategy;
  #transports;
  /** How often edges were started anew, each time at other ports. */
  #turn = 0;

  /**
   * `strategy`: which ways the calls of the edges may take, `transports`: what carries their links; what a node does by
   * itself where they are left out.
   */
  constructor({ left, right, strategy, transports, ...options }) {
    this.#kinds = { left, right };
    this.#strategy = strategy;
    this.#transports = transports;
    this.lab = NatLab.build({ left, right, ...options });
  }

  host(side) {
    return HOSTS[side];
  }

  /** What an outsider finds at each side, and whether it is what its kind promises. */
  async classify() {
    const probes = await this.probes();
    const asked = SIDES.map(async (side) => {
      const seen = await probes[side].ask("classify");
      const { mapping, filtering, portKept } = KINDS[this.#kinds[side]];
      const expected = { mapping, filtering, portKept, tcp: true };
      const asExpected = Object.entries(expected).every(([name, value]) => seen[name] === value);
      return [side, { kind: this.#kinds[side], ...seen, asExpected }];
    });
    return Object.fromEntries(await Promise.all(asked));
  }

  /** Throws where a NAT is not what its kind promises: what is measured behind it would tell nothing of the mesh. */
  async assertKinds() {
    for (const [side, nat] of Object.entries(await this.classify())) {
      if (nat.asExpected) continue;
      throw new Error(
        `the lab is at fault, not the mesh: the ${side} side is seen as ${JSON.stringify(nat)}`,
      );
    }
  }

  /**
   * Whether two plain sockets, one on each side, get through to each other when both try at once and answer to where a
   * packet came from: what the two NATs allow. Null where one of them can't be seen at all.
   */
  async couldMeet() {
    const { left, right } = await this.probes();
    const [ofLeft, ofRight] = await Promise.all([left.ask("seen"), right.ask("seen")]);
    if (ofLeft === null || ofRight === null) return null;
    const tried = await Promise.all([left.ask("meet", ofRight), right.ask("meet", ofLeft)]);
    return tried.every(({ met }) => met);
  }

  /** A process on the host of each side that can say how that is seen. */
  probes() {
    this.#probes ??= this.#startProbes();
    return this.#probes;
  }

  async #startProbes() {
    const [{ host, addresses }] = this.lab.plan.public;
    const config = { kind: "observer", addresses, ports: OBSERVER_PORTS };
    const { ready: observer } = await this.start("observer", config, host);
    const started = SIDES.map(async (side) => {
      const probe = await this.start(`probe ${side}`, { kind: "probe", observer }, HOSTS[side]);
      return [side, probe];
    });
    return Object.fromEntries(await Promise.all(started));
  }

  /** Starts a process on a host of the lab. */
  start(name, config, host) {
    return this.#processes.start(name, config, this.lab.inside(host));
  }

  async startGateways() {
    for (const at of this.lab.plan.public.keys()) await this.startGateway(at);
  }

  /** Starts a gateway, or starts it again with its key. */
  async startGateway(at) {
    const { host, addresses } = this.lab.plan.public[at];
    const config = {
      kind: "node",
      mode: "gateway",
      listen: `${addresses[0]}:${PORT}`,
      identity: join(this.lab.directory, `gateway${at + 1}.key`),
      bootstrap: this.gateways.filter((_, other) => other !== at).map(addressOf),
    };
    this.gateways[at] = await this.start(`gateway${at + 1}`, config, host);
  }

  /** Addresses of the public hosts as nodes on them are dialled. */
  get gatewayPlaces() {
    return this.lab.plan.public.map(({ addresses }) => ({ address: addresses[0], port: PORT }));
  }

  /**
   * Starts both edges at once, each with the address of one gateway: `entrances` says which. What became of each side:
   * milliseconds from its start until it was ready, null with the `error` where it was not.
   */
  async startEdges(entrances = [0, 1]) {
    const started = SIDES.map(async (side, at) => {
      const startedAt = wall();
      try {
        const { times } = await this.startEdge(side, entrances[at]);
        return [side, { readyMs: times.ready - startedAt }];
      } catch (error) {
        return [side, { readyMs: null, error: error.message }];
      }
    });
    return Object.fromEntries(await Promise.all(started));
  }

  /** Which ways calls of edges may take that are started from now on. */
  set strategy(strategy) {
    this.#strategy = strategy;
  }

  /** Starts one edge and resolves, when it is ready, with what it told. */
  async startEdge(side, entrance) {
    const config = {
      kind: "node",
      mode: "edge",
      listen: `0.0.0.0:${EDGE_PORTS[side] + this.#turn}`,
      bootstrap: [addressOf(this.gateways[entrance])],
      routingStrategy: this.#strategy,
      transports: this.#transports,
    };
    this.edges[side] = await this.start(side, config, HOSTS[side]);
    return this.edges[side].ready;
  }

  /** Ends both edges, so that others can be started in their place: at another port, of which no router knows anything. */
  async endEdges() {
    this.#turn += 1;
    await Promise.all(SIDES.map((side) => this.edges[side]?.end()));
  }

  /** What somebody with that id is called here. */
  nameOf(id) {
    const named = [...this.gateways, ...Object.values(this.edges)];
    return named.find(({ ready }) => ready?.id === id)?.name ?? id.slice(0, 8);
  }

  /** Ends all processes and removes the lab. */
  async end() {
    try {
      await this.#processes.end();
    } finally {
      this.lab.remove();
    }
  }
}

/** Runs `action` with a pair of its own, which is gone when this resolves. */
export async function withPair(options, action) {
  const pair = new Pair(options);
  try {
    return await action(pair);
  } finally {
    await pair.end();
  }
}

/** Has all UDP from the left side to the gateways go through a proxy that makes this weather. TCP goes past it. */
export async function interpose(pair, weather) {
  const passages = pair.gatewayPlaces.map((place, at) => ({
    ...place,
    localPort: PROXY_PORT + at,
  }));
  const proxy = await pair.start("proxy", { kind: "proxy", passages, ...weather }, "net");
  for (const passage of passages) pair.lab.disturb.divert(pair.host("left"), passage);
  return proxy;
}

function addressOf({ ready }) {
  return ready.addresses[0];
}
