import { createSocket } from "node:dgram";
import { once } from "node:events";
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

/** All of them on the loopback of this machine, each at a port of its own. */
export class Loopback implements Site {
  readonly #ports: ReadonlyMap<string, number>;

  private constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports;
  }

  static async of(names: readonly string[]): Promise<Loopback> {
    const sockets = names.map((name) => [name, createSocket("udp4")] as const);
    const bound = sockets.map(async ([name, socket]) => {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
      return [name, socket.address().port] as const;
    });
    const ports = new Map(await Promise.all(bound));
    for (const [, socket] of sockets) socket.close();
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
