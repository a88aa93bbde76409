import { invariant } from '../../core/model/assert.ts';

/** What came out of here before: it cannot change, so it need not be copied again. */
const kept = new WeakSet<object>();

/**
 * A copy that nobody can change, of what a database could store: plain data and maps. Whoever changes what they have stored
 * or read gets a TypeError at once, so that no aliasing hides behind a store in memory.
 */
export function storable<T>(value: T): T {
  return copyOf(value) as T;
}

function copyOf(value: unknown): unknown {
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
      return value === null ? null : copyOfObject(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be stored`);
  }
}

/** PostgreSQL stores neither U+0000 nor half of a surrogate pair; a store in memory takes no more than that. */
export const storableText = (text: string): string =>
  text.isWellFormed() && !text.includes('\u0000') ? text : text.replaceAll('\u0000', '\ufffd').toWellFormed();

function copyOfObject(value: object): object {
  if (kept.has(value)) return value;
  const copy = Array.isArray(value) ? Object.freeze(value.map(copyOf)) : value instanceof Map ? copyOfMap(value) : copyOfRecord(value);
  kept.add(copy);
  return copy;
}

function copyOfRecord(value: object): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  invariant(prototype === Object.prototype || prototype === null, 'only plain data is stored');
  const copy: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    // Plainly assigned, it would be no entry.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: copyOf(entry), enumerable: true });
    else copy[storableText(key)] = copyOf(entry);
  }
  return Object.freeze(copy);
}

function copyOfMap(value: ReadonlyMap<unknown, unknown>): ReadonlyMap<unknown, unknown> {
  const copy = new Map([...value].map(([key, entry]) => [copyOf(key), copyOf(entry)]));
  const refused = { value: refuse, enumerable: false };
  return Object.freeze(Object.defineProperties(copy, { set: refused, delete: refused, clear: refused }));
}

function refuse(): never {
  throw new TypeError('a map that was stored or read cannot be changed');
}
