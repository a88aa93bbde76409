import type { Instant } from '../model/time.ts';

/** When which of many things is due next: a binary heap in which a later setting of the same key replaces the earlier one. */
export class Timers<Key> {
  readonly #due = new Map<Key, Instant>();
  readonly #heap: { readonly at: Instant; readonly key: Key }[] = [];

  set(key: Key, at: Instant | undefined): void {
    if (this.#due.get(key) === at) return;
    if (at === undefined) {
      this.#due.delete(key);
      return;
    }
    this.#due.set(key, at);
    this.#push({ at, key });
  }

  /** The earliest instant at which something is due. */
  next(): Instant | undefined {
    this.#dropReplaced();
    return this.#heap[0]?.at;
  }

  /** Takes out and gives what is due at this instant, in order of time. */
  take(now: Instant): Key[] {
    const keys: Key[] = [];
    for (;;) {
      this.#dropReplaced();
      const top = this.#heap[0];
      if (top === undefined || top.at > now) return keys;
      this.#pop();
      this.#due.delete(top.key);
      keys.push(top.key);
    }
  }

  #dropReplaced(): void {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || this.#due.get(top.key) === top.at) return;
      this.#pop();
    }
  }

  #push(entry: { readonly at: Instant; readonly key: Key }): void {
    const heap = this.#heap;
    let child = heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      const right = heap[child + 1];
      if (right !== undefined && right.at < (heap[child]?.at ?? right.at)) child += 1;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[parent] = below;
      parent = child;
    }
    heap[parent] = last;
  }
}
