import { describe, expect, it } from 'vitest';
import {
  parseObservation,
  parseOrder,
  parseReply,
  parseStoredObservation,
  parseUnaskedObservation,
} from '../../../src/core/evidence/parse.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';

const cluster = trusted.cluster('kafka-orders');
const receipt = { cluster, dataPlane: 'plane-1', receivedAt: instant(2_000) };
const sample = (fields: object = {}) => ({
  kind: 'observed',
  cluster: 'kafka-orders',
  dataPlane: 'plane-1',
  sampledAt: 1_000,
  accepted: { epoch: 3, revision: '0123456789abcdef', mode: 'run' },
  rolled: true,
  healthy: true,
  held: false,
  running: { version: '4.0.1', replicas: 3, config: { 'a.b': 1 }, featureFlags: { elr: true } },
  brokers: [0, 1, 2].map((ordinal) => ({ ordinal, version: '4.0.1', state: 'ready' })),
  ...fields,
});
const running = (fields: object) => sample({ running: { ...sample().running, ...fields } });
const accepted = (fields: object) => sample({ accepted: { ...sample().accepted, ...fields } });
const broker = (fields: object) => sample({ brokers: [{ ordinal: 0, version: '4.0.1', state: 'ready', ...fields }] });

describe('a sample', () => {
  it('that is well formed is stamped with the time at which it was received', () => {
    const seen = parseObservation(sample(), receipt);
    expect(seen).toEqual({
      ...sample(),
      receivedAt: 2_000,
      detail: undefined,
      running: { ...sample().running, image: undefined },
    });
    expect(seen).toHaveProperty('detail', undefined);
  });

  it('of a cluster that was never ordered has no accepted order', () => {
    expect(parseObservation(sample({ accepted: null }), receipt)).toMatchObject({ kind: 'observed', accepted: undefined });
  });

  it('cannot say itself when we received it', () => {
    expect(parseObservation(sample({ receivedAt: 9_999_999 }), receipt)).toMatchObject({ receivedAt: 2_000 });
  });

  it('keeps a setting with the name of a property of every object', () => {
    const seen = parseObservation(running({ config: JSON.parse('{"__proto__": 1, "constructor": 2}') }), receipt);
    expect(seen.kind === 'observed' ? Object.entries(seen.running.config) : []).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  it('cuts words for a person instead of refusing them', () => {
    const seen = parseObservation(sample({ detail: 'x'.repeat(5_000) }), receipt);
    expect(seen.kind === 'observed' ? seen.detail?.length : 0).toBe(2_000);
  });

  it.each([
    ['nothing', undefined, 'an object expected, not nothing'],
    ['null', null, 'an object expected, not null'],
    ['a text', 'observed', 'an object expected, not "observed"'],
    ['a list', [sample()], 'an object expected, not a list'],
    ['another kind', sample({ kind: 'guessed' }), 'kind: '],
    ['another cluster', sample({ cluster: 'kafka-logs' }), 'cluster: kafka-orders expected, not kafka-logs'],
    ['another data plane', sample({ dataPlane: 'plane-2' }), 'dataPlane: plane-1 expected, not "plane-2"'],
    ['a time in words', sample({ sampledAt: 'yesterday' }), 'sampledAt: a number expected, not "yesterday"'],
    ['a time as a text', sample({ sampledAt: '1000' }), 'sampledAt: '],
    ['no time', sample({ sampledAt: undefined }), 'sampledAt: a number expected, not nothing'],
    ['a time that is not a number', sample({ sampledAt: Number.NaN }), 'sampledAt: a number expected, not NaN'],
    ['a time without end', sample({ sampledAt: Number.POSITIVE_INFINITY }), 'sampledAt: '],
    ['a negative time', sample({ sampledAt: -5 }), 'sampledAt: a whole number from 1'],
    ['time zero', sample({ sampledAt: 0 }), 'sampledAt: a whole number from 1'],
    ['half a millisecond', sample({ sampledAt: 1.5 }), 'sampledAt: a whole number'],
    ['a time that no calendar has', sample({ sampledAt: 8_640_000_000_000_001 }), 'sampledAt: a whole number'],
    ['epoch 0', accepted({ epoch: 0 }), 'accepted.epoch: a whole number from 1'],
    ['a negative epoch', accepted({ epoch: -1 }), 'accepted.epoch: '],
    ['an epoch as a text', accepted({ epoch: '3' }), 'accepted.epoch: a number expected, not "3"'],
    ['an epoch after which none is left', accepted({ epoch: Number.MAX_SAFE_INTEGER }), 'accepted.epoch: '],
    ['a short revision', accepted({ revision: 'abc' }), 'accepted.revision: not a revision: "abc"'],
    ['a revision in capitals', accepted({ revision: '0123456789ABCDEF' }), 'accepted.revision: '],
    ['another mode', accepted({ mode: 'walk' }), 'accepted.mode: '],
    ['half an order', sample({ accepted: {} }), 'accepted.epoch: '],
    ['rolled as a text', sample({ rolled: 'true' }), 'rolled: true or false expected, not "true"'],
    ['rolled as a number', sample({ rolled: 1 }), 'rolled: '],
    ['no health', sample({ healthy: undefined }), 'healthy: true or false expected, not nothing'],
    ['held by null', sample({ held: null }), 'held: '],
    ['no running', sample({ running: undefined }), 'running: an object expected, not nothing'],
    ['a version that is no version', running({ version: 'latest' }), 'running.version: not a version: "latest"'],
    ['a version as a number', running({ version: 4.1 }), 'running.version: a text expected, not 4.1'],
    ['negative replicas', running({ replicas: -1 }), 'running.replicas: '],
    ['a long image', running({ image: 'x'.repeat(1_001) }), 'running.image: 1001 characters are more than 1000'],
    ['a setting that is an object', running({ config: { a: { b: 1 } } }), 'running.config.a: a text expected, not an object'],
    ['a setting that is not a number', running({ config: { a: Number.NaN } }), 'running.config.a: a number expected, not NaN'],
    ['a long setting', running({ config: { a: 'x'.repeat(8_193) } }), 'running.config.a: 8193 characters'],
    ['a setting with a long name', running({ config: { ['x'.repeat(254)]: 1 } }), 'running.config: a name of 254 characters'],
    ['settings as a list', running({ config: ['a'] }), 'running.config: an object expected, not a list'],
    ['a flag as a text', running({ featureFlags: { elr: 'true' } }), 'running.featureFlags.elr: '],
    ['brokers that are a number', sample({ brokers: 3 }), 'brokers: a list expected, not 3'],
    ['brokers in an object', sample({ brokers: { 0: {} } }), 'brokers: a list expected, not an object'],
    ['a broker that is null', sample({ brokers: [null] }), 'brokers.0: an object expected, not null'],
    ['another state of a broker', broker({ state: 'resting' }), 'brokers.0.state: '],
    ['a broker without a version', broker({ version: undefined }), 'brokers.0.version: '],
    ['a broker without a number', broker({ ordinal: undefined }), 'brokers.0.ordinal: '],
    ['a broker twice', sample({ brokers: [...sample().brokers, ...sample().brokers] }), 'brokers: a broker is named twice'],
    [
      'too many brokers',
      sample({ brokers: Array.from({ length: 1_001 }, (_, ordinal) => ({ ordinal, version: '4.0.1', state: 'ready' })) }),
      'brokers: 1001 brokers are more than 1000',
    ],
    ['a detail that is an object', sample({ detail: {} }), 'detail: a text expected, not an object'],
    ['an unknown without a cause', { kind: 'unknown', cluster, dataPlane: 'plane-1', sampledAt: 1, missing: true }, 'cause: '],
    [
      'an unknown that may be missing',
      { kind: 'unknown', cluster, dataPlane: 'plane-1', sampledAt: 1, cause: '', missing: 1 },
      'missing: ',
    ],
  ])('with %s is unknown, and its cause names the field', (_name, value, problem) => {
    const seen = parseObservation(value, receipt);
    expect(seen).toMatchObject({ kind: 'unknown', cluster, dataPlane: 'plane-1', receivedAt: 2_000, missing: false });
    expect(seen.kind === 'unknown' ? seen.cause : '').toContain(`malformed evidence: ${problem}`);
  });

  it('that is malformed keeps its own time when that can be read, and else has ours', () => {
    expect(parseObservation(sample({ rolled: 1 }), receipt)).toMatchObject({ sampledAt: 1_000 });
    expect(parseObservation(sample({ sampledAt: 'now' }), receipt)).toMatchObject({ sampledAt: 2_000 });
  });

  it('says in words of bounded length what is wrong, whatever its names are', () => {
    const seen = parseObservation(running({ config: { ['x'.repeat(1_000_000)]: {} } }), receipt);
    expect(seen.kind === 'unknown' ? seen.cause.length : 0).toBe(2_000);
  });
});

describe('a sample that nobody asked for', () => {
  it('is about the cluster that it names', () => {
    expect(parseUnaskedObservation(sample({ cluster: 'kafka-logs' }), receipt)).toMatchObject({
      ok: true,
      value: { cluster: 'kafka-logs' },
    });
    expect(parseUnaskedObservation(sample({ rolled: 1 }), receipt)).toMatchObject({ ok: true, value: { kind: 'unknown' } });
  });

  it.each([[sample({ cluster: undefined })], [sample({ cluster: '../etc' })], [null], [7]])('%j names none, and is an error', (value) => {
    expect(parseUnaskedObservation(value, receipt).ok).toBe(false);
  });
});

describe('a stored observation', () => {
  it('has the time at which it was received in it', () => {
    expect(parseStoredObservation({ ...sample(), receivedAt: 5 })).toMatchObject({ ok: true, value: { receivedAt: 5 } });
    expect(parseStoredObservation(sample())).toEqual({ ok: false, error: 'receivedAt: a number expected, not nothing' });
    expect(parseStoredObservation(null).ok).toBe(false);
  });
});

describe('a reply', () => {
  it.each([
    [{ kind: 'accepted', cluster, epoch: 1 }],
    [{ kind: 'stale', cluster, epoch: 1, seen: 2 }],
    [{ kind: 'refused', cluster, epoch: 1, reason: 'no room' }],
  ])('%j is one', (value) => expect(parseReply(value)).toEqual({ ok: true, value }));

  it.each([
    [null, 'an object expected'],
    [{ kind: 'maybe', cluster, epoch: 1 }, 'kind: '],
    [{ kind: 'accepted', epoch: 1 }, 'cluster: '],
    [{ kind: 'accepted', cluster, epoch: 0 }, 'epoch: '],
    [{ kind: 'stale', cluster, epoch: 1 }, 'seen: '],
    [{ kind: 'stale', cluster, epoch: 1, seen: '2' }, 'seen: '],
    [{ kind: 'refused', cluster, epoch: 1 }, 'reason: '],
  ])('%j is none', (value, problem) => {
    expect(parseReply(value)).toMatchObject({ ok: false, error: expect.stringContaining(problem) });
  });
});

describe('an order', () => {
  const order = {
    cluster,
    dataPlane: 'plane-1',
    revision: '0123456789abcdef',
    spec: { product: 'kafka', version: '4.0.1', replicas: 3, config: {}, featureFlags: {} },
    mode: 'run',
    epoch: 1,
    orderedAt: 1,
  };
  it('is read where it is received', () => {
    expect(parseOrder(order)).toMatchObject({ ok: true, value: { ...order, rollout: undefined } });
  });

  it.each([
    [{ ...order, spec: {} }, 'spec.product: '],
    [{ ...order, spec: { ...order.spec, replicas: 0 } }, 'spec.replicas: '],
    [{ ...order, rollout: 'r1' }, 'rollout: '],
    [{ ...order, mode: 'stop' }, 'mode: '],
    [{ ...order, epoch: 0 }, 'epoch: '],
    [{ ...order, orderedAt: undefined }, 'orderedAt: '],
  ])('%j is refused', (value, problem) => {
    expect(parseOrder(value)).toMatchObject({ ok: false, error: expect.stringContaining(problem) });
  });
});
