import { describe, expect, it } from 'vitest';
import { hash16 } from '../../../src/core/model/hash.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import { STOP_CAUSES, STOP_SCOPES, type StopScope } from '../../../src/core/stop/stop.ts';
import {
  c,
  change,
  FLEET,
  landed,
  ledgerEntry,
  observed,
  planFor,
  policy,
  proven,
  sha,
  spec,
  stop,
  t,
} from '../../support/state/builders.ts';
import type { StoreUnderTest } from './under-test.ts';

const ROLLOUT = landed('a', planFor(['k1'], '2.0.0')).state.id;

export function policyLaws(under: () => StoreUnderTest): void {
  describe('policy', () => {
    it('is the one of the newest commit that brought one, field by field', async () => {
      expect(await under().store.policy(FLEET)).toBeUndefined();
      const schedule = { rrule: 'FREQ=WEEKLY', duration: '2h', timeZone: 'Europe/Berlin' };
      const other = policy({
        fleetMaxConcurrent: 3,
        calendar: {
          rules: policy().calendar.rules.map((rule) => ({
            ...rule,
            kind: 'window' as const,
            when: { kind: 'schedule' as const, schedule },
          })),
        },
      });
      await under().store.commit(change(0, { heads: { seen: sha('a'), good: sha('a') }, policy: policy() }));
      expect(await under().store.policy(FLEET)).toStrictEqual(policy());
      await under().store.commit(change(1, { desired: { commit: sha('b'), set: [], remove: [] }, policy: other }));
      expect(await under().store.policy(FLEET)).toStrictEqual(other);
      await under().store.commit(change(2));
      expect(await under().store.policy(FLEET)).toStrictEqual(other);
    });

    it('may have no products, rules and data planes', async () => {
      const bare = policy({ dataPlanes: [], calendar: { rules: [] }, products: {} });
      await under().store.commit(change(0, { policy: bare }));
      expect(await under().store.policy(FLEET)).toStrictEqual(bare);
    });
  });
}

export function ledgerLaws(under: () => StoreUnderTest): void {
  describe('ledger', () => {
    it('gives back whole entries, in order of cluster id, the stack as it was written', async () => {
      const { running } = observed('k1', 1, {
        running: { ...observed('k1', 1).running, image: 'kafka:2', config: { a: 1, b: 'x', c: true } },
      });
      const full = ledgerEntry('k2', {
        proven: [proven('2.0.0', { rollout: ROLLOUT, tookMs: durationMs(90_000) }), proven('1.0.0', { proof: 'adopted' })],
        observed: { dataPlane: 'aws-eu-1', running, receivedAt: t(9) },
        failed: [{ revision: proven('3.0.0').revision, version: '3.0.0', rollout: ROLLOUT, at: t(4) }],
      });
      const bare = ledgerEntry('k1', { proven: [] });
      await under().store.commit(change(0, { ledger: [full, bare] }));
      expect([...(await under().store.ledger(FLEET))]).toStrictEqual([
        ['k1', bare],
        ['k2', full],
      ]);
    });

    it('replaces an entry as a whole, and leaves the others alone', async () => {
      await under().store.commit(change(0, { ledger: [ledgerEntry('k1'), ledgerEntry('k2')] }));
      const next = ledgerEntry('k1', {
        proven: [proven('2.0.0')],
        observed: { dataPlane: 'aws-eu-1', running: observed('k1', 1).running, receivedAt: t(9) },
        failed: [{ revision: proven('3.0.0').revision, version: '3.0.0', rollout: ROLLOUT, at: t(4) }],
      });
      await under().store.commit(change(1, { ledger: [next] }));
      expect([...(await under().store.ledger(FLEET)).values()]).toStrictEqual([next, ledgerEntry('k2')]);
    });

    it('outlives its cluster', async () => {
      await under().store.commit(change(0, { ledger: [ledgerEntry('k1')] }));
      await under().store.commit(change(1, { desired: { commit: sha('b'), set: [], remove: [c('k1')] } }));
      expect((await under().store.ledger(FLEET)).get(c('k1'))).toStrictEqual(ledgerEntry('k1'));
    });

    it('keeps a text that looks like a number a text', async () => {
      const entry = ledgerEntry('k1', {
        proven: [proven('1.0.0', { spec: spec('1.0.0', { config: { umask: '0640', ratio: 0.5, n: 7 } }) })],
      });
      await under().store.commit(change(0, { ledger: [entry] }));
      expect((await under().store.ledger(FLEET)).get(c('k1'))?.proven[0]?.spec.config).toEqual({ umask: '0640', ratio: 0.5, n: 7 });
    });
  });
}

