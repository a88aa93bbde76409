import { err, ok, type Result } from './result.ts';
import { isWord, type WordOf } from './vocabulary.ts';

/**
 * Reads a value that came from outside as a `T`: checks all of it, or throws. Decoders are put together from smaller ones,
 * and `decode` runs one.
 */
export type Decoder<T> = (value: unknown) => T;

/** What a decoder gives. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

/** Caught by `decode`, and seen by nobody else. The path grows as it comes up: only a failure pays for it. */
class DecodeError extends Error {
  readonly path: (string | number)[] = [];
}

/** Longest part of a wrong value that a message shows. */
const SHOWN_MAX = 60;

function refuse(wanted: string, value: unknown): never {
  throw new DecodeError(`${wanted} expected, not ${shown(value)}`);
}

/** Never written out as JSON: what came from outside may be of any size, or nothing that JSON can say. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN_MAX));
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : typeof value;
}

function inside<T>(step: string | number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw beneath(step, error);
  }
}

function beneath(step: string | number, error: unknown): unknown {
  if (error instanceof DecodeError) error.path.unshift(step);
  return error;
}

/** @returns what is wrong and where, in words: `targets.3.deadlineMs: a number expected, not "soon"`. */
export function decode<T>(decoder: Decoder<T>, value: unknown): Result<T, string> {
  try {
    return ok(decoder(value));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return err(error.path.length === 0 ? error.message : `${error.path.join('.')}: ${error.message}`);
  }
}

export const text: Decoder<string> = (value) => (typeof value === 'string' ? value : refuse('a text', value));
/** NaN and infinity, which no comparison survives, are no numbers. */
export const number: Decoder<number> = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : refuse('a number', value));
export const flag: Decoder<boolean> = (value) => (typeof value === 'boolean' ? value : refuse('true or false', value));

/** A count, a position, a duration: a number from 0. */
export const amount: Decoder<number> = (value) => {
  const read = number(value);
  return read >= 0 ? read : refuse('a number from 0', value);
};

export const word =
  <const List extends readonly string[]>(list: List): Decoder<WordOf<List>> =>
  (value) =>
    isWord(list, value) ? value : refuse(`one of ${list.join(', ')}`, value);

/** Absent, or null as a database says it. */
export const maybe =
  <T>(decoder: Decoder<T>): Decoder<T | undefined> =>
  (value) =>
    value === undefined || value === null ? undefined : decoder(value);

/** A decoder that goes on with what another one read: a parser of ids, a reader of durations. */
export const parsed =
  <A, B>(decoder: Decoder<A>, parse: (value: A) => Result<B, string>): Decoder<B> =>
  (value) => {
    const result = parse(decoder(value));
    if (!result.ok) throw new DecodeError(result.error);
    return result.value;
  };

/** A decoder with a brand put on, or a reference looked up. */
export const mapped =
  <A, B>(decoder: Decoder<A>, map: (value: A) => B): Decoder<B> =>
  (value) =>
    map(decoder(value));

export const listOf =
  <T>(item: Decoder<T>): Decoder<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value)) return refuse('a list', value);
    // Not `map`, which passes over the holes of a list.
    return Array.from(value, (entry: unknown, at) => inside(at, () => item(entry)));
  };

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map by name. */
export const recordOf =
  <T>(item: Decoder<T>): Decoder<Readonly<Record<string, T>>> =>
  (value) => {
    if (!isPlain(value)) return refuse('an object', value);
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, inside(name, () => item(entry))]));
  };

/** An object with these fields; others are passed over. A fleet is a million fields: nothing is made for one but its value. */
export const object = <Fields extends Readonly<Record<string, Decoder<unknown>>>>(
  fields: Fields,
): Decoder<{ readonly [Name in keyof Fields]: Decoded<Fields[Name]> }> => {
  const decoders = Object.entries(fields);
  return (value) => {
    if (!isPlain(value)) return refuse('an object', value);
    const read = Object.create(Object.prototype);
    let reading = '';
    try {
      for (const [name, field] of decoders) {
        reading = name;
        read[name] = field(Object.hasOwn(value, name) ? value[name] : undefined);
      }
    } catch (error) {
      throw beneath(reading, error);
    }
    return read;
  };
};

/** The first that fits. */
export const either =
  <A, B>(first: Decoder<A>, second: Decoder<B>): Decoder<A | B> =>
  (value) => {
    try {
      return first(value);
    } catch (error) {
      if (error instanceof DecodeError) return second(value);
      throw error;
    }
  };
