import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { type Ended, Running } from "./command.ts";
import { Loopback, type Site } from "./sites.ts";

/** Where the files for containers stand. */
export const DEPLOY: string = fileURLToPath(new URL("../../deploy/", import.meta.url));

/** A service of a compose file, as far as it matters without containers. */
export interface Service {
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

/** The ready line of a service that stays, as far as tests look at it. */
export interface Ready {
  readonly id: string;
  readonly health?: string;
  readonly procedures?: readonly string[];
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

/** Services as processes of this machine, on a site in place of their networks. */
export class Deployed implements AsyncDisposable {
  readonly #services: ReadonlyMap<string, Service>;
  readonly #site: Site;
  /** Those that stay, by the name of their service. */
  readonly #staying: Map<string, Running> = new Map();

  private constructor(services: ReadonlyMap<string, Service>, site: Site) {
    this.#services = services;
    this.#site = site;
  }

  /** None of them runs yet. The site ends with them. */
  static async of(services: ReadonlyMap<string, Service>, site?: Site): Promise<Deployed> {
    return new Deployed(services, site ?? (await Loopback.of([...services.keys()])));
  }

  /** Starts services that stay, all at once. They are ready when this resolves. */
  async start(...names: readonly string[]): Promise<void> {
    const starting = names.map((name) => {
      const running = this.#launch(name, this.#service(name).command);
      this.#staying.set(name, running);
      return running.until((it) => it.stdout.includes('"ready"'), `${name} is ready`);
    });
    await Promise.all(starting);
  }

  /** What a service that stays has said of itself once it was ready. */
  ready(name: string): Ready {
    return JSON.parse(this.#staying.get(name)?.stdout ?? "") as Ready;
  }

  /** Runs a command to its end where a service is and with its environment; the service's own unless another is given. */
  async run(name: string, words = this.#service(name).command): Promise<Ended> {
    return await this.#launch(name, words).toEnd();
  }

  /** Runs another program than `macula` to its end where a service is. */
  async runFile(name: string, file: string, words: readonly string[]): Promise<Ended> {
    return await new Running(words, {}, file, this.#site.inside(name)).toEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const staying = [...this.#staying.values()];
    await Promise.all(staying.map((running) => running[Symbol.asyncDispose]()));
    this.#site.end();
  }

  #service(name: string): Service {
    const service = this.#services.get(name);
    if (service === undefined) throw new Error(`there is no service ${name}`);
    return service;
  }

  #launch(name: string, command: readonly string[]): Running {
    const words = command.map((word) => this.#placed(word, name));
    const { environment } = this.#service(name);
    return new Running([...words, "--json"], environment, undefined, this.#site.inside(name));
  }

  /** A word of a command of service `own`, with places of this machine in it. */
  #placed(word: string, own: string): string {
    if (word.startsWith("/handlers/")) return `${DEPLOY}compose${word}`;
    if (!word.endsWith(PORT)) return word;
    const host = word.slice(0, -PORT.length);
    return host === "0.0.0.0" ? this.#site.listening(own) : this.#site.dialled(host);
  }
}
