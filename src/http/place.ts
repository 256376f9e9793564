import { isIP } from "node:net";
import { parseHostPort, toAddress } from "../base/address.ts";
import { MeshError } from "../base/errors.ts";

/** Where a listener is: at an IP address, or at a unix socket. */
export type Place =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "socket"; readonly path: string };

/** Reads `ip:port`, or the path of a unix socket, which has a slash in it. Throws `bad_config`. */
export function parsePlace(text: string): Place {
  if (/[/\\]/.test(text)) return { kind: "socket", path: text };
  const { host, port } = parseHostPort(text);
  if (isIP(host) === 0) {
    const what = `"${text}" names no IP address of this machine`;
    throw new MeshError("bad_config", `${what}; write for example 127.0.0.1:8080`);
  }
  return { kind: "tcp", host, port };
}

/** Whether an IP address is one that only this machine itself can send to. */
export function isLoopback(ip: string): boolean {
  return ip === "::1" || /^(?:::ffff:)?127\./.test(ip);
}

/** Whether nobody but this machine can reach it. */
export function isPrivate(place: Place): boolean {
  return place.kind === "socket" || isLoopback(place.host);
}

export function placeText(place: Place): string {
  return place.kind === "socket" ? place.path : toAddress(place.host, place.port);
}
