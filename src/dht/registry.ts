import { BoundedMap } from "../base/bounded.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import { idText, type Key, type NodeId, sameId } from "../base/id.ts";
import type { Millis, Ports, Timer } from "../base/ports.ts";
import { sleep } from "../base/sleep.ts";
import { within } from "../base/within.ts";
import { procedureKey } from "../identity/realm.ts";
import type { Contact } from "../peer/contact.ts";
import type { Dht } from "./dht.ts";
import type { DhtContext } from "./dht-context.ts";
import { type ProviderRecord, signRecord } from "./record.ts";

/** How long a provider record is good, and when it is renewed. */
const RECORD_LIFE: Millis = 300_000;
const RENEW_AFTER: Millis = RECORD_LIFE - 60_000;

/** How long found providers are used without asking again, and how long while asking again. */
const FRESH_FOR: Millis = 60_000;
const STALE_FOR: Millis = 300_000;

/** Procedures whose providers are remembered; the one asked for longest ago goes. */
const CACHE_MAX = 4_096;

/** Pause between attempts to store a record that no node has taken yet. */
const RETRY_AFTER: Millis = 250;

/** Time for renewals and for telling that something is provided no more. */
const UPKEEP_TIMEOUT: Millis = 10_000;
const WITHDRAW_TIMEOUT: Millis = 2_000;

/** Records that are renewed at once. */
const RENEWED_AT_ONCE = 8;

/** Wait after a new link before records go to it too: others may follow at once. */
const SETTLE: Millis = 200;

/** Somebody who provides a procedure. */
export interface Provider {
  readonly id: NodeId;
  readonly anchors: readonly NodeId[];
}

interface Found {
  readonly providers: readonly Provider[];
  readonly at: Millis;
  refreshing: boolean;
}

/** Providers, and how many nodes said so. */
export interface Asked {
  readonly providers: readonly Provider[];
  readonly asked: number;
  readonly answered: number;
}

interface Advertised {
  readonly key: Key;
  copies: number;
  /** Nodes that took the record last. */
  holders: readonly Contact[];
  /** Renewals since they were looked for. */
  renewals: number;
}

/** A renewal goes to the nodes that hold the record; every so often, and where too many are gone, they are looked for. */
const LOOK_EVERY = 3;
const HOLDERS_LEFT = 0.75;

/** Who provides what: keeps our own records alive in the DHT and remembers those of others. */
export class Registry {
  readonly #context: DhtContext;
  readonly #ports: Ports;
  readonly #dht: Dht;
  readonly #anchors: () => NodeId[];
  readonly #cache = new BoundedMap<string, Found>(CACHE_MAX);
  readonly #advertised = new Map<string, Advertised>();
  /** Lookups under way. Bounded by the calls that wait for them. */
  readonly #finding = new Map<string, Promise<Asked>>();
  readonly #stop = new AbortController();
  /** Procedures whose records are to be renewed. Bounded by what is advertised. */
  #due: string[] = [];
  #renewing = 0;
  #renewal: Timer | undefined;
  #settling: Timer | undefined;
  #seq = 0;

  constructor(context: DhtContext, dht: Dht, anchors: () => NodeId[]) {
    this.#context = context;
    this.#ports = context.ports;
    this.#dht = dht;
    this.#anchors = anchors;
    this.#scheduleRenewal();
  }

