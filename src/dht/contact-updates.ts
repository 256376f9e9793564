import type { Bytes } from "../base/bytes.ts";
import { MeshError } from "../base/errors.ts";
import { sameId } from "../base/id.ts";
import type { Millis, Timer } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";
import type { Link } from "../peer/link.ts";
import type { Arrival } from "../routing/arrival.ts";
import type { Router } from "../routing/router.ts";
import { readContactUpdate, writeContactUpdate } from "../wire/contact-update.ts";
import { TYPE } from "../wire/frame.ts";
import { FrameWriter } from "../wire/writer.ts";
import type { DhtContext } from "./dht-context.ts";

/** Changes within this time are told as one. */
const SETTLE: Millis = 100;

/** Contacts of a neighbour that are read at once; beyond, one in each `SETTLE`. Each costs the check of a signature. */
const READ_AT_ONCE: number = 20;

/** Keeps the contacts of linked nodes true on both sides: tells ours when it has changed, and takes theirs. */
export class ContactUpdates {
  readonly #context: DhtContext;
  readonly #own: () => Contact;
  readonly #onUpdate: (link: Link, before: Contact) => void;
  readonly #writer = new FrameWriter();
  #timer: Timer | undefined;
  #closed = false;

  /** `own` gives this node's contact as it is now, `onUpdate` is told of a link whose contact is a new one. */
  constructor(
    context: DhtContext,
    router: Router,
    own: () => Contact,
    onUpdate: (link: Link, before: Contact) => void,
  ) {
    this.#context = context;
    this.#own = own;
    this.#onUpdate = onUpdate;
    router.on(TYPE.contactUpdate, (arrival, _, bytes, start, end) =>
      this.#take(arrival, readContactUpdate(bytes, start, end)),
    );
  }

  /** This node's contact may have changed: who is linked hears of it soon, if it has. */
  changed(): void {
    if (this.#closed) return;
    this.#timer ??= this.#context.ports.clock.timer(SETTLE, () => {
      this.#timer = undefined;
      this.#tell();
    });
  }

  /** The same for what others should know at once. */
  changedNow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#closed) this.#tell();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #tell(): void {
    const { bytes } = this.#own();
    for (const link of this.#context.table) {
      if (link.told === bytes) continue;
      link.told = bytes;
      this.#writer.begin();
      writeContactUpdate(this.#writer, bytes);
      this.#writer.finish(TYPE.contactUpdate);
      link.sendFrame(this.#writer);
    }
  }

  #take(arrival: Arrival, bytes: Bytes): void {
    const { link, labels } = arrival;
    const { book, ports } = this.#context;
    // What came through others is not the neighbour's, and not of its share.
    if (labels !== undefined || !isInTime(link, ports.clock.now())) {
      ports.meter.count("contacts_refused");
      return;
    }
    try {
      const contact = book.read(bytes, ports.clock.wall());
      if (!sameId(contact.id, link.peer)) {
        throw new MeshError("bad_record", "a node tells of its own contact alone");
      }
      if (contact.seq <= link.contact.seq) return;
      const before = link.contact;
      link.contact = contact;
      this.#onUpdate(link, before);
    } catch {
      ports.meter.count("contacts_refused");
    }
  }
}

/** Whether the neighbour keeps to its rate: the generic cell rate algorithm (ITU-T I.371), one number a link. */
function isInTime(link: Link, now: Millis): boolean {
  const due = Math.max(now, link.updatesDue) + SETTLE;
  if (due - now > READ_AT_ONCE * SETTLE) return false;
  link.updatesDue = due;
  return true;
}
