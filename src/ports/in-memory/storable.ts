import { invariant } from '../../core/model/assert.ts';

/**
 * What a database could store: plain data and maps, which nobody can change from here on. Whoever changes what they have given
 * or read gets a TypeError at once, so that no aliasing hides behind a store in memory.
 */
export function storable<T>(value: T): T {
  return storableOf(value) as T;
}

function storableOf(value: unknown): unknown {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return value;
    case 'string':
      return storableText(value);
    case 'number':
      invariant(Number.isFinite(value), 'only numbers that JSON can say are stored');
      // JSON knows no negative zero.
      return value + 0;
    case 'object':
      return value === null ? null : storableObject(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be stored`);
  }
}

/** PostgreSQL stores neither U+0000 nor half of a surrogate pair; a store in memory takes no more than that. */
export const storableText = (text: string): string =>
  text.isWellFormed() && !text.includes('\u0000') ? text : text.replaceAll('\u0000', '\ufffd').toWellFormed();

function storableObject(value: object): object {
  // Nothing else freezes: it came out of here before, and need not be looked at again.
  if (Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return storableList(value);
  return value instanceof Map ? storableMap(value) : storableRecord(value);
}

function storableList(value: readonly unknown[]): object {
  let copy: unknown[] | undefined;
  for (const [at, entry] of value.entries()) {
    const part = storableOf(entry);
    if (Object.is(part, entry)) continue;
    copy ??= [...value];
    copy[at] = part;
  }
  return Object.freeze(copy ?? value);
}

function storableRecord(value: object): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  invariant(prototype === Object.prototype || prototype === null, 'only plain data is stored');
  const entries = Object.entries(value);
  const isKept = prototype !== null && entries.every(([key, entry]) => storableText(key) === key && Object.is(storableOf(entry), entry));
  return Object.freeze(isKept ? value : Object.fromEntries(entries.map(([key, entry]) => [storableText(key), storableOf(entry)])));
}

function storableMap(value: ReadonlyMap<unknown, unknown>): ReadonlyMap<unknown, unknown> {
  let isKept = true;
  const parts = new Map<unknown, unknown>();
  for (const [key, entry] of value) {
    const [name, part] = [storableOf(key), storableOf(entry)];
    isKept &&= Object.is(name, key) && Object.is(part, entry);
    parts.set(name, part);
  }
  const refused = { value: refuse, enumerable: false };
  return Object.freeze(Object.defineProperties(isKept ? value : parts, { set: refused, delete: refused, clear: refused }));
}

function refuse(): never {
  throw new TypeError('a map that was stored or read cannot be changed');
}
