import {
  apartRules,
  cutRules,
  divertRule,
  lossRules,
  rebindRules,
  udpBlockRules,
  watchRules,
  withoutRules,
} from "./rules.mjs";

/** Ports a home router has after it was rebound, and the first of them; the next time it gets those behind. */
const PORTS = 500;
const PORT_FIRST = 20_000;
const PORT_LAST = 60_000;

/** What can happen to a lab: each to the home router of one side, `a`, `b` or `c`. */
export class Disturbances {
  #lab;
  #rebinds = 0;
  /** Which of its addresses each home router has. */
  #addressAt = { a: 0, b: 0, c: 0 };

  constructor(lab) {
    this.#lab = lab;
  }

  /** The router forgets all its mappings, and gives other ports from now on, as one that was switched off and on. */
  rebind(side) {
    const { translation, router } = this.#natOf(side);
    const low = PORT_FIRST + ((this.#rebinds++ * PORTS) % (PORT_LAST - PORT_FIRST));
    this.#lab.nft(router, rebindRules({ translation, low, ports: PORTS }));
    // The kernel forgets what it has masqueraded by an interface when that goes down, and the route by it.
    this.#lab.ip(router, ["link set wan down", "link set wan up", this.#defaultRoute(side)]);
  }

  /** The router gets another address from its provider; the kernel forgets the mappings of the one it had. */
  newAddress(side) {
    const { router, homeAddresses } = this.#natOf(side);
    const at = this.#addressAt[side];
    const next = (at + 1) % homeAddresses.length;
    this.#addressAt[side] = next;
    this.#lab.ip(router, [
      `addr del ${homeAddresses[at]} dev wan`,
      `addr add ${homeAddresses[next]} dev wan`,
      this.#defaultRoute(side),
    ]);
  }

  #defaultRoute(side) {
    return `route replace default via ${this.#lab.plan.sides[side].upstream}`;
  }

  #natOf(side) {
    const found = this.#lab.plan.sides[side];
    if (found.translation !== undefined) return found;
    throw new Error(`side ${side} is public: there is no NAT that could forget its mappings`);
  }

  /** Nothing passes, and nobody is told. `heal` takes it back. */
  cut(side) {
    this.#on(side, cutRules());
  }

  heal(side) {
    this.#on(side, withoutRules("cut"));
  }

  /** UDP passes no more, TCP does. */
  blockUdp(side) {
    this.#on(side, udpBlockRules());
  }

  /** That many percent of the packets are lost, each by itself, `in`, `out` or `both` ways; 0 takes it back. */
  lose(side, percent, direction) {
    this.#on(side, percent === 0 ? withoutRules("loss") : lossRules(percent, direction));
  }

  #on(side, rules) {
    this.#lab.nft(this.#lab.plan.sides[side].router, rules);
  }

  /** So many kilobits a second leave at most; 0 takes it back. */
  rate(side, kilobits) {
    const { router } = this.#lab.plan.sides[side];
    // Whatever there was goes first; that of a veth without any can't be deleted, but replaced.
    const none = ["qdisc", "replace", "dev", "wan", "root", "pfifo"];
    const words = ["qdisc", "replace", "dev", "wan", "root", "tbf"];
    const bucket = ["rate", `${kilobits}kbit`, "burst", "16kb", "latency", "200ms"];
    this.#lab.run(router, "tc", kilobits === 0 ? none : [...words, ...bucket]);
  }

  /** UDP from that side for a public `address:port` goes to a local port of the public network instead. */
  divert(side, { address, port, localPort }) {
    const { uplink } = this.#lab.plan.sides[side];
    this.#lab.nft("net", divertRule({ uplink, address, port, localPort }));
  }

  /** Nothing passes between the two sides any more, though all of it to the public hosts. `join` takes it back. */
  part() {
    this.#lab.nft("net", apartRules(this.#uplinks()));
  }

  join() {
    this.#lab.nft("net", withoutRules("apart"));
  }

  /** Counts what passes between the two sides from now on. Returns how to read how many packets that were. */
  watchBetween() {
    this.#lab.nft("net", watchRules(this.#uplinks()));
    return () => {
      const told = this.#lab.run("net", "nft", ["list", "counter", "ip", "watch", "between"]);
      return Number(/packets (\d+)/.exec(told)[1]);
    };
  }

  #uplinks() {
    const { a, b } = this.#lab.plan.sides;
    if (a.uplink !== b.uplink) return [a.uplink, b.uplink];
    throw new Error("both sides have one carrier: what passes between them is not seen outside");
  }
}
