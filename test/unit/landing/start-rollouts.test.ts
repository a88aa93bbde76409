import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import { startRollouts } from '../../../src/core/landing/start-rollouts.ts';
import { invariant } from '../../../src/core/model/assert.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { assumedLedger } from '../../../src/core/plan/assumed-ledger.ts';
import { planModel } from '../../../src/core/plan/plan-model.ts';
import { cluster, fleetModel, product, release } from '../../support/fleet-model.ts';

const fleet = (version: string) =>
  fleetModel({
    products: [product('kafka'), product('connect', { requires: ['kafka'] })],
    clusters: ['kafka', 'connect'].flatMap((name) => [
      cluster(`${name}-0`, { tier: 'canary' }, { product: name }),
      cluster(`${name}-1`, {}, { product: name }),
    ]),
    releases: ['kafka', 'connect'].map((name) => release(name, { product: name, version })),
  });
const before = computeDesired(fleet('3.8.0'));
const { plan } = planModel({ model: fleet('3.9.0'), before, ledger: assumedLedger([before]), orders: new Map(), stops: [] });
invariant(plan !== undefined, 'there is a plan');
const start = { commit: trusted.commit('c'.repeat(40)), now: instant(5), firstSeq: 7 };

describe('the rollouts of a plan', () => {
  const states = startRollouts(plan, start);

  it('are one for each release, numbered in the order of the plan, and pending', () => {
    expect(states.map(({ release: name, seq, inLineSince, status }) => [name, seq, inLineSince, status])).toEqual([
      ['kafka', 7, 7, 'pending'],
      ['connect', 8, 8, 'pending'],
    ]);
    expect(new Set(states.map(({ id }) => id)).size).toBe(2);
    expect(new Set(states.map(({ digest }) => digest))).toEqual(new Set([plan.digest]));
  });

  it('have every phase ahead of them, and touch nothing yet', () => {
    for (const [at, { phases, targets }] of states.entries()) {
      expect([...phases.keys()]).toEqual(plan.rollouts[at]?.phases.map(({ name }) => name));
      expect([...targets.keys()]).toEqual([...(plan.rollouts[at]?.targets.keys() ?? [])]);
      for (const { status, since, attempt } of targets.values()) expect([status, since, attempt]).toEqual(['waiting', 5, 0]);
    }
  });

  it('may take over a place in line', () => {
    const later = startRollouts(plan, { ...start, line: new Map([['connect', 3]]) });
    expect(later.map(({ seq, inLineSince }) => [seq, inLineSince])).toEqual([
      [7, 7],
      [8, 3],
    ]);
  });
});
