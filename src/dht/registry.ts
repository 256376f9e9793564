import { BoundedMap } from "../base/bounded.ts";
import type { Bytes } from "../base/bytes.ts";
import { each } from "../base/each.ts";
import { MeshError, toMeshError } from "../base/errors.ts";
import { idText, type Key, type NodeId, sameId } from "../base/id.ts";
import type { Millis, Ports, Timer } from "../base/ports.ts";
import { sleep } from "../base/sleep.ts";
import { within } from "../base/within.ts";
import { procedureKey } from "../identity/realm.ts";
import type { Contact } from "../peer/contact.ts";
import type { Dht, StoreResult } from "./dht.ts";
import type { DhtContext } from "./dht-context.ts";
import { Holders } from "./holders.ts";
import { type ProviderRecord, signRecord } from "./record.ts";
import { COPIES } from "./region.ts";

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

/** Nodes nearest to its key that are told that a record is withdrawn: more than hold it, as others may have come nearer. */
const WITHDRAWN_AT: number = 2 * COPIES;

/** Records that are renewed at once, and withdrawn ones whose holders are looked for at once. */
const RENEWED_AT_ONCE = 8;
const WITHDRAWN_AT_ONCE = 32;

/** Wait after a new link before records go to it too: others may follow at once. */
const SETTLE: Millis = 200;

/** Somebody who provides a procedure. */
export interface Provider {
  readonly id: NodeId;
  readonly anchors: readonly NodeId[];
  /** Number of its record; absent where the caller has named it. Who registers anew has a higher one. */
  readonly seq?: number;
  /** The key to seal calls to, where its record is known. */
  readonly boxKey?: Bytes;
}

