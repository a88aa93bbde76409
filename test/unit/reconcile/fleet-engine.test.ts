import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { decideFleet } from '../../../src/core/reconcile/decide-fleet.ts';
import { FleetEngine, type FleetStep } from '../../../src/core/reconcile/fleet-engine.ts';
import { at, Scene, seen } from '../../support/engine/scene.ts';
import { revision } from '../../support/small-world/plans.ts';
import { dataPlane } from '../../support/small-world/policy.ts';

const A = trusted.cluster('east-a');
const B = trusted.cluster('east-b');

const engine = (): FleetEngine =>
  new FleetEngine(new Scene({ from: 1, to: 2, phases: [{ members: ['east-a', 'east-b'], maxConcurrent: 1, soakMs: 30_000 }] }).input());

/** East-a has accepted its order, and has rolled. */
const arrived = (ms: number, epoch = 1, name = 'east-a') =>
  seen(name, 2, { accepted: { epoch, revision: revision(2), mode: 'run' }, sampledAt: at(ms), receivedAt: at(ms) });

const said = ({ rollouts }: FleetStep): readonly string[] =>
  rollouts.flatMap(({ actions, targets }) => [
    ...actions.map((action) =>
      action.kind === 'order' ? `${action.order.mode} ${action.order.cluster} #${action.order.epoch}` : action.kind,
    ),
    ...[...targets].map(([cluster, { status }]) => `${cluster} ${status}`),
  ]);

describe('an engine that is kept between events', () => {
  it('begins with the decision from scratch', () => {
    const [one] = engine().decision().decisions;
    expect(one?.decision.actions).toMatchObject([{ kind: 'order', order: { cluster: A, epoch: 1, mode: 'run' } }]);
  });

  it('says of each step only what changed', () => {
    const kept = engine();
    const steps = [
      kept.next({ now: at(1_000) }),
      kept.next({ now: at(10_000), observations: [arrived(10_000)] }),
      kept.next({
        now: at(40_000),
        observations: [arrived(40_000), { ...seen('east-b', 1), receivedAt: at(40_000), sampledAt: at(40_000) }],
      }),
    ];
    expect(steps.map(said)).toEqual([[], ['east-a soaking'], ['run east-b #1', 'east-a succeeded', 'east-b applying']]);
    expect(steps.map(({ rollouts }) => rollouts.flatMap(({ changes }) => changes).length)).toEqual([0, 1, 2]);
  });

  it('wakes by time alone', () => {
    const kept = engine();
    // First the evidence of the one that waits for the slot is too old.
    expect(kept.next({ now: at(1_000) }).wakeAt).toBe(at(60_001));
    expect(kept.next({ now: at(60_001) }).wakeAt).toBe(at(300_000));
    // That pauses the rollout, and with it the patience with the other one.
    expect(said(kept.next({ now: at(300_000) }))).toEqual(['hold east-a #2', 'east-a unreachable', 'east-b waiting']);
  });

  it('takes answers to the newest order, and to no other', () => {
    const kept = engine();
    kept.next({ now: at(1_000), replies: [{ kind: 'stale', cluster: A, epoch: 9, seen: 20 }] });
    expect(said(kept.next({ now: at(1_001), replies: [{ kind: 'accepted', cluster: B, epoch: 1 }] }))).toEqual([]);
    expect(said(kept.next({ now: at(1_002), replies: [{ kind: 'stale', cluster: A, epoch: 1, seen: 4 }] }))).toEqual([
      'run east-a #5',
      'east-a applying',
    ]);
  });

  it('keeps the reason of a refusal', () => {
    const kept = engine();
    kept.next({ now: at(1_000), replies: [{ kind: 'refused', cluster: A, epoch: 1, reason: 'disk full' }] });
    expect(kept.snapshot().orders.get(A)?.reply).toEqual({ kind: 'refused', at: at(1_000), reason: 'disk full' });
  });

  it('stands where a decision from scratch on its snapshot would', () => {
    const kept = engine();
    kept.next({ now: at(10_000), observations: [arrived(10_000)], replies: [{ kind: 'accepted', cluster: A, epoch: 1 }] });
    kept.next({ now: at(40_000), observations: [arrived(40_000)] });
    const snapshot = kept.snapshot();
    expect(snapshot.now).toBe(at(40_000));
    expect(snapshot.ledger.get(A)?.proven[0]).toMatchObject({ revision: revision(2), proof: 'soaked' });
    expect(snapshot.orders.get(A)?.reply?.kind).toBe('accepted');
    expect(snapshot.observations.get(A)?.receivedAt).toBe(at(40_000));
    const [again] = decideFleet(snapshot).decisions;
    expect(again?.decision.next).toEqual(kept.decision().decisions[0]?.decision.next);
    expect(again?.decision.actions).toEqual([]);
  });

  it('says of what is done no longer why it waited', () => {
    const kept = engine();
    const waits = () => [...(kept.decision().decisions[0]?.decision.holds.clusters.keys() ?? [])];
    kept.next({ now: at(10_000), observations: [arrived(10_000)] });
    expect(waits()).toEqual([A]);
    kept.next({ now: at(40_000), observations: [arrived(40_000)] });
    expect(waits()).not.toContain(A);
  });

  it('gives a slot on a data plane to who stands first there, each time that it is free', () => {
    const scene = new Scene({ from: 1, to: 2, phases: [{ members: ['east-a', 'east-b', 'east-c'], maxConcurrent: 3 }] });
    scene.policy = { ...scene.policy, dataPlanes: [dataPlane('east', 1)] };
    const kept = new FleetEngine(scene.input());
    const steps = ['east-a', 'east-b', 'east-c'].map((name, i) => {
      const ms = 10_000 * (i + 1);
      // News of one that waits makes it no sooner.
      const waiting = { ...seen('east-c', 1), receivedAt: at(ms - 1), sampledAt: at(ms - 1) };
      if (name !== 'east-c') expect(said(kept.next({ now: at(ms - 1), observations: [waiting] }))).toEqual([]);
      return said(kept.next({ now: at(ms), observations: [arrived(ms, 1, name)] }));
    });
    expect(steps).toEqual([
      ['run east-b #1', 'east-a succeeded', 'east-b applying'],
      ['run east-c #1', 'east-b succeeded', 'east-c applying'],
      ['east-c succeeded'],
    ]);
  });

  it('lets go of what has ended and is no longer watched', () => {
    const kept = engine();
    kept.next({
      now: at(40_000),
      observations: [{ ...seen('east-b', 2), receivedAt: at(40_000), sampledAt: at(40_000) }, arrived(40_000)],
    });
    kept.next({ now: at(70_000), observations: [arrived(70_000)] });
    expect(kept.next({ now: at(70_001) }).rollouts).toHaveLength(0);
    expect(kept.next({ now: at(70_002) }).wakeAt).toBeUndefined();
  });
});