  /** Providers remembered now, by procedure. */
  get cached(): { readonly used: number; readonly max: number } {
    return { used: this.#cache.size, max: CACHE_MAX };
  }

  /**
   * Makes this node findable as a provider; resolves with the number of nodes that hold the record. Where none
   * takes it, it tries again for `time`.
   *
   * @throws {MeshError} `store_failed` with the last reason, `cancelled` where `outer` fires.
   */
  async advertise(
    procedure: string,
    time: Millis,
    outer: AbortSignal | undefined,
  ): Promise<number> {
    const key = procedureKey(this.#context.realm, procedure);
    const advertised: Advertised = { key, copies: 0, holders: [], renewals: 0 };
    this.#advertised.set(procedure, advertised);
    let lastError: MeshError | undefined;
    try {
      return await within(this.#ports.clock, time, outer, async (signal) => {
        for (;;) {
          lastError = await this.#publish(advertised, signal);
          if (advertised.copies > 0) return advertised.copies;
          await sleep(this.#ports.clock, RETRY_AFTER, signal);
        }
      });
    } catch (cause) {
      this.#advertised.delete(procedure);
      const error = toMeshError(cause);
      if (error.code !== "timeout") throw error;
      const reason = lastError?.message ?? "no node that holds records could be reached";
      throw new MeshError("store_failed", `no node took the record of "${procedure}": ${reason}`);
    }
  }

  /** Copies of the record at its last publication. */
  copies(procedure: string): number {
    return this.#advertised.get(procedure)?.copies ?? 0;
  }

  /** What this node makes itself findable for now. */
  get advertised(): string[] {
    return [...this.#advertised.keys()];
  }

  /** Tells the nodes that hold the record that it is withdrawn; gives up after two seconds. */
  async withdraw(procedure: string): Promise<void> {
    const advertised = this.#advertised.get(procedure);
    if (advertised === undefined) return;
    this.#advertised.delete(procedure);
    const record = this.#record(advertised.key, true);
    const { holders } = advertised;
    await within(this.#ports.clock, WITHDRAW_TIMEOUT, undefined, (signal) =>
      holders.length > 0 ? this.#dht.publishTo(record, holders) : this.#dht.publish(record, signal),
    ).catch((cause) => this.#upkeepFailed("withdrawal_failed", procedure, cause));
  }

  /** Providers that are known, asking again behind the scenes where that is a minute old; `undefined` where not. */
  known(procedure: string): readonly Provider[] | undefined {
    const found = this.#cache.peek(procedure);
    if (found === undefined) return undefined;
    const age = this.#ports.clock.now() - found.at;
    if (age > STALE_FOR) return undefined;
    if (age > FRESH_FOR && !found.refreshing) {
      found.refreshing = true;
      this.find(procedure).catch(() => {
        found.refreshing = false; // What is known stays good until it is too old.
      });
    }
    return found.providers;
  }

  /** Asks the mesh who provides `procedure`. Questions that are asked at once are asked as one. */
  find(procedure: string): Promise<Asked> {
    const running = this.#finding.get(procedure);
    if (running !== undefined) return running;
    const finding = this.#find(procedure).finally(() => this.#finding.delete(procedure));
    this.#finding.set(procedure, finding);
    return finding;
  }

  async #find(procedure: string): Promise<Asked> {
    const key = procedureKey(this.#context.realm, procedure);
    const { records, asked, answered } = await this.#dht.findRecords(key);
    // A record of our own is one of an earlier life: what this node provides now it answers itself.
    const others = records.filter(({ owner }) => !sameId(owner, this.#context.self));
    const providers = others.map(({ owner, anchors }) => ({ id: owner, anchors }));
    if (providers.length > 0) {
      this.#cache.set(procedure, { providers, at: this.#ports.clock.now(), refreshing: false });
    }
    return { providers, asked, answered };
  }

  /** `id` turned out not to provide it: it is not offered again until the mesh says so anew. */
  drop(procedure: string, id: NodeId): void {
    const found = this.#cache.peek(procedure);
    if (found === undefined) return;
    const providers = found.providers.filter((provider) => idText(provider.id) !== idText(id));
    if (providers.length === 0) this.#cache.delete(procedure);
    else this.#cache.set(procedure, { ...found, providers });
  }

  /** This node is reached through others than before: its records have to say so. */
  anchorsChanged(): void {
    this.#renewSoon();
  }

  /** There is a new node to hold records: ours go to it soon. */
  linkAdded(): void {
    for (const advertised of this.#advertised.values()) advertised.holders = [];
    this.#renewSoon();
  }

  #renewSoon(): void {
    if (this.#advertised.size === 0) return;
    this.#settling ??= this.#ports.clock.timer(SETTLE, () => {
      this.#settling = undefined;
      this.#renewAll();
    });
  }

  /** Withdraws everything. */
  async close(): Promise<void> {
    this.#renewal?.cancel();
    this.#settling?.cancel();
    await Promise.all([...this.#advertised.keys()].map((procedure) => this.withdraw(procedure)));
    this.#stop.abort();
  }

  /** Looks for the nodes that are to hold the record, and brings it to them. */
  async #publish(advertised: Advertised, signal: AbortSignal): Promise<MeshError | undefined> {
    const result = await this.#dht.publish(this.#record(advertised.key, false), signal);
    advertised.copies = result.acks;
    advertised.holders = result.holders;
    advertised.renewals = 0;
    return result.lastError;
  }

  /** Brings the record to those that hold it, and looks for others where that is not enough. */
  async #renew(advertised: Advertised, signal: AbortSignal): Promise<void> {
    const { holders } = advertised;
    advertised.renewals += 1;
    if (holders.length > 0 && advertised.renewals < LOOK_EVERY) {
      const record = this.#record(advertised.key, false);
      const result = await this.#dht.publishTo(record, holders);
      if (result.holders.length >= holders.length * HOLDERS_LEFT) {
        advertised.copies = result.acks;
        return;
      }
    }
    await this.#publish(advertised, signal);
  }

  #record(key: Key, withdrawn: boolean): ProviderRecord {
    const now = Math.floor(this.#ports.clock.wall());
    this.#seq = Math.max(this.#seq + 1, now);
    const { signer, realm } = this.#context;
    const anchors = this.#anchors();
    return signRecord(signer, realm, {
      key,
      seq: this.#seq,
      expires: now + RECORD_LIFE,
      withdrawn,
      anchors,
    });
  }

  #scheduleRenewal(): void {
    this.#renewal = this.#ports.clock.timer(RENEW_AFTER, () => {
      this.#renewAll();
      this.#scheduleRenewal();
    });
  }

  /** Publishes all records anew, a few at a time; asked again meanwhile, it begins again. */
  #renewAll(): void {
    this.#due = [...this.#advertised.keys()];
    const wanted = Math.min(RENEWED_AT_ONCE, this.#due.length);
    while (this.#renewing < wanted) {
      this.#renewing += 1;
      this.#renewDue()
        .catch(() => {}) // It reports every failure itself.
        .finally(() => {
          this.#renewing -= 1;
        });
    }
  }

  async #renewDue(): Promise<void> {
    for (let procedure = this.#due.pop(); procedure; procedure = this.#due.pop()) {
      const advertised = this.#advertised.get(procedure);
      if (advertised === undefined || this.#stop.signal.aborted) continue;
      try {
        await within(this.#ports.clock, UPKEEP_TIMEOUT, this.#stop.signal, (signal) =>
          this.#renew(advertised, signal),
        );
      } catch (cause) {
        this.#upkeepFailed("renewal_failed", procedure, cause);
      }
    }
  }

  #upkeepFailed(event: string, procedure: string, cause: unknown): void {
    const { code, message } = toMeshError(cause);
    this.#ports.log.write("warn", event, { procedure, code, reason: message });
  }
}
