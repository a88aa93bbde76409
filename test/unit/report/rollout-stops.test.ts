import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { stopParagraph, stopsOf } from '../../../src/core/report/rollout-stops.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';
import { at, kafka, type Moved, rolloutId, shown, stopOf, wait } from '../../support/report-views.ts';

const planned = kafka({ from: '3.8.0', to: '3.9.0' });
const OTHER = trusted.rollout('cccccccccccc-0123456789abcdef');
const now = at('10:00:00');
const stop = (scope: Stop['scope'], fields: Partial<Stop> = {}): Stop =>
  stopOf({ cause: 'person', scope, reason: 'x', lets: 'nothing', rollout: undefined, ...fields });
const version = (value: string, product = 'kafka'): Stop['scope'] => ({ kind: 'version', product, traits: [{ path: 'version', value }] });
const own = rolloutId('kafka-all');
const shows = (one: Stop, moved: Moved = {}, plan = planned): boolean =>
  stopsOf({ stops: [one], ledger: new Map(), now }, shown(plan, moved)).length === 1;
const done = Object.fromEntries([...planned.targets.keys()].map((name) => [name, { status: 'succeeded' }] as const));
const ENDED: Moved = { state: { status: 'completed', finishedAt: at('09:30:00') } };

describe('stops that a rollout is shown with', () => {
  it.each<[string, Stop, boolean]>([
    ['the fleet', stop({ kind: 'fleet' }), true],
    ['its product', stop({ kind: 'product', product: 'kafka' }), true],
    ['another product', stop({ kind: 'product', product: 'connect' }), false],
    ['its release', stop({ kind: 'release', release: 'kafka-all' }), true],
    ['another release', stop({ kind: 'release', release: 'other' }), false],
    ['itself', stop({ kind: 'rollout', rollout: own }), true],
    ['another rollout', stop({ kind: 'rollout', rollout: OTHER }), false],
    ['a phase of it', stop({ kind: 'phase', rollout: own, phase: 'rest' }), true],
    ['a phase of another', stop({ kind: 'phase', rollout: OTHER, phase: 'rest' }), false],
    ['a data plane of it', stop({ kind: 'data-plane', dataPlane: 'aws-eu' }), true],
    ['another data plane', stop({ kind: 'data-plane', dataPlane: 'on-prem' }), false],
    ['a cluster of it', stop({ kind: 'cluster', cluster: trusted.cluster('kafka-dev') }), true],
    ['another cluster', stop({ kind: 'cluster', cluster: trusted.cluster('other') }), false],
    ['the version that it moves to', stop(version('3.9.0')), true],
    ['the version that it leaves', stop(version('3.8.0')), false],
    ['the same version of another product', stop(version('3.9.0', 'connect')), false],
    ['one that it has set', stop(version('3.8.0'), { rollout: own }), true],
    ['one that was lifted', stop({ kind: 'fleet' }, { lifted: { by: 'x', at: at('09:30:00'), reason: 'y' } }), false],
    ['one that has ended by itself', stop({ kind: 'fleet' }, { until: at('09:30:00') }), false],
  ])('%s', (_name, one, want) => expect(shows(one)).toBe(want));

  it('one that its holds name', () => {
    const one = stop(version('3.8.0'));
    expect(shows(one, { holds: { all: wait({ kind: 'stopped', stops: [one.id], words: 'x' }) } })).toBe(true);
  });

  it('no longer those over clusters that are done', () => {
    for (const one of [stop({ kind: 'data-plane', dataPlane: 'aws-eu' }), stop(version('3.9.0'))])
      expect(shows(one, { targets: done })).toBe(false);
  });

  it('not those that let a rollback pass', () => {
    const back = kafka({ from: '3.9.0', to: '3.8.0', fields: { kind: 'rollback' } });
    for (const scope of [{ kind: 'fleet' }, version('3.8.0')] as const) {
      expect(shows(stop(scope, { lets: 'rollbacks' }), {}, back)).toBe(false);
      expect(shows(stop(scope, { lets: 'nothing' }), {}, back)).toBe(true);
    }
  });

  it('after the end, what it has left behind, but not what held it alone', () => {
    expect(shows(stop(version('3.9.0'), { rollout: own }), ENDED)).toBe(true);
    expect(shows(stop({ kind: 'rollout', rollout: own }, { rollout: own }), ENDED)).toBe(false);
    expect(shows(stop({ kind: 'release', release: 'kafka-all' }), ENDED)).toBe(false);
  });

  it('those over all of it first', () => {
    const [part, whole] = [stop(version('3.9.0')), stop({ kind: 'fleet' })];
    expect(stopsOf({ stops: [part, whole], ledger: new Map(), now }, shown(planned))).toEqual([whole, part]);
  });
});

describe('a stop in words', () => {
  it('says what has gone wrong since, beside what stopped it', () => {
    const budget = stop(
      { kind: 'rollout', rollout: own },
      { cause: 'failed-budget', rollout: own, phase: 'early', reason: '1 failed (kafka-shop-8)' },
    );
    const failed = (time: string) => ({ status: 'failed', since: at(time) }) as const;
    const words = (targets: Moved['targets'] = {}) => stopParagraph(budget, shown(planned, { targets }));
    expect(words({ 'kafka-shop-8': failed('09:20:00') })).not.toContain('By now');
    expect(words({ 'kafka-shop-8': failed('09:20:00'), 'kafka-shop-9': failed('09:25:00') })).toContain(
      '1 failed (kafka-shop-8). By now: 2 failed (`kafka-shop-8`, `kafka-shop-9`).',
    );
  });

  it('a quarantine that another rollout has set says why', () => {
    const one = stop(version('3.9.0'), { cause: 'quarantine', rollout: OTHER, reason: 'kafka-a failed', lets: 'rollbacks' });
    expect(stopParagraph(one, shown(planned))).toBe(
      `**⏸️ Quarantine: \`kafka 3.9.0\`**, since 2026-11-21 09:20:00 UTC: kafka-a failed. Rollbacks still run. Stop \`${one.id}\`.`,
    );
  });
});
