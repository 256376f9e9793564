import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";

/** Milliseconds until a question is asked again, and how often it is asked before nobody is there. */
const ASK_EVERY = 150;
const ASKED_MAX = 6;

/** A process on a host of the lab that finds out how it is seen from outside. `observer` is what that one told. */
export async function startProbeRole({ observer }) {
  const steady = await Asker.open();
  return {
    ready: {},
    commands: {
      classify: () => classify(observer),
      /** Where one and the same socket is seen at now; null where nobody answers. */
      seen: async () => (await steady.ask(place(observer, 0, 0)))?.seen ?? null,
      /** Whether that socket and another one, which does the same at this time, get through to each other. */
      meet: (other) => steady.meet(other),
    },
    close: async () => steady.close(),
  };
}

/** Mapping and filtering in the words of RFC 4787, null where UDP gets no answer; and whether TCP does. */
async function classify(observer) {
  const tcp = await reachesTcp(place(observer, 0, 0));
  const mapped = await mapping(observer);
  const filtered = mapped.mapping === null ? null : await filtering(observer);
  return { ...mapped, filtering: filtered, tcp };
}

function place({ addresses, ports }, address, port) {
  return { address: addresses[address], port: ports[port] };
}

/** What one socket is seen at by three places: two ports of one address, and another address. */
async function mapping(observer) {
  const asker = await Asker.open();
  try {
    const seen = [];
    for (const [address, port] of [
      [0, 0],
      [0, 1],
      [1, 0],
    ]) {
      const answer = await asker.ask(place(observer, address, port));
      if (answer === undefined) return { mapping: null, portKept: null };
      seen.push(`${answer.seen.address}:${answer.seen.port}`);
    }
    return { mapping: mappingOf(seen), portKept: seen[0].endsWith(`:${asker.port}`) };
  } finally {
    asker.close();
  }
}

function mappingOf([first, otherPort, otherAddress]) {
  if (first !== otherPort) return "APDM";
  return first === otherAddress ? "EIM" : "ADM";
}

/** Who else reaches a socket that has only ever spoken to one place. */
async function filtering(observer) {
  const asker = await Asker.open();
  try {
    const answer = await asker.ask(place(observer, 0, 0), "filter");
    if (answer === undefined) return null;
    if (answer.others.has("otherAddress")) return "EIF";
    return answer.others.has("otherPort") ? "ADF" : "APDF";
  } finally {
    asker.close();
  }
}

function reachesTcp({ address, port }) {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: ASK_EVERY * ASKED_MAX });
    const settle = (reached) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}

/** One socket that asks an observer. */
class Asker {
  #socket;
  #number = 0;
  #others = new Set();
  #settle = () => {};
  /** Told who greets. */
  #met = () => {};

  static async open() {
    const asker = new Asker();
    asker.#socket = createSocket("udp4");
    asker.#socket.on("message", (bytes, from) => asker.#heard(JSON.parse(bytes), from));
    asker.#socket.bind(0);
    await once(asker.#socket, "listening");
    return asker;
  }

  get port() {
    return this.#socket.address().port;
  }

  close() {
    this.#socket.close();
  }

  /** The answer with the `others` that have got through before it; undefined where none comes. */
  ask({ address, port }, ask = "map") {
    const number = ++this.#number;
    this.#others = new Set();
    return new Promise((resolve) => {
      let asked = 0;
      const send = () => {
        if (asked++ === ASKED_MAX) this.#settle(undefined);
        else this.#socket.send(JSON.stringify({ ask, number }), port, address, () => {});
      };
      const timer = setInterval(send, ASK_EVERY);
      this.#settle = (answer) => {
        clearInterval(timer);
        this.#settle = () => {};
        resolve(answer);
      };
      send();
    });
  }

  /**
   * Greets somebody until a greeting has come back that answers one of ours, or gives up: `{ met, port }`, with the port
   * the other one was seen at, which may be another than was told.
   */
  meet({ address, port }) {
    return new Promise((resolve) => {
      let to = { address, port };
      let heard = false;
      let greeted = 0;
      const end = (met) => {
        clearInterval(timer);
        this.#met = () => {};
        resolve({ met, port: to.port });
      };
      const greet = () => {
        if (greeted++ === ASKED_MAX) end(false);
        else
          this.#socket.send(JSON.stringify({ greet: true, heard }), to.port, to.address, () => {});
      };
      const timer = setInterval(greet, ASK_EVERY);
      this.#met = (from, answers) => {
        to = from;
        const isFirst = !heard;
        heard = true;
        // The other one is to hear that it was heard, also when this one has.
        if (isFirst || answers) greet();
        if (answers) end(true);
      };
      greet();
    });
  }

  #heard({ number, from, seen, greet, heard }, { address, port }) {
    if (greet) this.#met({ address, port }, heard);
    if (number !== this.#number) return;
    if (seen === undefined) this.#others.add(from);
    else this.#settle({ seen, others: this.#others });
  }
}
