import type { ConfigValue, DesiredSpec, Difference } from '../../core/desired/desired.ts';
import type { Running } from '../../core/evidence/observation.ts';
import { type Decoder, flag, mapped, maybe, number, object, parsed, recordOf, text } from '../../core/model/decode.ts';
import {
  parseClusterId,
  parseCommitSha,
  parseFleetId,
  parsePlanDigest,
  parseRevision,
  parseRolloutId,
  parseStopId,
} from '../../core/model/ids.ts';
import { err, ok } from '../../core/model/result.ts';
import { durationMs, instant } from '../../core/model/time.ts';

/**
 * What several tables hold. Rows are read with the names of their columns, so that an error names the column; what is read back
 * is checked against the same lists of words that were written.
 */

/** What another decoder reads, once it is known which. */
export const anything: Decoder<unknown> = (value) => value;

export const integer: Decoder<number> = parsed(number, (value) =>
  Number.isSafeInteger(value) ? ok(value) : err(`a whole number expected, not ${value}`),
);
export const at = mapped(integer, instant);
export const milliseconds = mapped(integer, durationMs);

export const clusterId = parsed(text, parseClusterId);
export const commitSha = parsed(text, parseCommitSha);
export const fleetId = parsed(text, parseFleetId);
export const revision = parsed(text, parseRevision);
export const planDigest = parsed(text, parsePlanDigest);
export const rolloutId = parsed(text, parseRolloutId);
export const stopId = parsed(text, parseStopId);

/** By its type, not by trying: a fleet has a million of them, and what fits second would cost an error each time. */
export const configValue: Decoder<ConfigValue> = (value) => {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return number(value);
};

const running = {
  version: text,
  image: maybe(text),
  replicas: integer,
  config: recordOf(configValue),
  featureFlags: recordOf(flag),
};

export const runningState: Decoder<Running> = object(running);
export const desiredSpec: Decoder<DesiredSpec> = object({ product: text, ...running });
export const difference: Decoder<Difference> = object({ path: text, from: maybe(configValue), to: maybe(configValue) });

/**
 * For a column of JSON that many rows have alike, read as text: of each different one there is one value, which its rows share. Made
 * anew for each read, so that nothing is kept that no row has any more.
 */
export function shared<T>(decoder: Decoder<T>): Decoder<T> {
  const known = new Map<string, T>();
  return (value) => {
    const json = text(value);
    const before = known.get(json);
    if (before !== undefined) return before;
    const read = decoder(JSON.parse(json));
    known.set(json, read);
    return read;
  };
}

/** For a union that has no list: the table does not compile until it names every member. */
export const oneOf = <Word extends string>(words: Readonly<Record<Word, true>>): Decoder<Word> =>
  parsed(text, (value) => {
    const isMember = (name: string): name is Word => Object.hasOwn(words, name);
    return isMember(value) ? ok(value) : err(`one of ${Object.keys(words).join(', ')} expected, not ${JSON.stringify(value.slice(0, 60))}`);
  });
