import { expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { SmallFleet } from '../../support/small-world/fleet.ts';
import { revision, tuned } from '../../support/small-world/plans.ts';
import { Random } from '../../support/small-world/random.ts';

const CLUSTERS = ['east-0', 'east-1'];
const BY = { by: 'ada', reason: 'looks odd' } as const;

/** The abort stops the version; who has soaked at it is there, and is not moved to it by the next change of its settings. */
it('a cluster that soaks while its aborted rollout winds down is taken on by the next one, and those that did not are stopped', () => {
  const fleet = new SmallFleet(CLUSTERS, new Random(1));
  const [rollout] = fleet.land({ to: 2, phases: [{ members: CLUSTERS, maxConcurrent: 1, soakMs: 60_000 }] });
  const statusOf = (of: number, name: string) => fleet.rollout(of).state.targets.get(trusted.cluster(name))?.status;
  for (let i = 0; i < 60 && statusOf(0, 'east-0') !== 'soaking'; i += 1) fleet.step();
  if (rollout === undefined) throw new Error('nothing to roll out');
  expect(fleet.command({ verb: 'abort', rollout, ...BY }).ok).toBe(true);
  fleet.land({ to: tuned(2), phases: [{ members: CLUSTERS }] });
  for (let i = 0; i < 60; i += 1) fleet.step();
  expect([statusOf(0, 'east-0'), fleet.world.isAt(trusted.cluster('east-0'), revision(tuned(2)))]).toEqual(['succeeded', true]);
  expect([statusOf(1, 'east-1'), fleet.world.isAt(trusted.cluster('east-1'), revision(1))]).toEqual(['waiting', true]);
});
