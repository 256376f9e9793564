import type { MeshError } from "../base/errors.ts";
import type { Millis } from "../base/ports.ts";
import { within } from "../base/within.ts";
import type { Provider } from "../dht/registry.ts";
import type { Courier } from "../routing/courier.ts";
import { OneWay } from "../routing/one-way.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import { writeCast } from "../wire/call.ts";
import { TYPE } from "../wire/frame.ts";
import { encodeValue, type Value } from "../wire/value.ts";
import type { FrameWriter } from "../wire/writer.ts";
import { noProvider } from "./call-errors.ts";
import { type CallOptions, checkOptions, checkProcedure } from "./call-options.ts";
import type { Directory } from "./directory.ts";
import type { Selection, Selector } from "./selection.ts";
import type { Ways } from "./ways.ts";

/** How long a route error may come back for a message that nobody answers. */
const ONE_WAY_LIFE: Millis = 3_000;

/** A message that nobody answers. */
export interface Casting {
  readonly target: Provider;
  readonly payloadType: number;
  readonly maxHops: number;
  /** It is sent over a link to the target or not at all. */
  readonly isDirectOnly: boolean;
  readonly write: (writer: FrameWriter) => void;
}

/** Sends what nobody answers: casts, and word that a call was cancelled. */
export class Caster {
  readonly #context: RoutingContext;
  readonly #courier: Courier;
  readonly #directory: Directory;
  readonly #selector: Selector;
  readonly #ways: Ways;

  constructor(
    context: RoutingContext,
    courier: Courier,
    directory: Directory,
    selector: Selector,
    ways: Ways,
  ) {
    this.#context = context;
    this.#courier = courier;
    this.#directory = directory;
    this.#selector = selector;
    this.#ways = ways;
  }

  /** Sends a call that nobody answers. Resolves when a provider is known and the message has left. */
  async cast(procedure: string, args: Value, options: CallOptions): Promise<void> {
    checkProcedure(procedure);
    const checked = checkOptions(options, this.#ways.strategy);
    const { provider, maxHops, timeout, signal, selection, routingStrategy } = checked;
    const encoded = encodeValue(args).slice();
    const isDirectOnly = routingStrategy === "direct_only";
    const named: Provider | undefined = provider && { id: provider, anchors: [] };
    const find = async (): Promise<Provider> => {
      const found = named ?? (await this.#anyProvider(procedure, selection));
      if (isDirectOnly) await this.#ways.open(found);
      return found;
    };
    const isKnown = named !== undefined && !isDirectOnly;
    const { clock } = this.#context.ports;
    const target = isKnown ? named : await within(clock, timeout, signal, find);
    const write = (writer: FrameWriter): void => writeCast(writer, procedure, encoded);
    const casting = { target, payloadType: TYPE.cast, maxHops, isDirectOnly, write };
    await new Promise<void>((resolve, reject) => {
      this.send(casting, (error) => (error ? reject(error) : resolve()));
      resolve(); // What fails later is not told: a cast has no answer.
    });
  }

  /** `settled` is told once what became of it, as far as known: an error, or nothing for long enough. */
  send(casting: Casting, settled: (error: MeshError | undefined) => void = () => {}): void {
    const { target, write, ...rest } = casting;
    const parcel = new OneWay({
      ...rest,
      number: this.#context.ids.next(),
      destination: target.id,
      anchors: target.anchors,
      boxKey: target.boxKey,
      write,
      done: (it, error) => {
        this.#context.deadlines.remove(it);
        this.#courier.forget(it.number);
        settled(error);
      },
    });
    this.#context.deadlines.add(parcel, ONE_WAY_LIFE);
    this.#courier.send(parcel);
  }

  async #anyProvider(procedure: string, selection: Selection): Promise<Provider> {
    const known = this.#directory.known(procedure);
    const found = known ? undefined : await this.#directory.find(procedure);
    const providers = known ?? found?.providers ?? [];
    const provider = this.#selector.choose(procedure, providers, selection);
    if (provider === undefined) throw noProvider(procedure, found);
    return provider;
  }
}
