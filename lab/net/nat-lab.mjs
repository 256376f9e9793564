import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Disturbances } from "./disturbances.mjs";
import { planOf } from "./plan.mjs";
import { prefixOf, removeSpaces, staleSpaces } from "./spaces.mjs";
import { demand, run } from "./tools.mjs";

/** Seconds after which a router forgets a mapping that nobody uses. */
const UDP_TIMEOUT = 30;

/** Exit codes of a process that one of these signals ends. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Labs that are there. They end with this process, however it ends, short of SIGKILL. */
const standing = new Set();
let built = 0;
let watched = false;

function removeAll() {
  for (const lab of [...standing]) lab.remove();
}

function watchOverEnd() {
  if (watched) return;
  watched = true;
  process.once("exit", removeAll);
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => process.exit(code));
  }
}

/** Two sides behind NATs, or three, and public hosts, in network namespaces of their own. The machine's own network has no part in it. */
export class NatLab {
  plan;
  /** For files of those who live in it; goes with it. */
  directory = mkdtempSync(join(tmpdir(), "macula-lab-"));
  /** What can be done to it. */
  disturb;
  #prefix;

  /**
   * Builds one: `left` and `right` are kinds (see `kinds.mjs`), of hosts `a` and `b`, and `third` of `c` where
   * there is to be one; with `sharedCarrier` both homes are behind one carrier, that of the left. Throws `Unavailable` where that can't be done here.
   */
  static build(options) {
    demand();
    removeSpaces(staleSpaces());
    const lab = new NatLab(options);
    watchOverEnd();
    standing.add(lab);
    try {
      lab.#build();
      return lab;
    } catch (error) {
      lab.remove();
      throw error;
    }
  }

  constructor({ udpTimeout = UDP_TIMEOUT, ...options }) {
    built += 1;
    this.#prefix = prefixOf(built);
    this.udpTimeout = udpTimeout;
    this.plan = planOf({ udpTimeout, ...options });
    this.disturb = new Disturbances(this);
  }

  /** The full name of a space. */
  name(space) {
    return `${this.#prefix}${space}`;
  }

  /** Words that put a command into a space. */
  inside(space) {
    return ["ip", "netns", "exec", this.name(space)];
  }

  /** Runs a command in a space. */
  run(space, command, words, input) {
    return run("ip", ["netns", "exec", this.name(space), command, ...words], input);
  }

  /** Runs lines of `ip` in a space. */
  ip(space, lines) {
    run("ip", ["-n", this.name(space), "-batch", "-"], `${lines.join("\n")}\n`);
  }

  nft(space, rules) {
    this.run(space, "nft", ["-f", "-"], rules);
  }

  #build() {
    const { spaces, links } = this.plan;
    const made = Object.keys(spaces).map((space) => `netns add ${this.name(space)}`);
    const joined = links.map(([one, other]) => {
      const peer = `peer name ${other.name} netns ${this.name(other.space)}`;
      return `link add name ${one.name} netns ${this.name(one.space)} type veth ${peer}`;
    });
    run("ip", ["-batch", "-"], `${[...made, ...joined].join("\n")}\n`);
    for (const [space, { lines, forwards, rules }] of Object.entries(spaces)) {
      if (forwards) this.run(space, "sysctl", ["-q", "-p", "-"], this.#settings());
      if (rules !== undefined) this.nft(space, rules);
      this.ip(space, lines);
    }
  }

  #settings() {
    const timeouts = ["udp_timeout", "udp_timeout_stream"].map(
      (name) => `net.netfilter.nf_conntrack_${name}=${this.udpTimeout}`,
    );
    return `${["net.ipv4.ip_forward=1", ...timeouts].join("\n")}\n`;
  }

  /** Removes everything, and whatever still runs in it. Idempotent. */
  remove() {
    standing.delete(this);
    rmSync(this.directory, { recursive: true, force: true });
    removeSpaces(Object.keys(this.plan.spaces).map((space) => this.name(space)));
  }
}
