import { MeshError } from "../base/errors.ts";
import type { Millis } from "../base/ports.ts";
import type { Contact } from "../peer/contact.ts";
import { Exchange } from "../peer/exchange.ts";
import type { Link } from "../peer/link.ts";
import type { Courier } from "../routing/courier.ts";
import type { Router } from "../routing/router.ts";
import { type DhtAnswer, type DhtRequest, readDhtAnswer } from "../wire/dht.ts";
import { TYPE } from "../wire/frame.ts";
import type { DhtContext } from "./dht-context.ts";
import { Question } from "./question.ts";

/** Time one node has for one answer, searching a route to it included. */
const ANSWER_TIMEOUT: Millis = 3_000;

/** Asks other nodes about the DHT, over a link or through the mesh, and never opens a connection for it. */
export class Asker {
  readonly #context: DhtContext;
  readonly #courier: Courier;
  readonly #exchange: Exchange<DhtAnswer>;
  /** Questions under way. As many as requests that wait. */
  readonly #questions = new Set<Question>();

  constructor(context: DhtContext, courier: Courier, router: Router) {
    this.#context = context;
    this.#courier = courier;
    this.#exchange = new Exchange(context.deadlines, context.ports.random);
    for (const type of [TYPE.findNodeReply, TYPE.findValueReply, TYPE.storeAck]) {
      router.on(type, (arrival, _, bytes, start, end) => {
        const { number, answer } = readDhtAnswer(type, bytes, start, end);
        if (this.#exchange.settle(number, arrival.source, answer)) this.#courier.learn(arrival);
      });
    }
  }

  /** Requests that wait for their answers. */
  get pending(): number {
    return this.#exchange.size;
  }

  /** Rejects with `timeout`, `no_route`, `link_lost`, `overloaded`, `closed`. */
  async ask(contact: Contact, request: DhtRequest): Promise<DhtAnswer> {
    const pending = this.#exchange.begin(contact.id, ANSWER_TIMEOUT);
    const number = this.#context.ids.next();
    const question = new Question({
      number,
      destination: contact.id,
      anchors: contact.anchors,
      searches: this.#context.searches(),
      request,
      requestNumber: pending.number,
      deadline: this.#context.ports.clock.now() + ANSWER_TIMEOUT,
      fail: (error) => pending.fail(error),
    });
    this.#questions.add(question);
    this.#courier.send(question);
    try {
      return await pending.answer;
    } finally {
      this.#questions.delete(question);
      this.#courier.forget(question.number);
    }
  }

  /** Asks a node to hold a record. Rejects with its reason, or with why it was not reached. */
  async store(contact: Contact, record: Uint8Array): Promise<void> {
    const { meter } = this.#context.ports;
    meter.count("stores");
    try {
      const answer = await this.ask(contact, { kind: "store", record });
      const code = answer.kind === "store_ack" ? answer.code : "bad_frame";
      if (code !== undefined) throw new MeshError(code, "the record was not taken");
    } catch (cause) {
      meter.count("stores_failed");
      throw cause;
    }
  }

  /** A link has ended: what was asked over it gets no answer. */
  linkLost(link: Link): void {
    for (const question of this.#questions) {
      if (question.via !== link || this.#context.table.successor(link)) continue;
      question.failed(new MeshError("link_lost", "the link was lost before the answer came"));
    }
  }

  close(error: MeshError): void {
    this.#exchange.close(error);
  }
}