/** One scope of each kind. */
const SCOPES: Readonly<Record<StopScope['kind'], StopScope>> = {
  fleet: { kind: 'fleet' },
  product: { kind: 'product', product: 'kafka' },
  release: { kind: 'release', release: 'kafka-main' },
  rollout: { kind: 'rollout', rollout: ROLLOUT },
  phase: { kind: 'phase', rollout: ROLLOUT, phase: 'canary' },
  'data-plane': { kind: 'data-plane', dataPlane: 'aws-eu-1' },
  cluster: { kind: 'cluster', cluster: c('k1') },
  version: {
    kind: 'version',
    product: 'kafka',
    traits: [
      { path: 'version', value: '2.0.0' },
      { path: 'config.a', value: 5 },
      { path: 'featureFlags.x', value: undefined },
    ],
  },
};

export function stopLaws(under: () => StoreUnderTest): void {
  describe('stops', () => {
    it.each(STOP_SCOPES)('gives back one on a %s, field by field', async (kind) => {
      const set = stop('s', {
        scope: SCOPES[kind],
        lets: 'rollbacks',
        until: t(99),
        rollout: ROLLOUT,
        phase: 'canary',
        failed: [c('k1'), c('k2')],
      });
      await under().store.commit(change(0, { stops: [set] }));
      expect(await under().store.stops(FLEET)).toStrictEqual([set]);
      expect(await under().store.stop(FLEET, set.id)).toStrictEqual(set);
    });

    it.each(STOP_CAUSES)('takes the cause %s', async (cause) => {
      await under().store.commit(change(0, { stops: [stop('s', { cause })] }));
      expect((await under().store.stops(FLEET)).map((one) => one.cause)).toEqual([cause]);
    });

    it('lists what is not lifted, oldest first, one whose time is up included', async () => {
      const [first, second, third] = [stop('x', { at: t(1), until: t(2) }), stop('y', { at: t(2) }), stop('z', { at: t(3) })];
      await under().store.commit(change(0, { stops: [third, first, second] }));
      const lifted = { ...second, lifted: { by: 'octocat', at: t(8), reason: 'it was me' } };
      await under().store.commit(change(1, { stops: [lifted] }));
      expect(await under().store.stops(FLEET)).toStrictEqual([first, third]);
      expect(await under().store.stop(FLEET, second.id)).toStrictEqual(lifted);
    });

    it('one that is set again, or changed, replaces itself', async () => {
      await under().store.commit(change(0, { stops: [stop('s'), stop('s')] }));
      await under().store.commit(change(1, { stops: [stop('s', { failed: [c('k1')] })] }));
      expect(await under().store.stops(FLEET)).toStrictEqual([stop('s', { failed: [c('k1')] })]);
      await under().store.commit(change(2, { stops: [{ ...stop('s'), lifted: { by: 'octocat', at: t(8), reason: 'done' } }] }));
      await under().store.commit(change(3, { stops: [stop('s')] }));
      expect(await under().store.stops(FLEET)).toStrictEqual([stop('s')]);
    });

    it('an unknown id is nothing', async () => {
      expect(await under().store.stop(FLEET, stop(hash16('never')).id)).toBeUndefined();
    });
  });
}
