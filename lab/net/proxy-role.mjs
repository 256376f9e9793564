import { createSocket } from "node:dgram";
import { once } from "node:events";
import { BurstLoss } from "./burst-loss.mjs";
import { DelayLine } from "./delay-line.mjs";
import { faceRule } from "./rules.mjs";
import { seededChance } from "./seeded-chance.mjs";
import { run } from "./tools.mjs";

/** Clients of one passage at most; each has a socket of its own. */
const CLIENTS_MAX = 1_024;
/** Bytes of the kernel's buffers: a burst that is lost there would be one that nobody asked for. */
const BUFFER = 4 << 20;

/**
 * A process in the public network that hands UDP on: each of `passages` from a local port to one address and port. Packets
 * wait `delay` milliseconds and up to `jitter` more each way, and are lost by `share` in bursts of `burst`. They seem to
 * come from where they came from.
 */
export async function startProxyRole({ passages, delay, jitter, share, burst, seed }) {
  const line = new DelayLine();
  const counts = { passed: 0, lost: 0 };
  // Each direction has its own chance, so that what is lost in one does not hang on what comes in another.
  let directions = 0;
  const direction = () => {
    const number = seed + 2 * directions++;
    const loss = new BurstLoss({ share, burst, chance: seededChance(number) });
    const late = seededChance(number + 1);
    return (deliver) => {
      const passes = !loss.next() && line.push(delay + jitter * late(), deliver);
      counts[passes ? "passed" : "lost"] += 1;
    };
  };
  const opened = passages.map((passage) => new Passage(passage, direction(), direction()));
  for (const passage of opened) await passage.open();
  return {
    ready: {},
    commands: { counts: () => counts },
    close: async () => {
      line.close();
      for (const passage of opened) passage.close();
    },
  };
}

/** From a local port to one place behind it, and back. */
class Passage {
  #front = createSocket({ type: "udp4", recvBufferSize: BUFFER, sendBufferSize: BUFFER });
  /** By address and port of the client: a promise of the socket that speaks for it. Bounded by `CLIENTS_MAX`. */
  #clients = new Map();
  #to;
  #there;
  #back;

  constructor(to, there, back) {
    this.#to = to;
    this.#there = there;
    this.#back = back;
  }

  async open() {
    this.#front.on("message", (bytes, client) => {
      const socket = this.#socketFor(client);
      socket?.then((it) =>
        this.#there(() => it.send(bytes, this.#to.port, this.#to.address, ignore)),
      );
    });
    this.#front.bind(this.#to.localPort);
    await once(this.#front, "listening");
  }

  #socketFor({ address, port }) {
    const name = `${address}:${port}`;
    const known = this.#clients.get(name);
    if (known !== undefined || this.#clients.size >= CLIENTS_MAX) return known;
    const opened = this.#speakFor(address, port);
    this.#clients.set(name, opened);
    return opened;
  }

  async #speakFor(address, port) {
    const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER, sendBufferSize: BUFFER });
    socket.on("message", (bytes) => {
      this.#back(() => this.#front.send(bytes, port, address, ignore));
    });
    socket.bind(0);
    await once(socket, "listening");
    run("nft", ["-f", "-"], faceRule({ localPort: socket.address().port, address, port }));
    return socket;
  }

  close() {
    for (const opened of this.#clients.values()) opened.then((socket) => socket.close());
    this.#front.close();
  }
}

/** What can't be sent is lost, as it is on the way. */
function ignore() {}
