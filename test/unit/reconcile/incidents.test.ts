import { describe, expect, it } from 'vitest';
import { type ClusterId, trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { holdOf } from '../../../src/core/reconcile/decision.ts';
import type { Policy } from '../../../src/core/reconcile/policy.ts';
import { type ClusterShape, SmallFleet } from '../../support/small-world/fleet.ts';
import type { LandShape } from '../../support/small-world/planner.ts';
import { revision, tuned } from '../../support/small-world/plans.ts';
import { POLICY, productPolicy, ruleOf } from '../../support/small-world/policy.ts';
import { Random } from '../../support/small-world/random.ts';

/** Things that have gone wrong somewhere, or could: each in a small fleet, from its beginning to its end. */

const MINUTE = 60_000;
const CLUSTERS = ['east-0', 'east-1', 'east-2', 'east-3'];
const CANARY_FIRST: LandShape['phases'] = [
  { members: ['east-0'], canary: true, soakMs: 30_000 },
  { members: ['east-1', 'east-2', 'east-3'], maxConcurrent: 2, soakMs: 30_000 },
];

const fleetOf = (policy: Partial<Policy> = {}, clusters: readonly (string | ClusterShape)[] = CLUSTERS): SmallFleet =>
  new SmallFleet(clusters, new Random(1), { ...POLICY, ...policy });

const steps = (fleet: SmallFleet, count: number, ms = 10_000): void => {
  for (let i = 0; i < count; i += 1) fleet.step(ms);
};
const decide = (fleet: SmallFleet) => fleet.step(1);
const target = (fleet: SmallFleet, name: string, of = 0) => {
  const found = fleet.rollout(of).state.targets.get(trusted.cluster(name));
  if (found === undefined) throw new Error(`no target ${name}`);
  return found;
};
const statuses = (fleet: SmallFleet, of = 0): readonly string[] =>
  [...fleet.rollout(of).state.targets.values()].map(({ status }) => status);
const stops = (fleet: SmallFleet): readonly string[] => fleet.heldStops.map(({ cause, scope }) => `${cause} on ${scope.kind}`).sort();
const status = (fleet: SmallFleet, of = 0): string => fleet.rollout(of).state.status;
const live = (fleet: SmallFleet, name: string) => {
  const found = fleet.world.clusters.get(trusted.cluster(name));
  if (found === undefined) throw new Error(`no cluster ${name}`);
  return found;
};
const inFlight = (fleet: SmallFleet): number =>
  fleet.unfinished
    .flatMap(({ state }) => [...state.targets.values()])
    .filter(({ status: at }) => ['applying', 'rolling', 'soaking', 'held'].includes(at)).length;
const runsOf = (fleet: SmallFleet, names: readonly string[], number: number): boolean =>
  names.every((name) => fleet.world.isAt(trusted.cluster(name), revision(number)));
const runOrders = (fleet: SmallFleet): readonly ClusterId[] =>
  fleet.sent.filter(({ mode }) => mode === 'run').map(({ cluster }) => cluster);
const pause = (fleet: SmallFleet, of = 0) =>
  fleet.command({ verb: 'pause', by: 'ada', reason: 'looks odd', rollout: fleet.rollout(of).state.id });
const liftAll = (fleet: SmallFleet): void => {
  for (const { id } of fleet.heldStops) fleet.command({ verb: 'lift', by: 'ada', reason: 'all is well', stop: id });
};
const reasonOf = (fleet: SmallFleet, name: string, of = 0): string | undefined => {
  const { decisions } = fleet.decide();
  const { state } = fleet.rollout(of);
  const decided = decisions.find(({ rollout }) => rollout.state.id === state.id);
  return decided && holdOf(decided.decision.holds, decided.rollout, trusted.cluster(name))?.reason.kind;
};

describe('a zone goes down under 200 clusters, and each shows one stuck broker', () => {
  const many = Array.from({ length: 200 }, (_, i) => `east-${i}`);
  const outage = (fleet: SmallFleet) => {
    fleet.land({ to: 2, phases: [{ members: many, maxConcurrent: 200 }] });
    steps(fleet, 2);
    fleet.world.faults.set(revision(2), 'stuck');
    steps(fleet, 2);
    // All of them are half-way when the next release comes: each is in need of a rescue.
    fleet.land({ to: 3, urgency: 'hotfix', phases: [{ members: many, maxConcurrent: 10 }], limits: { rescue: 5 } });
    return fleet;
  };

  it('no more are ordered at once than the limit for rescues and the phase allow', () => {
    const fleet = outage(fleetOf({ fleetMaxConcurrent: 200 }, many));
    const ordered = new Set(runOrders(fleet));
    const before = fleet.sent.length;
    let most = 0;
    for (let i = 0; i < 20; i += 1) {
      fleet.step();
      most = Math.max(most, statuses(fleet, 1).filter((at) => at === 'applying' || at === 'rolling' || at === 'soaking').length);
    }
    expect([ordered.size, most]).toEqual([200, 5]);
    expect(fleet.sent.length).toBeGreaterThan(before);
  });

  it('none is while a person has stopped it', () => {
    const fleet = outage(fleetOf({ fleetMaxConcurrent: 200 }, many));
    pause(fleet, 1);
    const before = runOrders(fleet).length;
    steps(fleet, 10);
    expect(runOrders(fleet).length).toBe(before);
  });
});

describe('a version that failed its canary', () => {
  const quarantined = () => {
    const fleet = fleetOf({}, [...CLUSTERS, { name: 'west-0', release: 'kafka-edge' }]);
    fleet.world.faults.set(revision(2), 'crash-loop');
    fleet.world.faults.set(revision(tuned(2)), 'crash-loop');
    fleet.land({ to: 2, phases: CANARY_FIRST });
    steps(fleet, 6);
    return fleet;
  };

  it('stops its rollout, and is in quarantine', () => {
    const fleet = quarantined();
    expect([status(fleet), ...stops(fleet)]).toEqual(['paused', 'failed-budget on rollout', 'quarantine on version']);
  });

  it.each([
    ['with one more setting', { to: tuned(2), phases: CANARY_FIRST }, 'east-1'],
    ['by another release', { to: 2, release: 'kafka-edge', phases: [{ members: ['west-0'] }] }, 'west-0'],
  ])('comes in by no other merge: %s', (_name, shape, cluster) => {
    const fleet = quarantined();
    fleet.land(shape);
    steps(fleet, 20);
    expect(runOrders(fleet)).not.toContain(cluster);
  });

  it('lets the next version pass', () => {
    const fleet = quarantined();
    fleet.land({ to: 3, phases: CANARY_FIRST });
    steps(fleet, 30);
    expect([status(fleet, 1), runsOf(fleet, CLUSTERS, 3)]).toEqual(['completed', true]);
  });
});

describe("a person's pause", () => {
  it('survives a routine merge, and a hotfix', () => {
    const fleet = fleetOf();
    fleet.land({ to: 2, phases: CANARY_FIRST });
    steps(fleet, 2);
    pause(fleet);
    const before = runOrders(fleet).length;
    fleet.land({ to: 3, phases: CANARY_FIRST });
    steps(fleet, 5);
    fleet.land({ to: 4, urgency: 'hotfix', phases: CANARY_FIRST });
    steps(fleet, 30);
    expect([runOrders(fleet).length, stops(fleet)]).toEqual([before, ['person on release']]);
    liftAll(fleet);
    steps(fleet, 60);
    expect(runsOf(fleet, CLUSTERS, 4)).toBe(true);
  });
});

describe('merges that come faster than a rollout ends', () => {
  it.each([5, 10, 20])('every %i minutes: no late cluster waits longer than two rollouts take', (everyMinutes) => {
    const phases = [{ ...CANARY_FIRST[0], members: ['east-0'], bakeMs: 30 * MINUTE }, ...CANARY_FIRST.slice(1)];
    const fleet = fleetOf();
    const rolloutMs = 36 * MINUTE;
    const mergedAt = new Map<number, number>();
    let longest = 0;
    let served = 1;
    for (let minute = 0; minute < 400; minute += 1) {
      if (minute % everyMinutes === 0) {
        mergedAt.set(2 + minute / everyMinutes, minute);
        fleet.land({ to: 2 + minute / everyMinutes, phases });
      }
      steps(fleet, 2, MINUTE / 2);
      const order = fleet.orders.get(trusted.cluster('east-3'));
      if (order !== undefined) served = Math.max(served, Number.parseInt(order.revision, 16));
      // The oldest merge that it has not got, nor anything newer.
      longest = Math.max(longest, (minute - (mergedAt.get(served + 1) ?? minute)) * MINUTE);
    }
    expect(longest).toBeLessThanOrEqual(2 * rolloutMs);
  });
});

describe('what a cluster really runs', () => {
  const strict = { products: { kafka: productPolicy('kafka', { skipMinors: false }) } };

  it('decides whether a step skips a minor, whatever the plan was made from', () => {
    const fleet = fleetOf(strict, ['east-0']);
    fleet.land({ to: 2, phases: [{ members: ['east-0'] }] });
    fleet.world.moveByHand(trusted.cluster('east-0'), 4);
    steps(fleet, 3);
    expect([reasonOf(fleet, 'east-0'), runOrders(fleet)]).toEqual(['path', []]);
  });

  it('decides whether a freeze of minors concerns it', () => {
    const fleet = fleetOf({}, ['east-0']);
    fleet.policy = { ...fleet.policy, calendar: { rules: [ruleOf('freeze', fleet.now, fleet.now + 60 * MINUTE, { scope: 'minor' })] } };
    fleet.world.moveByHand(trusted.cluster('east-0'), 0);
    fleet.land({ to: tuned(1), phases: [{ members: ['east-0'] }] });
    steps(fleet, 3);
    expect([reasonOf(fleet, 'east-0'), runOrders(fleet)]).toEqual(['freeze', []]);
  });
});

describe('a canary that crashes after its soak', () => {
  it('stops its rollout, and puts the version in quarantine', () => {
    const fleet = fleetOf();
    fleet.land({ to: 2, phases: [{ members: ['east-0'], canary: true, bakeMs: 30 * MINUTE }, ...CANARY_FIRST.slice(1)] });
    steps(fleet, 12);
    expect(statuses(fleet)).toEqual(['succeeded', 'waiting', 'waiting', 'waiting']);
    fleet.world.breakAll(revision(2), 'crash-loop');
    steps(fleet, 2);
    expect([status(fleet), ...stops(fleet)]).toEqual(['paused', 'failed-budget on rollout', 'quarantine on version']);
    steps(fleet, 10, 30 * MINUTE);
    expect(runOrders(fleet)).toEqual(['east-0']);
  });

  it('after the end stops the release', () => {
    const fleet = fleetOf();
    fleet.land({ to: 2, phases: CANARY_FIRST, guardMs: 30 * MINUTE });
    steps(fleet, 30);
    expect(status(fleet)).toBe('completed');
    fleet.world.breakAll(revision(2), 'crash-loop');
    steps(fleet, 2);
    expect(stops(fleet)).toEqual(['quarantine on version', 'regression on release']);
    fleet.land({ to: 3, phases: CANARY_FIRST });
    const before = runOrders(fleet).length;
    steps(fleet, 5);
    expect([status(fleet, 1), runOrders(fleet).length]).toEqual(['paused', before]);
  });
});

describe('evidence that is none', () => {
  const from = (fleet: SmallFleet) => fleet.observations.get(trusted.cluster('east-0'));
  it.each([
    ['unknown', (fleet: SmallFleet) => ({ ...from(fleet), kind: 'unknown', cause: 'lost', missing: false })],
    ['from the future', (fleet: SmallFleet) => ({ ...from(fleet), receivedAt: instant(fleet.now + POLICY.evidenceMaxAgeMs + 1) })],
    ['too old', (fleet: SmallFleet) => ({ ...from(fleet), receivedAt: instant(fleet.now - POLICY.evidenceMaxAgeMs - 1) })],
    ['of no time', (fleet: SmallFleet) => ({ ...from(fleet), receivedAt: instant(Number.NaN) })],
  ])('starts nothing: %s', (_name, evidence) => {
    const fleet = fleetOf({}, ['east-0']);
    fleet.land({ to: 2, phases: [{ members: ['east-0'] }] });
    fleet.observations.set(trusted.cluster('east-0'), evidence(fleet) as never);
    fleet.commit(fleet.decide());
    expect([statuses(fleet), runOrders(fleet)]).toEqual([['waiting'], []]);
  });
});

describe('the only canary', () => {
  it.each([
    ['leaves', (fleet: SmallFleet) => fleet.desired.delete(trusted.cluster('east-0'))],
    ['opts out', (fleet: SmallFleet) => fleet.change('east-0', { optOut: { reason: 'not now', expires: undefined } })],
    [
      'is pinned',
      (fleet: SmallFleet) =>
        fleet.change('east-0', {
          revision: revision(1),
          spec: { ...fleet.desired.get(trusted.cluster('east-1'))?.spec, version: '1.1.0' } as never,
          pinnedBy: { by: 'pin', releaseVersion: '1.2.0', reason: 'not now', expires: instant(fleet.now + MINUTE) },
        }),
    ],
  ])('%s: production does not start', (_name, happens) => {
    const fleet = fleetOf();
    fleet.land({ to: 2, phases: CANARY_FIRST });
    happens(fleet);
    steps(fleet, 10);
    expect([runOrders(fleet), status(fleet), stops(fleet)]).toEqual([[], 'paused', ['unproven-canary on rollout']]);
  });
});

describe('what a person has acknowledged', () => {
  it('counts no more, whatever the clock did; what fails again does', () => {
    const fleet = fleetOf();
    const phases = [{ members: CLUSTERS, maxConcurrent: 1 }];
    fleet.land({ to: 2, phases, deadlineMs: MINUTE });
    live(fleet, 'east-0').refuses = 'a rebalance is running';
    steps(fleet, 8);
    expect(stops(fleet)).toContain('failed-budget on rollout');
    fleet.now = instant(fleet.now - 10 * MINUTE);
    liftAll(fleet);
    steps(fleet, 4);
    expect([status(fleet), target(fleet, 'east-0').status]).toEqual(['running', 'failed']);
    live(fleet, 'east-1').refuses = 'a rebalance is running';
    fleet.world.forget(trusted.cluster('east-1'));
    live(fleet, 'east-2').refuses = 'a rebalance is running';
    steps(fleet, 20);
    expect(stops(fleet)).toContain('failed-budget on rollout');
  });
});

describe('a rollout that ends', () => {
  it('without having seen a cluster again leaves it an order to hold', () => {
    const fleet = fleetOf({}, ['east-0', 'east-1']);
    fleet.land({ to: 2, phases: [{ members: ['east-0', 'east-1'], maxConcurrent: 2, budgets: { unreachable: 1 } }] });
    decide(fleet);
    live(fleet, 'east-0').reachable = false;
    steps(fleet, 8, MINUTE);
    expect([status(fleet), statuses(fleet)]).toEqual(['completed-with-deferrals', ['unreachable', 'succeeded']]);
    expect(fleet.orders.get(trusted.cluster('east-0'))?.mode).toBe('hold');
  });

  const ask = (fleet: SmallFleet, verb: 'retry' | 'abort') =>
    fleet.command({ verb, by: 'ada', reason: 'bring them home', rollout: fleet.rollout(0).state.id });
  const half = () => {
    const fleet = fleetOf();
    fleet.land({ to: 2, phases: [{ members: CLUSTERS, maxConcurrent: 2, budgets: { unreachable: 1 } }] });
    steps(fleet, 2);
    return fleet;
  };
  it.each([
    [
      'aborted',
      (fleet: SmallFleet) => void ask(fleet, 'abort'),
      (fleet: SmallFleet) => {
        liftAll(fleet);
        ask(fleet, 'retry');
      },
    ],
    [
      'aborted',
      (fleet: SmallFleet) => void ask(fleet, 'abort'),
      (fleet: SmallFleet) => {
        liftAll(fleet);
        fleet.command({ verb: 'reconcile', by: 'ada', reason: 'bring them home', release: 'kafka' }, { phases: [{ members: CLUSTERS }] });
      },
    ],
    [
      'completed-with-deferrals',
      (fleet: SmallFleet) => {
        live(fleet, 'east-3').reachable = false;
        steps(fleet, 20, MINUTE);
        live(fleet, 'east-3').reachable = true;
      },
      (fleet: SmallFleet) => void ask(fleet, 'retry'),
    ],
  ])('%s has a command that brings every cluster home', (end, ends, bringHome) => {
    const fleet = half();
    ends(fleet);
    steps(fleet, 30);
    expect(fleet.rollout(0).state).toMatchObject({ status: end, finishedAt: expect.any(Number) });
    expect(runsOf(fleet, CLUSTERS, 2)).toBe(false);
    bringHome(fleet);
    steps(fleet, 80);
    expect(runsOf(fleet, CLUSTERS, 2)).toBe(true);
  });
});

describe('a data plane that says rolled and healthy', () => {
  it('and runs the old version has not succeeded', () => {
    const fleet = fleetOf({}, ['east-0']);
    fleet.land({ to: 2, phases: [{ members: ['east-0'] }] });
    decide(fleet);
    live(fleet, 'east-0').lies = true;
    steps(fleet, 5);
    expect(target(fleet, 'east-0')).toMatchObject({ status: 'rolling', detail: expect.stringContaining('reported as rolled, but') });
  });
});

describe('a product that requires another', () => {
  const policy = { products: { kafka: productPolicy('kafka'), connect: productPolicy('connect', { requires: ['kafka'] }) } };
  const connect = { release: 'connect', product: 'connect' };
  const both = () => fleetOf(policy, ['east-0', { name: 'west-0', ...connect }]);

  it('waits for what was merged a minute earlier', () => {
    const fleet = both();
    fleet.land({ to: 2, phases: [{ members: ['east-0'], soakMs: 5 * MINUTE }] });
    steps(fleet, 1, MINUTE);
    fleet.land({ to: 2, release: 'connect', phases: [{ members: ['west-0'] }] });
    steps(fleet, 5);
    expect([reasonOf(fleet, 'west-0', 1), runOrders(fleet)]).toEqual(['required-product', ['east-0']]);
    steps(fleet, 60);
    expect(runsOf(fleet, ['west-0'], 2)).toBe(true);
  });

  it('of one commit: each release is a rollout of its own, which is paused by itself', () => {
    const fleet = both();
    fleet.land({ to: 2, release: 'connect', phases: [{ members: ['west-0'] }] }, { to: 2, phases: [{ members: ['east-0'] }] });
    expect(fleet.rollouts).toHaveLength(2);
    pause(fleet, 0);
    steps(fleet, 10);
    expect([status(fleet, 0), status(fleet, 1)]).toEqual(['paused', 'completed']);
  });
});

describe('time that counts against nothing', () => {
  const late = {
    members: ['east-0', 'east-1'],
    maxConcurrent: 1,
    maxDurationMs: 10 * MINUTE,
    soakMs: 4 * MINUTE,
    budgets: { deferred: 2 },
  };

  it.each([
    [
      'frozen',
      (fleet: SmallFleet) => {
        fleet.policy = { ...fleet.policy, calendar: { rules: [ruleOf('freeze', fleet.now + 1, fleet.now + 60 * MINUTE)] } };
      },
    ],
    ['stopped', (fleet: SmallFleet) => void pause(fleet)],
  ])('the longest duration of a phase does not run while it is %s', (_name, holds) => {
    const fleet = fleetOf({}, ['east-0', 'east-1']);
    fleet.land({ to: 2, phases: [late] });
    decide(fleet);
    holds(fleet);
    steps(fleet, 59, MINUTE);
    expect(target(fleet, 'east-1').status).toBe('waiting');
    liftAll(fleet);
    steps(fleet, 20, MINUTE);
    expect(runsOf(fleet, ['east-0', 'east-1'], 2)).toBe(true);
  });

  it('nor does the patience with a cluster that is not seen, while it is stopped', () => {
    const fleet = fleetOf({}, ['east-0']);
    fleet.land({ to: 2, phases: [{ members: ['east-0'] }] });
    live(fleet, 'east-0').reachable = false;
    decide(fleet);
    pause(fleet);
    steps(fleet, 30, MINUTE);
    liftAll(fleet);
    steps(fleet, 4, MINUTE);
    expect(statuses(fleet)).toEqual(['waiting']);
    steps(fleet, 3, MINUTE);
    expect(statuses(fleet)).toEqual(['unreachable']);
  });
});

describe('a cluster that soaks', () => {
  it('keeps its slot: what is unproven at once is what is bounded', () => {
    const fleet = fleetOf();
    fleet.land({ to: 2, phases: [{ members: CLUSTERS, maxConcurrent: 2, soakMs: 10 * MINUTE }] });
    let most = 0;
    for (let i = 0; i < 60; i += 1) {
      fleet.step();
      most = Math.max(most, inFlight(fleet));
    }
    expect([most, statuses(fleet)]).toEqual([2, ['soaking', 'soaking', 'waiting', 'waiting']]);
  });
});

describe('an order', () => {
  const ordered = () => {
    const fleet = fleetOf({}, ['east-0']);
    fleet.land({ to: 2, phases: [{ members: ['east-0'] }] });
    decide(fleet);
    return fleet;
  };

  it('is sent again while the evidence shows another epoch', () => {
    const fleet = ordered();
    steps(fleet, 2, 1_000);
    fleet.world.forget(trusted.cluster('east-0'));
    steps(fleet, 10);
    expect(runsOf(fleet, ['east-0'], 2)).toBe(true);
  });

  it('that is refused is a hold with the reason, until the data plane takes it', () => {
    const fleet = ordered();
    live(fleet, 'east-0').refuses = 'a rebalance is running';
    steps(fleet, 1, 1_000);
    expect(reasonOf(fleet, 'east-0')).toBe('refused');
    steps(fleet, 3);
    live(fleet, 'east-0').refuses = undefined;
    steps(fleet, 12);
    expect(runsOf(fleet, ['east-0'], 2)).toBe(true);
  });

  it('that somebody else has overruled is given once more, above theirs', () => {
    const fleet = ordered();
    steps(fleet, 1, 1_000);
    const order = fleet.orders.get(trusted.cluster('east-0'));
    if (order !== undefined) fleet.world.accept({ ...order, mode: 'hold', epoch: 17 });
    steps(fleet, 15);
    expect([fleet.orders.get(trusted.cluster('east-0'))?.epoch, runsOf(fleet, ['east-0'], 2)]).toEqual([18, true]);
  });
});
