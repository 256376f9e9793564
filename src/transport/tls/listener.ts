import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { type Address, parseHostPort, toAddress } from "../../base/address.ts";
import { MeshError } from "../../base/errors.ts";
import { ipFamily, plainAddress } from "../ip-text.ts";
import { bindError } from "../sockets/bind-error.ts";
import type { TransportIdentity } from "../transport.ts";
import { contextOptions, HANDSHAKE } from "./credentials.ts";

/** Who decides over arrivals. */
export interface Doorkeeper {
  /** Whether one more may begin its handshake. Others are cut off without a word. */
  admits(): boolean;
  /** An arrival begins its handshake; ends with `shaken` or `failed`. */
  arriving(arrival: Socket, address: Address): void;
  /** The handshake of TLS is done. */
  shaken(socket: TLSSocket, address: Address): void;
}

/** A port that listens: TCP in front, TLS behind it, so that arrivals are counted before anything is computed for them. */
export class Listener {
  /** Where it is bound. */
  readonly address: Address;
  readonly #server: Server;

  private constructor(server: Server, address: Address) {
    this.#server = server;
    this.address = address;
  }

  /**
   * Binds to an IP literal and port; `::` takes IPv4 too.
   *
   * @throws {MeshError} `address_in_use`, `bad_config`.
   */
  static bind(
    address: Address,
    identity: TransportIdentity,
    keeper: Doorkeeper,
  ): Promise<Listener> {
    const { host, port } = parseHostPort(address);
    if (ipFamily(host) === 0) {
      const text = `cannot listen on ${address}: "${host}" is not an IP address`;
      return Promise.reject(new MeshError("bad_config", text));
    }
    const shaking = createShaker(identity, keeper);
    const server = createTcpServer({ noDelay: true }, (socket) => accept(socket, shaking, keeper));
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(bindError(address, error)));
      server.listen({ host, port, exclusive: true }, () => {
        server.removeAllListeners("error");
        // An arrival that the system could not hand over is lost; the next may be well.
        server.on("error", () => {});
        resolve(new Listener(server, boundAddress(server)));
      });
    });
  }

  /** Takes no more arrivals; resolves when those that were taken are gone. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A server of TLS that binds nothing: it is handed sockets. */
function createShaker(identity: TransportIdentity, keeper: Doorkeeper): TlsServer {
  const shaker = createTlsServer({ ...contextOptions(identity), ...HANDSHAKE });
  shaker.on("secureConnection", (socket) => {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) socket.destroy();
    else keeper.shaken(socket, plainAddress(remoteAddress, remotePort));
  });
  shaker.on("tlsClientError", (_error, socket) => socket.destroy());
  return shaker;
}

function accept(socket: Socket, shaker: TlsServer, keeper: Doorkeeper): void {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined || !keeper.admits()) {
    socket.destroy();
    return;
  }
  keeper.arriving(socket, plainAddress(remoteAddress, remotePort));
  shaker.emit("connection", socket);
}

function boundAddress(server: Server): Address {
  const bound = server.address();
  if (bound === null || typeof bound === "string") {
    throw new MeshError("internal", "a server that listens has no address");
  }
  return toAddress(bound.address, bound.port);
}
