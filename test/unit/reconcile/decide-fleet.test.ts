import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { ActiveRollout } from '../../../src/core/reconcile/decision.ts';
import { POLICY, SmallFleet } from '../../support/small-world/fleet.ts';
import { type PhaseShape, revision } from '../../support/small-world/plans.ts';
import { Random } from '../../support/small-world/random.ts';

const CLUSTERS = ['east-0', 'east-1', 'east-2', 'east-3'];
const IN_PHASES: readonly PhaseShape[] = [
  { members: ['east-0'], canary: true },
  { members: ['east-1', 'east-2'], maxConcurrent: 2 },
  { members: ['east-3'] },
];
const OPEN = { ...POLICY, fleetMaxConcurrent: 10, dataPlaneMaxConcurrent: new Map() };

const fleetOf = (policy = OPEN): SmallFleet => new SmallFleet(CLUSTERS, new Random(1), policy);

const step = (fleet: SmallFleet, ms = 10_000): void => {
  fleet.pass(ms);
  fleet.commit(fleet.decide());
};
const steps = (fleet: SmallFleet, count: number): void => {
  for (let i = 0; i < count; i += 1) step(fleet);
};
const rollout = (fleet: SmallFleet, index: number): ActiveRollout => {
  const found = fleet.rollouts[index];
  if (found === undefined) throw new Error(`no rollout ${index}`);
  return found;
};
const statuses = (fleet: SmallFleet, index: number): string =>
  CLUSTERS.map((name) => rollout(fleet, index).state.targets.get(trusted.cluster(name))?.status ?? '-').join(' ');
const runs = (fleet: SmallFleet, number: number): readonly string[] =>
  CLUSTERS.filter((name) => fleet.world.isAt(trusted.cluster(name), revision(number)));

describe('a newer rollout', () => {
  it('takes over at once what the older one has not started, and lets it finish what it moves', () => {
    const fleet = fleetOf();
    fleet.land(IN_PHASES);
    steps(fleet, 2);
    fleet.land(IN_PHASES);
    step(fleet);
    expect([statuses(fleet, 0), statuses(fleet, 1)]).toEqual([
      'rolling superseded superseded superseded',
      'waiting waiting waiting waiting',
    ]);
    expect(rollout(fleet, 0).state.targets.get(trusted.cluster('east-3'))?.supersededBy).toBe(rollout(fleet, 1).state.id);
    steps(fleet, 30);
    expect([rollout(fleet, 0).state.status, rollout(fleet, 1).state.status]).toEqual(['superseded', 'completed']);
    expect(runs(fleet, 3)).toEqual(CLUSTERS);
  });

  it('that takes over the canaries alone leaves nothing proven: the older one pauses, and a person may let it go on', () => {
    const fleet = fleetOf();
    fleet.land(IN_PHASES);
    fleet.land([{ members: ['east-0'], canary: true }]);
    steps(fleet, 3);
    expect(rollout(fleet, 0).state.pause?.cause).toBe('unproven-canary');
    expect(statuses(fleet, 0)).toBe('superseded waiting waiting waiting');
    fleet.command(rollout(fleet, 0), { verb: 'resume', by: 'ada', reason: 'the newer one has the same version' });
    steps(fleet, 40);
    expect(statuses(fleet, 0)).toBe('superseded succeeded succeeded succeeded');
  });

  it('takes over a cluster that the older one holds in the middle: else nobody would ever move it', () => {
    const fleet = fleetOf();
    fleet.land(IN_PHASES);
    steps(fleet, 2);
    fleet.command(rollout(fleet, 0), { verb: 'pause', by: 'ada', reason: 'looks odd' });
    steps(fleet, 3);
    fleet.land(IN_PHASES);
    step(fleet);
    expect([statuses(fleet, 0), rollout(fleet, 0).state.status]).toEqual(['superseded superseded superseded superseded', 'superseded']);
    expect(statuses(fleet, 1)).toBe('applying waiting waiting waiting');
  });

  it('takes broken clusters to the newest version at once, before their phase', () => {
    const fleet = fleetOf();
    const bad = fleet.land([{ members: CLUSTERS, maxConcurrent: 4, budgets: { failed: 0 } }]);
    fleet.world.faults.set(revision(bad), 'crash-loop');
    steps(fleet, 5);
    expect(rollout(fleet, 0).state.status).toBe('paused');
    fleet.land(IN_PHASES);
    step(fleet);
    expect(statuses(fleet, 1)).toBe('applying applying applying applying');
    steps(fleet, 30);
    expect([rollout(fleet, 1).state.status, runs(fleet, 3)]).toEqual(['completed', CLUSTERS]);
  });

  it('starts others of the phase beside the broken ones: a rescue takes no slot of it', () => {
    const fleet = fleetOf();
    const bad = fleet.land([{ members: ['east-0'] }]);
    fleet.world.faults.set(revision(bad), 'crash-loop');
    steps(fleet, 5);
    fleet.land([{ members: ['east-0', 'east-1', 'east-2'], maxConcurrent: 1 }]);
    step(fleet);
    expect(statuses(fleet, 1)).toBe('applying applying waiting -');
  });

  it('is urgent or goes back: nothing is left to the older one', () => {
    for (const urgent of [(fleet: SmallFleet) => fleet.land(IN_PHASES, { urgency: 'hotfix' }), (fleet: SmallFleet) => fleet.revert()]) {
      const fleet = fleetOf();
      fleet.land(IN_PHASES);
      step(fleet);
      fleet.land(IN_PHASES);
      step(fleet);
      urgent(fleet);
      step(fleet);
      expect(statuses(fleet, 1)).toBe('superseded superseded superseded superseded');
    }
  });
});

