import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** A process on a public host that tells who asks what address it is seen at, after RFC 5780: it has two addresses with two ports each. */
export async function startObserverRole({ addresses, ports }) {
  const sockets = new Map();
  for (const address of addresses) {
    for (const port of ports) sockets.set(`${address}:${port}`, await bound(address, port));
  }
  const [first, other] = addresses;
  for (const [name, socket] of sockets) {
    socket.on("message", (bytes, from) => {
      const say = (voice, answer) =>
        voice.send(JSON.stringify(answer), from.port, from.address, ignore);
      const { ask, number } = JSON.parse(bytes);
      if (ask === "filter") {
        say(sockets.get(`${other}:${ports[0]}`), { number, from: "otherAddress" });
        say(sockets.get(`${first}:${ports[1]}`), { number, from: "otherPort" });
      }
      // Last: who has got this one has got the others, or gets them no more.
      say(socket, { number, from: name, seen: { address: from.address, port: from.port } });
    });
  }
  const server = createServer((connection) => connection.end());
  server.listen(ports[0], first);
  await once(server, "listening");
  return {
    ready: { addresses, ports },
    commands: {},
    close: async () => {
      for (const socket of sockets.values()) socket.close();
      server.close();
    },
  };
}

async function bound(address, port) {
  const socket = createSocket("udp4");
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

/** What can't be sent is lost; who asked asks again. */
function ignore() {}
