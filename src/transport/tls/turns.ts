import type { Bytes } from "../../base/bytes.ts";
import { Pace } from "../sockets/pace.ts";
import { TurnList } from "../turn-list.ts";

/** Somebody with something to do in a turn. */
export interface TurnTaker {
  /** In line for `turn`. Kept here. */
  queued: boolean;
  /** Takes in received bytes. Throws nothing. */
  take(bytes: Bytes): void;
  /** Tells what is to be told and sends what was written. Throws nothing. */
  turn(): void;
}

function takeTurn(taker: TurnTaker): void {
  taker.queued = false;
  taker.turn();
}

/** When the connections of a transport tell and send: once for all that happens in one turn of the event loop. */
export class Turns {
  readonly #takers = new TurnList<TurnTaker>();
  readonly #pace = new Pace();
  #scheduled = false;
  #inTurn = false;
  /** A lone piece was told of: what is written next is probably all there is. */
  #answersAtOnce = false;
  readonly #onTurn: () => void = () => this.#turn();

  /** Bytes have come in for `taker`. */
  receive(taker: TurnTaker, bytes: Bytes): void {
    const lone = this.#pace.isLone(bytes.length);
    this.#inTurn = true;
    taker.take(bytes);
    this.#inTurn = false;
    if (lone && !this.#scheduled) {
      this.#turn();
      this.#answersAtOnce = true;
    } else this.#schedule();
  }

  /** `taker.turn` must run soon. */
  touch(taker: TurnTaker): void {
    if (!taker.queued) {
      taker.queued = true;
      this.#takers.add(taker);
    }
    if (!this.#inTurn) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#answersAtOnce) queueMicrotask(this.#onTurn);
    else setImmediate(this.#onTurn);
    this.#answersAtOnce = false;
  }

  #turn(): void {
    this.#scheduled = false;
    this.#inTurn = true;
    this.#takers.drain(takeTurn);
    this.#inTurn = false;
    this.#pace.turned();
  }
}
