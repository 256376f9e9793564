import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type Address, parseHostPort, toAddress } from "../../base/address.ts";
import type { Bytes } from "../../base/bytes.ts";
import { MeshError } from "../../base/errors.ts";
import { ipFamily, mappedText } from "../ip-text.ts";
import { bindError } from "../sockets/bind-error.ts";

/** Kernel buffers: bursts are lost in the default ones. The system may grant less. */
const KERNEL_BUFFER_BYTES = 4 << 20;

/** One UDP socket for everything: listening, dialling, raw datagrams. */
export class UdpSocket {
  /** True for a socket of IPv6, which reaches IPv4 hosts too. */
  readonly dual: boolean;
  /** Where it is bound. */
  readonly address: Address;
  readonly #socket: Socket;
  // The text of the last IPv4 host in the form of IPv6: the same few hosts recur.
  #lastHost = "";
  #lastMapped = "";

  private constructor(socket: Socket, dual: boolean, address: Address) {
    this.#socket = socket;
    this.dual = dual;
    this.address = address;
  }

  /**
   * Binds to an IP literal and port; `::` takes IPv4 too.
   *
   * @throws {MeshError} `address_in_use`, `bad_config`.
   */
  static bind(
    address: Address,
    onMessage: (bytes: Bytes, from: RemoteInfo) => void,
  ): Promise<UdpSocket> {
    const { host, port } = parseHostPort(address);
    const family = ipFamily(host);
    if (family === 0) {
      return Promise.reject(
        new MeshError("bad_config", `cannot listen on ${address}: "${host}" is not an IP address`),
      );
    }
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      recvBufferSize: KERNEL_BUFFER_BYTES,
      sendBufferSize: KERNEL_BUFFER_BYTES,
      // Only IP literals are ever given: the detour over the resolver costs a fifth of a round trip.
      lookup: (literal, _options, done) => done(null, literal, family),
    });
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(bindError(address, error));
      });
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.removeAllListeners("error");
        // Errors of single sends are losses, which QUIC repairs.
        socket.on("error", () => {});
        socket.on("message", onMessage);
        const bound = socket.address();
        resolve(new UdpSocket(socket, family === 6, toAddress(bound.address, bound.port)));
      });
    });
  }

  /** Sends `bytes[start, start + length)`. The bytes must stay as they are: the kernel may take them later. */
  send(bytes: Uint8Array, start: number, length: number, port: number, host: string): void {
    const name = this.dual ? this.#mapped(host) : host;
    this.#socket.send(bytes, start, length, port, name);
  }

  #mapped(host: string): string {
    if (host !== this.#lastHost) {
      this.#lastHost = host;
      this.#lastMapped = host.includes(":") ? host : mappedText(host);
    }
    return this.#lastMapped;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.removeAllListeners("message");
      this.#socket.close(() => resolve());
    });
  }
}