interface Found {
  readonly providers: readonly Provider[];
  readonly at: Millis;
  /** When it is too old, or the first of their records expires. */
  readonly until: Millis;
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
  /** Nodes that took the record last, and all that have a copy. */
  holders: readonly Contact[];
  readonly copiesAt: Holders;
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
  /** Providers that did not answer, by procedure and id. */
  readonly #failed = new BoundedMap<string, { readonly seq: number; readonly until: Millis }>(
    CACHE_MAX,
  );
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
   * Makes this node findable as a provider; resolves with the number of nodes that hold the record. Where no node
   * but this one takes it, though others were asked, it tries again for `time`.
   *
   * @throws {MeshError} `store_failed` with the last reason, `cancelled` where `outer` fires.
   */
  async advertise(
    procedure: string,
    time: Millis,
    outer: AbortSignal | undefined,
  ): Promise<number> {
    const key = procedureKey(this.#context.realm, procedure);
    const copiesAt = new Holders();
    const advertised: Advertised = { key, copies: 0, holders: [], copiesAt, renewals: 0 };
    this.#advertised.set(procedure, advertised);
    let lastError: MeshError | undefined;
    try {
      return await within(this.#ports.clock, time, outer, async (signal) => {
        for (;;) {
          const result = await this.#publish(advertised, signal);
          const { acks, holders, asked } = result;
          // A copy of our own is found by nobody who looks where others are nearer to the key.
          if (holders.length > 0 || (acks > 0 && asked === acks)) return acks;
          lastError = result.lastError;
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

  /** Tells the nodes that hold the record, or have got it since, that it is withdrawn; gives up after two seconds. */
  withdraw(procedure: string): Promise<void> {
    return this.#withdraw([procedure]);
  }

  async #withdraw(procedures: readonly string[]): Promise<void> {
    const now = this.#ports.clock.wall();
    const ended: { record: ProviderRecord; holders: readonly Contact[] }[] = [];
    for (const procedure of procedures) {
      const advertised = this.#advertised.get(procedure);
      if (advertised === undefined || !this.#advertised.delete(procedure)) continue;
      const { key, copiesAt } = advertised;
      ended.push({ record: this.#record(key, true), holders: copiesAt.live(now) });
    }
    if (ended.length === 0) return;
    await within(this.#ports.clock, WITHDRAW_TIMEOUT, undefined, async (signal) => {
      const told = ended.map(({ record, holders }) => this.#dht.publishTo(record, holders));
      // Holders have handed it on to nodes that came nearer, and some are reached another way than before.
      await each(ended, WITHDRAWN_AT_ONCE, async ({ record }) => {
        const around = await this.#dht.findNodes(record.key, signal, { width: WITHDRAWN_AT });
        await this.#dht.publishTo(record, around);
      });
      await Promise.all(told);
    }).catch((cause) => {
      const [first, ...others] = procedures;
      const all = others.length === 0 ? String(first) : `${first} and ${others.length} others`;
      this.#upkeepFailed("withdrawal_failed", all, cause);
    });
  }

  /** Providers that are known, asking again behind the scenes where that is a minute old; `undefined` where not. */
  known(procedure: string): readonly Provider[] | undefined {
    const found = this.#cache.peek(procedure);
    if (found === undefined) return undefined;
    const now = this.#ports.clock.now();
    if (now > found.until) return undefined;
    if (now - found.at > FRESH_FOR && !found.refreshing) {
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
    const isGood = (record: ProviderRecord): boolean => !this.#hasFailed(procedure, record);
    const { records, asked, answered } = await this.#dht.findRecords(key, undefined, isGood);
    // A record of our own is one of an earlier life: what this node provides now it answers itself.
    const foreign = records.filter(({ owner }) => !sameId(owner, this.#context.self));
    const good = foreign.filter(isGood);
    const others = good.length > 0 ? good : foreign;
    const providers = others.map(({ owner, anchors, seq, boxKey }) => ({
      id: owner,
      anchors,
      seq,
      boxKey,
    }));
    if (providers.length > 0) {
      const { clock } = this.#ports;
      const at = clock.now();
      const left = Math.min(STALE_FOR, ...others.map(({ expires }) => expires - clock.wall()));
      this.#cache.set(procedure, { providers, at, until: at + left, refreshing: false });
    }
    return { providers, asked, answered };
  }

  /**
   * `id` turned out not to provide it: for a while it is not offered again where there are others, unless it has
   * registered anew.
   */
  drop(procedure: string, id: NodeId): void {
    const found = this.#cache.peek(procedure);
    const dropped = found?.providers.find((provider) => sameId(provider.id, id));
    if (found === undefined || dropped === undefined) return;
    const until = this.#ports.clock.now() + FRESH_FOR;
    this.#failed.set(failureOf(procedure, id), { seq: dropped.seq ?? 0, until });
    const providers = found.providers.filter((provider) => provider !== dropped);
    if (providers.length === 0) this.#cache.delete(procedure);
    else this.#cache.set(procedure, { ...found, providers });
  }

  #hasFailed(procedure: string, { owner, seq }: ProviderRecord): boolean {
    const failed = this.#failed.peek(failureOf(procedure, owner));
    return failed !== undefined && failed.seq >= seq && this.#ports.clock.now() < failed.until;
  }

  /**
   * This node's records are told anew: because it is reached through others than before, was away while they may have
   * expired, or is a member for longer.
   */
  renewSoon(): void {
    if (this.#advertised.size === 0) return;
    this.#settling ??= this.#ports.clock.timer(SETTLE, () => {
      this.#settling = undefined;
      this.#renewAll();
    });
  }

  /** There is a new node to hold records: ours go to it soon. */
  linkAdded(): void {
    for (const advertised of this.#advertised.values()) advertised.holders = [];
    this.renewSoon();
  }

  /** Withdraws everything. */
  async close(): Promise<void> {
    this.#renewal?.cancel();
    this.#settling?.cancel();
    await this.#withdraw([...this.#advertised.keys()]);
    this.#stop.abort();
  }

  /** Looks for the nodes that are to hold the record, and brings it to them. */
  async #publish(advertised: Advertised, signal: AbortSignal): Promise<StoreResult> {
    const record = this.#record(advertised.key, false);
    const result = await this.#dht.publish(record, signal);
    advertised.copies = result.acks;
    advertised.holders = result.holders;
    advertised.copiesAt.took(result.holders, record.expires);
    advertised.renewals = 0;
    return result;
  }

  /** Brings the record to those that hold it, and looks for others where that is not enough. */
  async #renew(advertised: Advertised, signal: AbortSignal): Promise<void> {
    const { holders } = advertised;
    advertised.renewals += 1;
    if (holders.length > 0 && advertised.renewals < LOOK_EVERY) {
      const record = this.#record(advertised.key, false);
      const result = await this.#dht.publishTo(record, holders);
      advertised.copiesAt.took(result.holders, record.expires);
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
    const { signer, realm, sealer, token } = this.#context;
    const anchors = this.#anchors();
    const boxKey = sealer.boxKey();
    const claim = { key, seq: this.#seq, expires: now + RECORD_LIFE, withdrawn, anchors, boxKey };
    return signRecord(signer, realm, claim, token);
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

function failureOf(procedure: string, id: NodeId): string {
  return `${idText(id)} ${procedure}`;
}
