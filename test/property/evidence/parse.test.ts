import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROKER_STATES, type Broker, type Observation, type Observed, type Unknown } from '../../../src/core/evidence/observation.ts';
import { ORDER_MODES } from '../../../src/core/evidence/order.ts';
import {
  parseObservation,
  parseOrder,
  parseReply,
  parseStoredObservation,
  parseUnaskedObservation,
} from '../../../src/core/evidence/parse.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { isVersion } from '../../../src/core/model/version.ts';

const cluster = trusted.cluster('k');
const receipt = { cluster, dataPlane: 'plane', receivedAt: instant(1_800_000_000_000) };

const version = fc.tuple(fc.nat(9), fc.nat(20), fc.nat(20)).map((parts) => parts.join('.'));
const time = fc.integer({ min: 1, max: 8_640_000_000_000_000 }).map(instant);
const setting = fc.oneof(fc.string({ maxLength: 40 }), fc.integer(), fc.boolean());
const name = fc.string({ minLength: 1, maxLength: 40 });
const sampled = {
  cluster: fc.constant(cluster),
  dataPlane: fc.constant('plane'),
  sampledAt: time,
  receivedAt: fc.constant(receipt.receivedAt),
};
const observed: fc.Arbitrary<Observed> = fc.record({
  kind: fc.constant('observed' as const),
  ...sampled,
  accepted: fc.option(
    fc.record({
      epoch: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1 }),
      revision: fc.constantFrom('0123456789abcdef', 'f'.repeat(16)).map(trusted.revision),
      mode: fc.constantFrom(...ORDER_MODES),
    }),
    { nil: undefined },
  ),
  rolled: fc.boolean(),
  healthy: fc.boolean(),
  held: fc.boolean(),
  running: fc.record({
    version,
    image: fc.option(fc.string({ maxLength: 80 }), { nil: undefined }),
    replicas: fc.nat(1_000),
    config: fc.dictionary(name, setting, { maxKeys: 6 }),
    featureFlags: fc.dictionary(name, fc.boolean(), { maxKeys: 4 }),
  }),
  brokers: fc.uniqueArray(fc.record<Broker>({ ordinal: fc.nat(), version, state: fc.constantFrom(...BROKER_STATES) }), {
    maxLength: 6,
    selector: ({ ordinal }) => ordinal,
  }),
  detail: fc.option(fc.string({ maxLength: 100 }), { nil: undefined }),
});
const unknown: fc.Arbitrary<Unknown> = fc.record({
  kind: fc.constant('unknown' as const),
  ...sampled,
  cause: fc.string({ maxLength: 100 }),
  missing: fc.boolean(),
});
const observation: fc.Arbitrary<Observation> = fc.oneof(observed, unknown);
const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true });

/** Everything that a decision relies on. */
function expectSound(seen: Observation): void {
  expect([seen.cluster, seen.dataPlane, seen.receivedAt]).toEqual([cluster, 'plane', receipt.receivedAt]);
  expect(Number.isSafeInteger(seen.sampledAt) && seen.sampledAt > 0).toBe(true);
  if (seen.kind === 'unknown') {
    expect([typeof seen.cause, typeof seen.missing]).toEqual(['string', 'boolean']);
    return;
  }
  expect([typeof seen.rolled, typeof seen.healthy, typeof seen.held]).toEqual(['boolean', 'boolean', 'boolean']);
  expect(isVersion(seen.running.version)).toBe(true);
  expect(Number.isSafeInteger(seen.running.replicas)).toBe(true);
  for (const broker of seen.brokers) {
    expect(BROKER_STATES).toContain(broker.state);
    expect(isVersion(broker.version)).toBe(true);
  }
  if (seen.accepted !== undefined) {
    expect(seen.accepted.epoch).toBeGreaterThan(0);
    expect(seen.accepted.revision).toMatch(/^[0-9a-f]{16}$/);
  }
}

/** Puts a value somewhere into a copy of a tree of plain data. */
function spoil(tree: unknown, path: readonly number[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof tree !== 'object' || tree === null) return value;
  const keys = Object.keys(tree);
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return value;
  if (Array.isArray(tree)) return tree.map((item, index) => (String(index) === key ? spoil(item, rest, value) : item));
  return Object.fromEntries(Object.entries(tree).map(([other, item]) => [other, other === key ? spoil(item, rest, value) : item]));
}

describe('evidence', () => {
  it('comes through its own JSON as it was', () => {
    fc.assert(
      fc.property(observation, (given) => {
        const sent: unknown = JSON.parse(JSON.stringify(given));
        expect(parseObservation(sent, receipt)).toEqual(given);
        expect(parseStoredObservation(sent)).toEqual({ ok: true, value: given });
      }),
    );
  });

  it('is sound whatever comes in, and nothing is thrown', () => {
    fc.assert(
      fc.property(anything, (given) => {
        const seen = parseObservation(given, receipt);
        expectSound(seen);
        expect(seen.kind).toBe('unknown');
        for (const parse of [parseStoredObservation, parseReply, parseOrder]) expect(typeof parse(given).ok).toBe('boolean');
        expect(parseUnaskedObservation(given, receipt).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('that is spoiled in one place is sound, or not believed', () => {
    fc.assert(
      fc.property(observation, fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }), anything, (given, path, value) => {
        expectSound(parseObservation(spoil(given, path, value), receipt));
      }),
      { numRuns: 2_000 },
    );
  });
});
