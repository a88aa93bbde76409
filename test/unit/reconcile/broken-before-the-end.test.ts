import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { SmallFleet } from '../../support/small-world/fleet.ts';
import { Random } from '../../support/small-world/random.ts';

const CLUSTERS = ['east-0', 'east-1', 'east-2', 'east-3'];
const ONE_BY_ONE = [{ members: CLUSTERS, maxConcurrent: 1, soakMs: 60_000 }];

const underWay = (): SmallFleet => {
  const fleet = new SmallFleet(CLUSTERS, new Random(1));
  fleet.land({ to: 2, phases: ONE_BY_ONE, guardMs: 600_000 });
  return fleet;
};

function stepUntil(fleet: SmallFleet, isThere: () => boolean): void {
  for (let i = 0; i < 100 && !isThere(); i += 1) fleet.step();
}

const statusOf = (fleet: SmallFleet, name: string) => fleet.rollout(0).state.targets.get(trusted.cluster(name))?.status;
const causes = (fleet: SmallFleet) => [...fleet.stops.values()].map(({ cause }) => cause).sort();

/** Seen twice, it is no blip. */
function breakFirst(fleet: SmallFleet): void {
  const [broker] = fleet.world.clusters.get(trusted.cluster('east-0'))?.brokers ?? [];
  for (let i = 0; i < 2; i += 1) {
    if (broker !== undefined) broker.state = 'crash-loop';
    fleet.step(1_000);
  }
}

describe('a cluster that breaks after its soak', () => {
  it('is a failure of its rollout, also where that ends with it because a newer one takes over: nothing broke after the end', () => {
    const fleet = underWay();
    stepUntil(fleet, () => statusOf(fleet, 'east-2') === 'soaking');
    fleet.land({ to: 3, phases: ONE_BY_ONE });
    fleet.step();
    breakFirst(fleet);
    const [{ finishedAt, guardUntil, status }, next] = [fleet.rollout(0).state, fleet.rollout(1).state];
    expect([status, finishedAt, guardUntil]).toEqual(['superseded', fleet.now, fleet.now + 600_000]);
    expect([next.status, causes(fleet)]).toEqual(['running', ['failed-budget', 'quarantine']]);
  });

  it('stops the release when its rollout has ended before', () => {
    const fleet = underWay();
    stepUntil(fleet, () => fleet.rollout(0).state.finishedAt !== undefined);
    breakFirst(fleet);
    expect(causes(fleet)).toEqual(['quarantine', 'regression']);
  });
});
