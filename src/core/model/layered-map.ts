/** Over this share of the base, a copy is cheaper in the long run than looking twice. */
const OVERLAY_SHARE_MAX = 0.05;

/**
 * A map that differs little from another, without a copy of it: for a fleet of 100,000 clusters in which a commit changed
 * 25. Like the map it comes from it never changes; its order is that of the base, then what was added.
 */
export class LayeredMap<K, V> implements ReadonlyMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  /** What replaces an entry of the base, or is new; `undefined` where the entry is gone. */
  readonly #overlay: ReadonlyMap<K, { readonly value: V } | undefined>;
  readonly size: number;

  private constructor(base: ReadonlyMap<K, V>, overlay: ReadonlyMap<K, { readonly value: V } | undefined>) {
    this.#base = base;
    this.#overlay = overlay;
    let size = base.size;
    for (const [key, entry] of overlay) size += (entry === undefined ? 0 : 1) - (base.has(key) ? 1 : 0);
    this.size = size;
  }

  /** The map with some keys removed, and then some entries set. */
  static of<K, V>(map: ReadonlyMap<K, V>, removed: Iterable<K>, added: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
    const base = map instanceof LayeredMap ? (map as LayeredMap<K, V>).#base : map;
    const overlay = new Map<K, { readonly value: V } | undefined>(map instanceof LayeredMap ? (map as LayeredMap<K, V>).#overlay : []);
    for (const key of removed) overlay.set(key, undefined);
    for (const [key, value] of added) overlay.set(key, { value });
    const layered = new LayeredMap(base, overlay);
    return overlay.size > base.size * OVERLAY_SHARE_MAX ? new Map(layered) : layered;
  }

  /**
   * The keys under which two maps may differ, where that can be told without looking at all of them: because one was made
   * from the other, or both from a third. `undefined`: every key has to be looked at.
   */
  static differing<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): ReadonlySet<K> | undefined {
    if (a === b) return new Set();
    const [one, other] = [layersOf(a), layersOf(b)];
    return one.base === other.base ? new Set([...one.keys, ...other.keys]) : undefined;
    function layersOf(map: ReadonlyMap<K, V>): { readonly base: ReadonlyMap<K, V>; readonly keys: Iterable<K> } {
      if (!(map instanceof LayeredMap)) return { base: map, keys: [] };
      const layered = map as LayeredMap<K, V>;
      return { base: layered.#base, keys: layered.#overlay.keys() };
    }
  }

  get(key: K): V | undefined {
    const entry = this.#overlay.get(key);
    if (entry !== undefined) return entry.value;
    return this.#overlay.has(key) ? undefined : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.#overlay.has(key) ? this.#overlay.get(key) !== undefined : this.#base.has(key);
  }

  *entries(): MapIterator<[K, V]> {
    for (const pair of this.#base) {
      const entry = this.#overlay.get(pair[0]);
      if (entry !== undefined) yield [pair[0], entry.value];
      else if (!this.#overlay.has(pair[0])) yield pair;
    }
    for (const [key, entry] of this.#overlay) if (entry !== undefined && !this.#base.has(key)) yield [key, entry.value];
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
