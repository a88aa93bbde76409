import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { malformed } from './answer.ts';

/**
 * Reads the properties of a request body, and says no as GitHub does when one has the wrong type.
 * Unknown properties are ignored, as GitHub ignores them.
 */
export class Fields {
  readonly #values: JsonObject;
  readonly #path: string;

  constructor(values: JsonObject, path = 'properties') {
    this.#values = values;
    this.#path = path;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  /** `undefined` when absent, `null` when it is to be emptied. */
  text(name: string): string | null | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null || typeof value === 'string') return value;
    throw this.#wrong(name, value, 'a string');
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === null) throw malformed(`"${name}" wasn't supplied.`);
    return value;
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.text(name);
    if (value === undefined || value === null) return undefined;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw malformed(`For '${this.#path}/${name}', ${value} is not a member of ${JSON.stringify(choices)}.`);
    return choice;
  }

  flag(name: string): boolean | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'boolean') throw this.#wrong(name, value, 'a boolean');
    return value;
  }

  integer(name: string): number | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.#wrong(name, value, 'an integer');
    return value;
  }

  /** An ISO 8601 instant, as milliseconds since the epoch. */
  instant(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined || value === null) return undefined;
    const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) throw malformed(`For '${this.#path}/${name}', ${value} is not a valid date-time.`);
    return ms;
  }

  object(name: string): Fields | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (!isJsonObject(value)) throw this.#wrong(name, value, 'an object');
    return new Fields(value, `${this.#path}/${name}/properties`);
  }

  objects(name: string): readonly Fields[] | undefined {
    return this.list(name)?.map((value, index) => {
      if (!isJsonObject(value)) throw this.#wrong(`${name}/${index}`, value, 'an object');
      return new Fields(value, `${this.#path}/${name}/items/${index}/properties`);
    });
  }

  list(name: string): readonly Json[] | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(name, value, 'an array');
    return value;
  }

  #wrong(name: string, value: Json, kind: string): Error {
    return malformed(`For '${this.#path}/${name}', ${JSON.stringify(value).slice(0, 80)} is not ${kind}.`);
  }
}

/** Counts characters as GitHub does: code points, not UTF-16 units. */
export function characters(text: string, enough: number): number {
  if (text.length <= enough) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
