/** Packets a line holds at most; as at a full queue, those that come then are lost. */
const HELD_MAX = 65_536;

/** Things that come out when their time has come, not in the order in which they went in: a heap and one timer. */
export class DelayLine {
  /** `{ dueAt, order, deliver }`, the earliest first: no item is earlier than that at half its place. */
  #heap = [];
  #order = 0;
  #timer;
  #timerAt = Number.POSITIVE_INFINITY;
  #now;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Calls `deliver` in `delay` milliseconds; false where the line is full. */
  push(delay, deliver) {
    if (this.#heap.length >= HELD_MAX) return false;
    this.#rise({ dueAt: this.#now() + delay, order: this.#order++, deliver });
    this.#arm();
    return true;
  }

  close() {
    clearTimeout(this.#timer);
    this.#heap.length = 0;
  }

  /** Delivers everything that is due. */
  flush() {
    const now = this.#now();
    while (this.#heap.length > 0 && this.#heap[0].dueAt <= now) this.#take().deliver();
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  #arm() {
    const dueAt = this.#heap[0]?.dueAt ?? Number.POSITIVE_INFINITY;
    if (dueAt >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = dueAt;
    this.#timer = setTimeout(() => this.flush(), Math.max(0, dueAt - this.#now()));
  }

  #rise(item) {
    let at = this.#heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(this.#heap[parent], item)) break;
      this.#heap[at] = this.#heap[parent];
      at = parent;
    }
    this.#heap[at] = item;
  }

  #take() {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(item) {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < this.#heap.length && isBefore(this.#heap[child + 1], this.#heap[child])) {
        child += 1;
      }
      if (child >= this.#heap.length || isBefore(item, this.#heap[child])) break;
      this.#heap[at] = this.#heap[child];
      at = child;
    }
    this.#heap[at] = item;
  }
}

function isBefore(one, other) {
  return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order);
}
