/** Reads one value out of JSON or a row, or throws Mismatch. */
export type Read<T> = (value: unknown) => T;

/** What was found is not what this program writes. `path` grows while the error travels outwards. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
  readonly path: string[] = [];
}

function mismatch(wanted: string, value: unknown): Mismatch {
  const text = JSON.stringify(value) ?? 'nothing';
  return new Mismatch(`expected ${wanted}, found ${text.length > 80 ? `${text.slice(0, 80)}...` : text}`);
}

export const text: Read<string> = (value) => {
  if (typeof value !== 'string') throw mismatch('a text', value);
  return value;
};

export const flag: Read<boolean> = (value) => {
  if (typeof value !== 'boolean') throw mismatch('true or false', value);
  return value;
};

export const integer: Read<number> = (value) => {
  if (!Number.isSafeInteger(value)) throw mismatch('a whole number', value);
  return value as number;
};

/** JSON leaves `undefined` out, and SQL says null. */
export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value) =>
    value === undefined || value === null ? undefined : read(value);

/** `as`: from a plain value to one that carries its meaning in its type. */
export const mapped =
  <A, B>(read: Read<A>, as: (value: A) => B): Read<B> =>
  (value) =>
    as(read(value));

export const oneOf =
  <const T extends string>(...words: readonly T[]): Read<T> =>
  (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw mismatch(`one of ${words.join(', ')}`, value);
    return found;
  };

export const list =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value)) throw mismatch('a list', value);
    return value.map((item: unknown, index) => at(String(index), () => read(item)));
  };

/** An object with any keys. Given back as it is: its values were looked at, and it came from the driver for us alone. */
export const dictionary =
  <T>(read: Read<T>): Read<Readonly<Record<string, T>>> =>
  (value) => {
    const entries = object(value);
    for (const key in entries) at(key, () => read(entries[key]));
    return entries as Readonly<Record<string, T>>;
  };

/** An object with exactly these fields. A field that is missing in the shape does not compile. */
export function record<T extends object>(shape: { readonly [Key in keyof T]-?: Read<T[Key]> }): Read<T> {
  const fields = Object.entries(shape) as readonly [string, Read<unknown>][];
  return (value) => {
    const from = object(value);
    const to: Record<string, unknown> = {};
    let reading = '';
    try {
      for (const [key, read] of fields) {
        reading = key;
        to[key] = read(from[key]);
      }
    } catch (error) {
      if (error instanceof Mismatch) error.path.unshift(reading);
      throw error;
    }
    return to as T;
  };
}

export function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch('an object', value);
  return value as Readonly<Record<string, unknown>>;
}

function at<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Mismatch) error.path.unshift(key);
    throw error;
  }
}
