import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { type Lab, type LabOptions, NatLab } from "../lab/modules.ts";

/** Where the processes of services run, and where each of these is found. */
export interface Site {
  /** `host:port` at which others dial a service. */
  dialled(name: string): string;
  /** `host:port` at which it listens itself. */
  listening(name: string): string;
  /** Words of a command that runs another one where a service is. */
  inside(name: string): readonly string[];
  end(): void;
}

/** Ports below those that systems hand out by themselves: nobody is given one between here and its use. */
const PORT_FIRST = 20_000;
const PORT_LAST = 32_000;

/** A port that nobody has for UDP or TCP, and none of `taken`. */
async function portApart(taken: readonly number[]): Promise<number> {
  for (;;) {
    const port = randomInt(PORT_FIRST, PORT_LAST);
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const udp = createSocket("udp4");
  const tcp = createServer();
  try {
    udp.bind(port, "127.0.0.1");
    await once(udp, "listening");
    tcp.listen(port, "127.0.0.1");
    await once(tcp, "listening");
    return true;
  } catch {
    return false;
  } finally {
    udp.close();
    await new Promise((closed) => tcp.close(closed));
  }
}

/** All of them on the loopback of this machine, each at a port of its own. */
export class Loopback implements Site {
  readonly #ports: ReadonlyMap<string, number>;

  private constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports;
  }

  static async of(names: readonly string[]): Promise<Loopback> {
    const ports = new Map<string, number>();
    for (const name of names) ports.set(name, await portApart([...ports.values()]));
    return new Loopback(ports);
  }

  dialled(name: string): string {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`there is no service ${name}`);
    return `127.0.0.1:${port}`;
  }

  listening(name: string): string {
    return this.dialled(name);
  }

  inside(): readonly string[] {
    return [];
  }

  end(): void {}
}

/** Each in a network namespace of its own: some on public hosts, some in homes behind NATs. */
export class Homes implements Site {
  readonly #lab: Lab;
  /** Where each service is. */
  readonly #spaces: ReadonlyMap<string, string>;

  /** `hosts` says in which space of the lab each service is: `p1` and on are public, `a`, `b` and `c` homes. */
  constructor(kinds: LabOptions, hosts: Readonly<Record<string, string>>) {
    this.#lab = NatLab.build(kinds);
    this.#spaces = new Map(Object.entries(hosts));
  }

  dialled(name: string): string {
    const host = this.#lab.plan.public.find((it) => it.host === this.#spaces.get(name));
    if (host === undefined) throw new Error(`nobody can dial ${name}`);
    return `${host.addresses[0]}:9443`;
  }

  listening(): string {
    return "0.0.0.0:9443";
  }

  inside(name: string): readonly string[] {
    const space = this.#spaces.get(name);
    if (space === undefined) throw new Error(`there is no service ${name}`);
    return this.#lab.inside(space);
  }

  end(): void {
    this.#lab.remove();
  }
}
