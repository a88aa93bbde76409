import type { ConfigValue, DesiredSpec } from '../desired/desired.ts';
import { type Decoder, decode, flag, listOf, mapped, maybe, number, object, parsed, recordOf, text, word } from '../model/decode.ts';
import { type ClusterId, parseClusterId, parseRevision, parseRolloutId } from '../model/ids.ts';
import { err, ok, type Result } from '../model/result.ts';
import { type Instant, instant } from '../model/time.ts';
import { isVersion, type Version } from '../model/version.ts';
import { BROKER_STATES, type Broker, type Observation, type Observed, type Running, type Unknown } from './observation.ts';
import { ORDER_MODES, type Order, type OrderReply, REPLY_KINDS } from './order.ts';

/** An observation as it travels: when we received it is not for the sender to say. */
export type SentObservation = SentObserved | SentUnknown;
export type SentObserved = Omit<Observed, 'receivedAt'>;
export type SentUnknown = Omit<Unknown, 'receivedAt'>;

/** What we know of a sample ourselves, whatever it says. */
export interface Receipt {
  readonly dataPlane: string;
  readonly receivedAt: Instant;
}

/**
 * Reads the answer to a question about one cluster. Total: what is missing, of the wrong type or absurd is never believed and
 * never thrown. The whole sample is then `unknown`, and its cause names the field. So is a sample of another cluster or data plane.
 */
export function parseObservation(value: unknown, receipt: Receipt & { readonly cluster: ClusterId }): Observation {
  const { cluster, dataPlane, receivedAt } = receipt;
  const sample = decode(sentObservation, value);
  if (!sample.ok) return malformed(receipt, value, sample.error);
  if (sample.value.cluster !== cluster) return malformed(receipt, value, `cluster: ${cluster} expected, not ${sample.value.cluster}`);
  if (sample.value.dataPlane !== dataPlane)
    return malformed(receipt, value, `dataPlane: ${dataPlane} expected, not ${JSON.stringify(sample.value.dataPlane)}`);
  return { ...sample.value, receivedAt };
}

/** Reads a sample that says itself which cluster it is of: from a list, or a watch. An error when not even that can be read. */
export function parseUnaskedObservation(value: unknown, receipt: Receipt): Result<Observation, string> {
  const cluster = decode(anyCluster, value);
  return cluster.ok ? ok(parseObservation(value, { ...receipt, cluster: cluster.value.cluster })) : cluster;
}

/** Reads the answer to a question about several clusters: one observation for each, in the order of the question, whatever was answered. */
export function parseObservations(value: unknown, clusters: readonly ClusterId[], receipt: Receipt): readonly Observation[] {
  const samples = new Map<ClusterId, unknown>();
  for (const sample of Array.isArray(value) ? value : []) {
    const named = decode(anyCluster, sample);
    if (named.ok && !samples.has(named.value.cluster)) samples.set(named.value.cluster, sample);
  }
  return clusters.map((cluster) =>
    samples.has(cluster)
      ? parseObservation(samples.get(cluster), { ...receipt, cluster })
      : unknownOf({ ...receipt, cluster }, receipt.receivedAt, `data plane ${receipt.dataPlane} did not answer for ${cluster}`),
  );
}

/** Reads all that a data plane lists. An error when one entry names no cluster: a list that is not whole says nothing of what is missing. */
export function parseListing(value: unknown, receipt: Receipt): Result<readonly Observation[], string> {
  const names = decode(listOf(anyCluster), value);
  return names.ok ? ok(names.value.map(({ cluster }, index) => parseObservation(entryAt(value, index), { ...receipt, cluster }))) : names;
}

const entryAt = (value: unknown, index: number): unknown => (Array.isArray(value) ? value[index] : undefined);

/** Reads the replies to orders. One that cannot be read, or answers none of them, is none: that order stays to be sent again. */
export function parseReplies(value: unknown, orders: readonly Order[]): readonly OrderReply[] {
  const asked = new Set(orders.map(({ cluster, epoch }) => `${cluster} ${epoch}`));
  return (Array.isArray(value) ? value : []).flatMap((item) => {
    const answer = parseReply(item);
    return answer.ok && asked.has(`${answer.value.cluster} ${answer.value.epoch}`) ? [answer.value] : [];
  });
}

/** Reads a row that we wrote ourselves. */
export const parseStoredObservation = (value: unknown): Result<Observation, string> => decode(storedObservation, value);

export const parseReply = (value: unknown): Result<OrderReply, string> => decode(orderReply, value);

/** Reads an order where it is received. */
export const parseOrder = (value: unknown): Result<Order, string> => decode(order, value);

function malformed(receipt: Receipt & { readonly cluster: ClusterId }, value: unknown, problem: string): Unknown {
  const time = decode(anyTime, value);
  // Cut, because the name of a setting can be in it, however long.
  const cause = `malformed evidence: ${problem}`.slice(0, WORDS_LENGTH_MAX);
  return unknownOf(receipt, time.ok ? time.value.sampledAt : receipt.receivedAt, cause);
}

/** Not to know is a value: for an adapter that got no answer. */
export function unknownOf(receipt: Receipt & { readonly cluster: ClusterId }, sampledAt: Instant, cause: string): Unknown {
  const { cluster, dataPlane, receivedAt } = receipt;
  return { kind: 'unknown', cluster, dataPlane, sampledAt, receivedAt, cause, missing: false };
}

