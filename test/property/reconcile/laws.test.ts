import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFinished } from '../../../src/core/reconcile/state.ts';
import { FAIR } from '../../support/small-world/fleet.ts';
import { revision } from '../../support/small-world/plans.ts';
import { badReleaseArb, type Story, storyArb, Teller } from './story.ts';

/** Printed by fast-check with every failure; `FLOTILLA_SEED` plays one again. */
const seed = Number(process.env['FLOTILLA_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['FLOTILLA_RUNS'] ?? 400);

const play = (story: Story): Teller => {
  const teller = new Teller(story);
  for (const step of story.steps) teller.tell(step);
  return teller;
};

describe(`the laws of a rollout (FLOTILLA_SEED=${seed})`, () => {
  it('hold after every step of any story', () => {
    fc.assert(
      fc.property(storyArb, (story) => {
        play(story);
      }),
      { seed, numRuns },
    );
  });

  it('let every story end well once its troubles are over', () => {
    fc.assert(
      fc.property(storyArb, (story) => {
        const teller = play(story);
        teller.endWell();
        const { fleet } = teller;
        expect(fleet.active.map(({ state }) => state)).toEqual([]);
        const newest = fleet.rollouts.findLast(({ state }) => state.status === 'completed' || state.status === 'completed-with-deferrals');
        for (const [cluster, target] of newest?.state.targets ?? []) {
          const planned = newest?.plan.targets[cluster];
          const wanted = fleet.desired.get(cluster)?.revision;
          if (planned === undefined || wanted !== planned.revision || target.status !== 'succeeded') continue;
          expect(fleet.world.isAt(cluster, wanted), `${cluster} is at what its newest rollout took it to`).toBe(true);
        }
        expect(fleet.rollouts.every(({ state }) => isFinished(state))).toBe(true);
      }),
      { seed, numRuns },
    );
  });

  it('bring everything back by a revert, at any moment, with nobody to help (law 9)', () => {
    fc.assert(
      fc.property(badReleaseArb, ({ phases, fault, ticks, ...world }) => {
        const teller = new Teller({ ...world, weather: FAIR });
        teller.tell({ kind: 'land', phases, fault, hotfix: false });
        for (let tick = 0; tick < ticks; tick += 1) teller.tell({ kind: 'pass', ms: 10_000 });
        teller.tell({ kind: 'revert' });
        for (let tick = 0; tick < 400 && teller.fleet.active.length > 0; tick += 1) teller.tell({ kind: 'pass', ms: 10_000 });
        expect(teller.fleet.rollouts.map(({ state }) => state.status).at(-1)).toBe('completed');
        for (const cluster of teller.fleet.world.clusters.keys()) expect(teller.fleet.world.isAt(cluster, revision(1)), cluster).toBe(true);
      }),
      { seed, numRuns },
    );
  });
});
