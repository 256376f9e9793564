import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { type Ended, Running } from "./command.ts";

/** Where the files for containers stand. */
export const DEPLOY: string = fileURLToPath(new URL("../../deploy/", import.meta.url));

/** A service of a compose file, as far as it matters without containers. */
interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A node of a Kubernetes manifest, likewise. */
interface Workload {
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: { readonly spec: { readonly containers: readonly Container[] } };
  };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

const PORT = ":9443";

/** The services of `compose/<name>.yml`. */
export function composed(name: string): Map<string, Service> {
  const text = readFileSync(`${DEPLOY}compose/${name}.yml`, "utf8");
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
  return new Map(Object.entries(services));
}

/** What the pods of a manifest run, by the name of their workload. */
export function manifested(name: string): Map<string, Service> {
  const documents = parseAllDocuments(readFileSync(`${DEPLOY}kubernetes/${name}.yaml`, "utf8"));
  const workloads = documents.map((document) => document.toJS() as Workload);
  return new Map(
    workloads.flatMap(({ metadata, spec }) =>
      (spec?.template?.spec.containers ?? []).map(({ args, env }) => {
        const environment = Object.fromEntries(env.map((it) => [it.name, it.value]));
        return [metadata.name, { command: args, environment }] as const;
      }),
    ),
  );
}

/** Services as processes of this machine, with its loopback in place of their networks. */
export class Deployed implements AsyncDisposable {
  readonly #services: ReadonlyMap<string, Service>;
  /** The port of each service, by its name. */
  readonly #ports: ReadonlyMap<string, number>;
  readonly #running: Running[] = [];

  private constructor(services: ReadonlyMap<string, Service>, ports: ReadonlyMap<string, number>) {
    this.#services = services;
    this.#ports = ports;
  }

  /** None of them runs yet. */
  static async of(services: ReadonlyMap<string, Service>): Promise<Deployed> {
    const sockets = [...services.keys()].map((name) => [name, createSocket("udp4")] as const);
    const bound = sockets.map(async ([name, socket]) => {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
      return [name, socket.address().port] as const;
    });
    const ports = new Map(await Promise.all(bound));
    for (const [, socket] of sockets) socket.close();
    return new Deployed(services, ports);
  }

  /** Starts services that stay, all at once. They are ready when this resolves. */
  async start(...names: readonly string[]): Promise<void> {
    const starting = names.map((name) => {
      const running = this.#launch(name);
      return running.until((it) => it.stdout.includes('"ready"'), `${name} is ready`);
    });
    await Promise.all(starting);
  }

  /** Runs a service that ends, to its end. */
  async run(name: string): Promise<Ended> {
    const running = this.#launch(name);
    running.write("");
    return await running.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((running) => running[Symbol.asyncDispose]()));
  }

  #launch(name: string): Running {
    const service = this.#services.get(name);
    if (service === undefined) throw new Error(`there is no service ${name}`);
    const words = service.command.map((word) => this.#placed(word, name));
    const running = new Running([...words, "--json"], service.environment);
    this.#running.push(running);
    return running;
  }

  /** A word of the command of service `own`, with places of this machine in it. */
  #placed(word: string, own: string): string {
    if (word.startsWith("/handlers/")) return `${DEPLOY}compose${word}`;
    if (!word.endsWith(PORT)) return word;
    const host = word.slice(0, -PORT.length);
    const port = this.#ports.get(host === "0.0.0.0" ? own : host);
    if (port === undefined) throw new Error(`there is no service at ${word}`);
    return `127.0.0.1:${port}`;
  }
}