describe('frequent merges', () => {
  it('do not starve late phases: whoever missed the last release gets the one after', () => {
    const fleet = fleetOf();
    const late = trusted.cluster('east-3');
    const received = new Set<string>();
    // Each release is merged before the one before it has come to its second phase, and yet all phases move on.
    for (let merge = 0; merge < 12; merge += 1) {
      fleet.land(IN_PHASES);
      for (let i = 0; i < 9; i += 1) {
        step(fleet);
        const order = fleet.orders.get(late);
        if (order !== undefined) received.add(order.revision);
      }
    }
    expect(received.size).toBeGreaterThanOrEqual(4);
  });
});

describe('a revert while canaries are failing', () => {
  const broken = (): SmallFleet => {
    const fleet = fleetOf();
    const phases = [{ members: ['east-0', 'east-1'], canary: true, maxConcurrent: 2 }, { members: ['east-2', 'east-3'] }];
    const bad = fleet.land(phases);
    fleet.world.faults.set(revision(bad), 'crash-loop');
    steps(fleet, 5);
    return fleet;
  };

  it('finds the first rollout paused, with no later cluster touched', () => {
    const fleet = broken();
    expect([rollout(fleet, 0).state.status, rollout(fleet, 0).state.pause?.cause]).toEqual(['paused', 'failed-budget']);
    expect(statuses(fleet, 0)).toBe('failed failed waiting waiting');
    expect(runs(fleet, 1)).toEqual(['east-2', 'east-3']);
  });

  it('takes the broken ones back at once and skips those never touched', () => {
    const fleet = broken();
    fleet.revert();
    step(fleet);
    expect(statuses(fleet, 1)).toBe('applying applying waiting waiting');
    expect([statuses(fleet, 0), rollout(fleet, 0).state.status]).toEqual(['failed failed superseded superseded', 'superseded']);
    steps(fleet, 15);
    expect([statuses(fleet, 1), rollout(fleet, 1).state.status]).toEqual(['succeeded succeeded skipped skipped', 'completed']);
    expect(runs(fleet, 1)).toEqual(CLUSTERS);
  });

  it('takes over what is in the middle of a move, whatever the limits', () => {
    const fleet = fleetOf();
    fleet.land([{ members: CLUSTERS, maxConcurrent: 4 }]);
    steps(fleet, 3);
    expect(statuses(fleet, 0)).toBe('rolling rolling rolling rolling');
    fleet.revert([{ members: CLUSTERS, maxConcurrent: 1 }]);
    step(fleet);
    expect([statuses(fleet, 0), statuses(fleet, 1)]).toEqual([
      'superseded superseded superseded superseded',
      'applying applying applying applying',
    ]);
    steps(fleet, 15);
    expect([rollout(fleet, 1).state.status, runs(fleet, 1)]).toEqual(['completed', CLUSTERS]);
  });

  it('goes on with the broken ones when a budget is spent, and not when a person says stop', () => {
    const fleet = broken();
    fleet.revert();
    step(fleet);
    fleet.command(rollout(fleet, 1), { verb: 'pause', by: 'ada', reason: 'wait' });
    step(fleet);
    expect(statuses(fleet, 1)).toBe('held held waiting waiting');
  });
});

describe('rollouts side by side', () => {
  it('share the limit of the fleet, the older first, and a slot that one gives back goes to the other at once', () => {
    const fleet = fleetOf({ ...OPEN, fleetMaxConcurrent: 1 });
    fleet.land([{ members: ['east-0'] }]);
    fleet.land([{ members: ['east-1'] }]);
    step(fleet);
    expect([statuses(fleet, 0), statuses(fleet, 1)]).toEqual(['applying - - -', '- waiting - -']);
    steps(fleet, 20);
    expect([rollout(fleet, 0).state.status, rollout(fleet, 1).state.status]).toEqual(['completed', 'completed']);
  });

  it('never have an older one roll what the manifests no longer want, even for a retry', () => {
    const fleet = fleetOf();
    const bad = fleet.land([{ members: ['east-0'] }, { members: ['east-1'] }]);
    fleet.world.faults.set(revision(bad), 'crash-loop');
    steps(fleet, 5);
    fleet.land([{ members: ['east-0'] }]);
    steps(fleet, 10);
    expect(rollout(fleet, 1).state.status).toBe('completed');
    expect(fleet.command(rollout(fleet, 0), { verb: 'retry', by: 'ada', reason: 'again' })).toBe(true);
    fleet.command(rollout(fleet, 0), { verb: 'resume', by: 'ada', reason: 'again' });
    step(fleet);
    expect(statuses(fleet, 0)).toBe('superseded applying - -');
    expect(runs(fleet, 3)).toContain('east-0');
  });
});