/** The last instant that a calendar can show. */
const INSTANT_MAX = 8_640_000_000_000_000;
/** The next order must still be able to have a higher one. */
const EPOCH_MAX = Number.MAX_SAFE_INTEGER - 1;
const BROKERS_MAX = 1_000;
const NAME_LENGTH_MAX = 253;
const IMAGE_LENGTH_MAX = 1_000;
const WORDS_LENGTH_MAX = 2_000;
const SETTINGS_MAX = 2_000;
const SETTING_LENGTH_MAX = 8_192;

const integer = (least: number, most: number): Decoder<number> =>
  parsed(number, (value) =>
    Number.isSafeInteger(value) && value >= least && value <= most
      ? ok(value)
      : err(`a whole number from ${least} to ${most} expected, not ${value}`),
  );

const short = (lengthMax: number): Decoder<string> =>
  parsed(text, (value) => (value.length <= lengthMax ? ok(value) : err(`${value.length} characters are more than ${lengthMax}`)));

/** For a person, who decides nothing by its end: it is cut instead of refused. */
const words: Decoder<string> = mapped(text, (value) =>
  value.length <= WORDS_LENGTH_MAX ? value : `${value.slice(0, WORDS_LENGTH_MAX - 3)}...`,
);

const name = short(NAME_LENGTH_MAX);
const time = mapped(integer(1, INSTANT_MAX), instant);
const epoch = integer(1, EPOCH_MAX);
const cluster = parsed(name, parseClusterId);
const revision = parsed(name, parseRevision);
const mode = word(ORDER_MODES);
const version: Decoder<Version> = parsed(name, (value) => (isVersion(value) ? ok(value) : err(`not a version: ${JSON.stringify(value)}`)));

const settings = <T>(setting: Decoder<T>): Decoder<Readonly<Record<string, T>>> =>
  parsed(recordOf(setting), (value) => {
    const names = Object.keys(value);
    if (names.length > SETTINGS_MAX) return err(`${names.length} settings are more than ${SETTINGS_MAX}`);
    const long = names.find(({ length }) => length > NAME_LENGTH_MAX);
    return long === undefined ? ok(value) : err(`a name of ${long.length} characters is longer than ${NAME_LENGTH_MAX}`);
  });

const configValue: Decoder<ConfigValue> = (value) => {
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' ? number(value) : short(SETTING_LENGTH_MAX)(value);
};

const running: Decoder<Running> = object({
  version,
  image: maybe(short(IMAGE_LENGTH_MAX)),
  replicas: integer(0, BROKERS_MAX),
  config: settings(configValue),
  featureFlags: settings(flag),
});

const broker: Decoder<Broker> = object({ ordinal: integer(0, Number.MAX_SAFE_INTEGER), version, state: word(BROKER_STATES) });

/** A broker that is named twice would be counted twice. */
const brokers: Decoder<readonly Broker[]> = parsed(listOf(broker), (value) => {
  if (value.length > BROKERS_MAX) return err(`${value.length} brokers are more than ${BROKERS_MAX}`);
  const ordinals = new Set(value.map(({ ordinal }) => ordinal));
  return ordinals.size === value.length ? ok(value) : err('a broker is named twice');
});

const sampled = { cluster, dataPlane: name, sampledAt: time };

const observed: Decoder<SentObserved> = object({
  kind: word(['observed']),
  ...sampled,
  accepted: maybe(object({ epoch, revision, mode })),
  rolled: flag,
  healthy: flag,
  held: flag,
  running,
  brokers,
  detail: maybe(words),
});

const unknown: Decoder<SentUnknown> = object({ kind: word(['unknown']), ...sampled, cause: words, missing: flag });

const KINDS: Readonly<Record<Observation['kind'], Decoder<SentObservation>>> = { observed, unknown };
const anyKind = object({ kind: word(['observed', 'unknown']) });
const anyCluster = object({ cluster });
const anyTime = object({ sampledAt: time });
const anyReceipt = object({ receivedAt: time });

const sentObservation: Decoder<SentObservation> = (value) => KINDS[anyKind(value).kind](value);
const storedObservation: Decoder<Observation> = (value) => ({ ...sentObservation(value), ...anyReceipt(value) });

const REPLIES: Readonly<Record<OrderReply['kind'], Decoder<OrderReply>>> = {
  accepted: object({ kind: word(['accepted']), cluster, epoch }),
  stale: object({ kind: word(['stale']), cluster, epoch, seen: epoch }),
  refused: object({ kind: word(['refused']), cluster, epoch, reason: words }),
};
const anyReply = object({ kind: word(REPLY_KINDS) });
const orderReply: Decoder<OrderReply> = (value) => REPLIES[anyReply(value).kind](value);

const spec: Decoder<DesiredSpec> = object({
  product: name,
  version,
  image: maybe(short(IMAGE_LENGTH_MAX)),
  replicas: integer(1, BROKERS_MAX),
  config: settings(configValue),
  featureFlags: settings(flag),
});

const order: Decoder<Order> = object({
  cluster,
  dataPlane: name,
  revision,
  spec,
  mode,
  epoch,
  rollout: maybe(parsed(name, parseRolloutId)),
  orderedAt: time,
});
