/** What is to be done in a turn. It is emptied with each and keeps its memory: an array made anew costs as much as the work. */
export class TurnList<T> {
  readonly #items: (T | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    this.#items[this.#size++] = item;
  }

  /** Hands out each item, those included that are added meanwhile. */
  drain(take: (item: T) => void): void {
    for (let at = 0; at < this.#size; at++) {
      const item = this.#items[at] as T;
      this.#items[at] = undefined;
      take(item);
    }
    this.#size = 0;
  }

  clear(): void {
    this.#items.fill(undefined, 0, this.#size);
    this.#size = 0;
  }
}

/** Somebody who holds what was written in a turn, and knows whether it stands in such a list. */
export interface Writer {
  queued: boolean;
  push(): void;
}

/** For `drain`: has the writer hand over what it holds. */
export function pushWritten(writer: Writer): void {
  writer.queued = false;
  writer.push();
}
