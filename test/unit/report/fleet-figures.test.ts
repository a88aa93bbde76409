import { describe, expect, it } from 'vitest';
import { isFinished } from '../../../src/core/reconcile/state.ts';
import { driftFigures, fleetFigures } from '../../../src/core/report/fleet-figures.ts';
import {
  c,
  desiredCluster,
  drift,
  landed,
  ledgerEntry,
  observed,
  planFor,
  proven,
  stop,
  t,
  target,
  unknown,
} from '../../support/state/builders.ts';

const NAMES = ['home', 'behind', 'rolling', 'soaking', 'leaver', 'unheard-of'];
const desired = new Map(
  NAMES.map((name) => [
    c(name),
    desiredCluster(name, '2.0.0', name === 'leaver' ? { optOut: { reason: 'ours', expires: undefined } } : {}),
  ]),
);
const ledger = new Map(
  NAMES.filter((name) => name !== 'unheard-of').map((name) => [
    c(name),
    ledgerEntry(name, { proven: [proven(name === 'behind' ? '1.0.0' : '2.0.0')] }),
  ]),
);
const made = landed('a', planFor(['behind', 'rolling', 'soaking'], '2.0.0'), {
  status: 'paused',
  stoppedSince: t(7),
  targets: new Map([
    [c('behind'), target()],
    [c('rolling'), target({ status: 'rolling', attempt: 1 })],
    [c('soaking'), target({ status: 'soaking', attempt: 1 })],
  ]),
});
const [planned] = made.plan.rollouts;
if (planned === undefined) throw new Error('the plan has a rollout');
const paused = { planned, state: made.state };
const guarded = { planned, state: { ...made.state, status: 'completed' as const, finishedAt: t(5), guardUntil: t(9) } };
const known = { desired, ledger, rollouts: [paused, guarded], stops: [stop('1'), stop('2', { cause: 'quarantine' })] };

describe('the figures of a fleet', () => {
  const figures = fleetFigures(known, new Map());

  it('count each cluster once, by where it stands', () => {
    expect(figures.clusters).toEqual({ 'opted-out': 1, moving: 2, 'at-desired': 1, behind: 2 });
  });

  it('count rollouts that are not finished, and say since when which release stands', () => {
    expect(isFinished(guarded.state)).toBe(true);
    expect(figures.rollouts).toMatchObject({ paused: 1, completed: 0, running: 0 });
    expect([...figures.stoppedSince]).toEqual([['kafka-main', t(7)]]);
    const going = { planned, state: { ...made.state, status: 'running' as const } };
    expect(fleetFigures({ ...known, rollouts: [going] }, new Map()).stoppedSince.size).toBe(0);
  });

  it('count stops by cause', () => {
    expect(figures.stops).toMatchObject({ person: 1, quarantine: 1, regression: 0 });
  });

  it('say when each data plane was last heard of, by what was really seen', () => {
    const seen = [observed('home', 5), observed('behind', 9), observed('rolling', 3, { dataPlane: 'gcp-us-1' }), unknown('soaking', 50)];
    const { evidenceAt } = fleetFigures(known, new Map(seen.map((one) => [one.cluster, one])));
    expect(Object.fromEntries(evidenceAt)).toEqual({ 'aws-eu-1': t(9), 'gcp-us-1': t(3) });
  });
});

it('a drift of two kinds counts for both', () => {
  expect(driftFigures([drift('a', { kinds: ['version', 'unhealthy'] }), drift('b', { kinds: ['version'] })])).toMatchObject({
    version: 2,
    unhealthy: 1,
    lagging: 0,
  });
});
