/** A binary heap: the first of its items by an order that no two of them share. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above] as T;
      if (!this.#before(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  /** The first item; it stays on the heap. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Takes off what `peek` showed. */
  pop(): void {
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
  }

  #sink(item: T): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= items.length) break;
      const right = below + 1;
      if (right < items.length && this.#before(items[right] as T, items[below] as T)) below = right;
      const child = items[below] as T;
      if (!this.#before(child, item)) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }
}
