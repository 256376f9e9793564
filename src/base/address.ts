import { MeshError } from "./errors.ts";

/** `ip:port` with an IP literal: `192.0.2.7:9443` or `[2001:db8::7]:9443`. Names are resolved above. */
export type Address = string & { readonly __address: never };

export interface HostPort {
  /** IP literal or DNS name, without brackets. */
  readonly host: string;
  /** 0 to 65535. 0 means "any free port" and is only good for listening. */
  readonly port: number;
}

/** Reads `host:port` or `[ipv6]:port`. Throws `bad_config` naming what is wrong with it. */
export function parseHostPort(text: string): HostPort {
  const found = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (host === undefined || host.length > 253 || port > 65_535) {
    throw new MeshError(
      "bad_config",
      `"${text.slice(0, 80)}" is not an address; write host:port, for example 192.0.2.7:9443 or [2001:db8::7]:9443`,
    );
  }
  return { host, port };
}

/** Joins an IP literal and a port. The caller has checked that `ip` is one. */
export function toAddress(ip: string, port: number): Address {
  return (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`) as Address;
}

/** The address that a text from elsewhere is, in just the form that `toAddress` gives it; `undefined` where it is none. */
export function readAddress(text: string): Address | undefined {
  try {
    const { host, port } = parseHostPort(text);
    return port > 0 && toAddress(host, port) === text ? (text as Address) : undefined;
  } catch (cause) {
    if (cause instanceof MeshError) return undefined;
    throw cause;
  }
}
