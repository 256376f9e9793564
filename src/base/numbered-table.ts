/** What a table holds. Each item stands in one table at most. */
export interface Numbered<T> {
  /** Whole. Where those in the table at one time lie close together, they are found in one step. */
  readonly number: number;
  /** The next item of the same slot; only the table touches it. */
  sibling: T | undefined;
}

const SLOTS_FIRST = 256;

/**
 * Items by a number, for what comes and goes a hundred thousand times a second. A `Map` would do, but V8 makes a
 * new table for it every few dozen changes, and the old ones keep each other and what was in them alive until the
 * next full collection: that halved the calls a node could make.
 */
export class NumberedTable<T extends Numbered<T>> {
  readonly max: number;
  #slots: (T | undefined)[] = new Array<T | undefined>(SLOTS_FIRST).fill(undefined);
  #size = 0;

  /** `max` is for the owner to heed: `isFull` tells. */
  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.max;
  }

  /** The item with this number; of several, one that `accept` accepts. */
  get(number: number, accept?: (item: T) => boolean): T | undefined {
    let item = this.#slots[this.#slot(number)];
    while (item !== undefined && (item.number !== number || accept?.(item) === false)) {
      item = item.sibling;
    }
    return item;
  }

  add(item: T): void {
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length && this.#slots.length < this.max * 2) this.#grow();
    this.#place(item);
  }

  /** False where it is not there. */
  delete(item: T): boolean {
    const slot = this.#slot(item.number);
    let before: T | undefined;
    for (let at = this.#slots[slot]; at !== undefined; at = at.sibling) {
      if (at === item) {
        if (before === undefined) this.#slots[slot] = item.sibling;
        else before.sibling = item.sibling;
        item.sibling = undefined;
        this.#size -= 1;
        return true;
      }
      before = at;
    }
    return false;
  }

  /** All items, in no order. */
  all(): T[] {
    const items: T[] = [];
    for (let item of this.#slots) {
      for (; item !== undefined; item = item.sibling) items.push(item);
    }
    return items;
  }

  clear(): void {
    for (const item of this.all()) item.sibling = undefined;
    this.#slots.fill(undefined);
    this.#size = 0;
  }

  #slot(number: number): number {
    return number & (this.#slots.length - 1);
  }

  #place(item: T): void {
    const slot = this.#slot(item.number);
    item.sibling = this.#slots[slot];
    this.#slots[slot] = item;
  }

  #grow(): void {
    const items = this.all();
    this.#slots = new Array<T | undefined>(this.#slots.length * 2).fill(undefined);
    for (const item of items) this.#place(item);
  }
}
