import { type Address, parseHostPort, toAddress } from "../base/address.ts";
import { BoundedMap } from "../base/bounded.ts";
import { ERROR_CODES, type ErrorCode, MeshError, toMeshError } from "../base/errors.ts";
import { idNumber } from "../base/id.ts";
import type { Millis } from "../base/ports.ts";
import { type BackoffLimits, backoff } from "../peer/backoff.ts";
import type { Link } from "../peer/link.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { Router } from "../routing/router.ts";
import type { RoutingContext } from "../routing/routing-context.ts";
import type { Transport } from "../transport/transport.ts";
import { readDialBack, writeDialBackReply } from "../wire/dial-back.ts";
import { TYPE } from "../wire/frame.ts";
import { FrameWriter } from "../wire/writer.ts";

/** Dials under way at once, and neighbours that wait for theirs. */
const UNDER_WAY_MAX = 4;
const WAITING_MAX = 64;

/** One that has waited longer has given up. */
const WAIT_MAX: Millis = 2_500;

/** One neighbour is not dialled for again before this time. */
export const DIAL_BACK_EVERY: Millis = 10_000;

/** Pause of a host at which nobody answered: others may be at home there than the one who asks. */
const PAUSE_FAILED: BackoffLimits = { first: 10_000, most: 600_000 };

/** Neighbours and hosts remembered; the one that was not touched for longest goes. */
const REMEMBERED_MAX = 1_024;

/** A QUIC client knocks five times in it at most. */
const TIMEOUT: Millis = 2_000;

/** True where a dial has shown that the node is not there; other failures are those of the one who dials. */
export function isNotReached(code: ErrorCode): boolean {
  return code === "dial_failed" || code === "id_mismatch" || code === "bad_certificate";
}

/** What the dials back of a node work with. */
export interface DialBackOptions {
  /** Makes a transport with this node's identity and a socket of its own. */
  readonly spare: () => Transport;
  /** Whether a node that it does not reach may well be reached by others: its own network blocks a driver. */
  readonly isImpaired: () => boolean;
}

/** One neighbour that wants to be dialled: over which link it asked last, and with which number. */
interface Job {
  link: Link;
  number: number;
  readonly host: string;
  readonly address: Address;
  readonly askedAt: Millis;
  /** What came of it, once it is over: no code where the neighbour was reached. */
  outcome?: { readonly code: ErrorCode | undefined };
}

interface Failure {
  readonly failures: number;
  readonly until: Millis;
}

/**
 * Dials neighbours that want to know whether they can be dialled: at the host that their link comes from and no other,
 * so that nobody can be made to knock at a stranger's door. The dial has a socket of its own, because a firewall lets
 * in whatever looks like an answer to what its host has sent.
 */
export class DialBack {
  readonly #context: RoutingContext;
  readonly #options: DialBackOptions;
  readonly #stop = new AbortController();
  /** The last one of each neighbour. */
  readonly #jobs = new BoundedMap<number, Job>(REMEMBERED_MAX);
  /** By host, where nobody answered last time. */
  readonly #failures = new BoundedMap<string, Failure>(REMEMBERED_MAX);
  readonly #writer = new FrameWriter();
  readonly #waiting: Job[] = [];
  #underWay = 0;

  constructor(context: RoutingContext, router: Router, options: DialBackOptions) {
    this.#context = context;
    this.#options = options;
    router.on(TYPE.dialBack, (arrival, _, bytes, start, end) => {
      const { number, port } = readDialBack(bytes, start, end);
      this.#take(arrival, number, port);
    });
  }

  close(): void {
    this.#stop.abort();
  }

  #take({ link, labels }: Arrival, number: number, port: number): void {
    if (labels !== undefined || port === 0) {
      throw new MeshError("bad_frame", "a dial back is asked for over the link, with a port");
    }
    const { host } = parseHostPort(link.remoteAddress);
    const { clock } = this.#context.ports;
    const askedAt = clock.now();
    const job: Job = { link, number, host, address: toAddress(host, port), askedAt };
    const before = this.#jobs.peek(idNumber(link.peer));
    if (before !== undefined && askedAt - before.askedAt < DIAL_BACK_EVERY) {
      this.#takeAgain(job, before);
    } else if (this.#waiting.length >= WAITING_MAX) {
      this.#refuse(job);
    } else {
      this.#jobs.set(idNumber(link.peer), job);
      this.#waiting.push(job);
      this.#advance();
    }
  }

  /** The link over which it asked before may have ended with the answer on its way: it is told once more over the new one. */
  #takeAgain(job: Job, before: Job): void {
    if (job.link === before.link || job.address !== before.address) {
      this.#refuse(job);
      return;
    }
    before.link = job.link;
    before.number = job.number;
    if (before.outcome) this.#reply(before);
  }

  #advance(): void {
    const { clock, meter } = this.#context.ports;
    while (this.#underWay < UNDER_WAY_MAX) {
      const job = this.#waiting.shift();
      if (job === undefined || this.#stop.signal.aborted) return;
      const now = clock.now();
      const isHostWaiting = (this.#failures.peek(job.host)?.until ?? now) > now;
      if (isHostWaiting || now - job.askedAt > WAIT_MAX) {
        this.#refuse(job);
        continue;
      }
      meter.count("dial_backs");
      this.#underWay += 1;
      this.#dial(job)
        .catch((cause) => this.#worth(toMeshError(cause).code))
        .then((code) => this.#done(job, code))
        .catch(() => {}); // A link that is gone takes no reply.
    }
  }

  /** Who can't use every driver has nothing to say of a node that it has not reached. */
  #worth(code: ErrorCode): ErrorCode {
    return isNotReached(code) && this.#options.isImpaired() ? "overloaded" : code;
  }

  #done(job: Job, code: ErrorCode | undefined): void {
    this.#underWay -= 1;
    this.#remember(job.host, code);
    this.#advance();
    job.outcome = { code };
    this.#reply(job);
  }

  #refuse(job: Job): void {
    this.#context.ports.meter.count("dial_backs_refused");
    job.outcome = { code: "overloaded" };
    this.#reply(job);
  }

  /** Rejects with why the neighbour was not reached. */
  async #dial({ link, address }: Job): Promise<undefined> {
    const transport = this.#options.spare();
    try {
      const { signal } = this.#stop;
      await transport.dial(address, { expect: link.peer, timeout: TIMEOUT, signal });
    } finally {
      const reason = "it was only asked whether this node can be dialled";
      transport.close(ERROR_CODES.unneeded.wire, reason).catch(() => {}); // Nobody waits for its socket.
    }
  }

  #remember(host: string, code: ErrorCode | undefined): void {
    if (code === undefined) this.#failures.delete(host);
    if (code === undefined || !isNotReached(code)) return;
    const { clock, random } = this.#context.ports;
    const failures = (this.#failures.get(host)?.failures ?? 0) + 1;
    const until = clock.now() + backoff(PAUSE_FAILED, failures, random);
    this.#failures.set(host, { failures, until });
  }

  #reply({ link, number, address, outcome }: Job): void {
    this.#writer.begin();
    writeDialBackReply(this.#writer, { number, code: outcome?.code, address });
    this.#writer.finish(TYPE.dialBackReply);
    link.sendFrame(this.#writer);
  }
}
