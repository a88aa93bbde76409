import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { untouched } from '../../../src/core/reconcile/state.ts';
import { stopsOnVersions, stopsOverRollout, stopsOverTarget } from '../../../src/core/reconcile/stops-over.ts';
import { STOP_CAUSES, type Stop, type StopScope } from '../../../src/core/stop/stop.ts';
import { at, Scene } from '../../support/engine/scene.ts';
import { stopOf } from '../../support/fleet-ledger.ts';
import { type PlanShape, spec } from '../../support/small-world/plans.ts';
import { c } from '../../support/state/builders.ts';

const shape: PlanShape = { from: 1, to: 2, phases: [{ members: ['east-a'] }, { members: ['west-a'] }] };
const { planned, state } = new Scene(shape).rollout();
const V2 = { path: 'version', value: '1.2.0' };
const version = (value: string, product = 'kafka'): StopScope => ({ kind: 'version', product, traits: [{ path: 'version', value }] });

/** Does it hold east-a, which is in phase p0? And the whole rollout? */
const SCOPES: readonly (readonly [string, StopScope, boolean, boolean])[] = [
  ['the fleet', { kind: 'fleet' }, true, true],
  ['its product', { kind: 'product', product: 'kafka' }, true, true],
  ['another product', { kind: 'product', product: 'connect' }, false, false],
  ['its release', { kind: 'release', release: 'kafka' }, true, true],
  ['another release', { kind: 'release', release: 'other' }, false, false],
  ['its rollout', { kind: 'rollout', rollout: state.id }, true, true],
  ['another rollout', { kind: 'rollout', rollout: trusted.rollout('other') }, false, false],
  ['its phase', { kind: 'phase', rollout: state.id, phase: 'p0' }, true, false],
  ['another phase', { kind: 'phase', rollout: state.id, phase: 'p1' }, false, false],
  ['the same phase of another rollout', { kind: 'phase', rollout: trusted.rollout('other'), phase: 'p0' }, false, false],
  ['its data plane', { kind: 'data-plane', dataPlane: 'east' }, true, false],
  ['another data plane', { kind: 'data-plane', dataPlane: 'west' }, false, false],
  ['itself', { kind: 'cluster', cluster: c('east-a') }, true, false],
  ['another cluster', { kind: 'cluster', cluster: c('west-a') }, false, false],
  ['its version', version('1.2.0'), true, false],
  ['the version it comes from', version('1.1.0'), false, false],
  ['the same version of another product', version('1.2.0', 'connect'), false, false],
];

const over = (stop: Stop, more: { probe?: boolean; kind?: 'rollout' | 'rollback'; proven?: number } = {}): boolean => {
  const target = planned.targets.get(c('east-a'));
  if (target === undefined) throw new Error('east-a is planned');
  const { probe = false, kind = 'rollout', proven = 1 } = more;
  return stopsOverTarget([stop], { planned, state }, { ...target, kind }, { ...untouched(at(0)), probe }, spec(proven)).length > 0;
};

describe.each(SCOPES)('a stop on %s', (_, scope, holdsTarget, holdsRollout) => {
  it(`holds the target: ${holdsTarget}, the rollout: ${holdsRollout}`, () => {
    expect(over(stopOf({ scope }))).toBe(holdsTarget);
    expect(stopsOverRollout([stopOf({ scope })], { planned, state }).length > 0).toBe(holdsRollout);
  });
});

describe('what a stop lets', () => {
  it.each([
    ['nothing', 'rollout', true],
    ['nothing', 'rollback', true],
    ['rollbacks', 'rollout', true],
    ['rollbacks', 'rollback', false],
  ] as const)('one that lets %s holds a %s: %s', (lets, kind, held) => {
    const stop = stopOf({ scope: { kind: 'fleet' }, lets });
    expect(over(stop, { kind })).toBe(held);
    expect(stopsOverRollout([stop], { planned: { ...planned, kind }, state }).length > 0).toBe(held);
  });

  it.each(STOP_CAUSES)('another attempt that a person asked for passes a quarantine, and nothing else: %s', (cause) => {
    const stop = stopOf({ scope: version('1.2.0'), cause });
    expect(over(stop, { probe: true })).toBe(cause !== 'quarantine');
    expect(over(stop, { probe: false })).toBe(true);
  });
});

it.each([
  ['unproven-canary', 'p0', false],
  ['unproven-canary', 'p1', true],
  ['failed-budget', 'p0', true],
  ['person', 'p0', true],
] as const)('another attempt that a person asked for, under a stop for %s of %s, is held: %s', (cause, phase, held) => {
  expect(over(stopOf({ scope: { kind: 'rollout', rollout: state.id }, cause, phase }), { probe: true })).toBe(held);
});

describe('a stop on a version', () => {
  it('does not hold a cluster that was proven at it', () => {
    expect(over(stopOf({ scope: version('1.2.0') }), { proven: 2 })).toBe(false);
  });

  it('concerns a rollout of which some target was planned to move to it', () => {
    const on = (scope: StopScope) => stopsOnVersions([stopOf({ scope })], { planned, state }, new Map()).length > 0;
    expect(on(version('1.2.0'))).toBe(true);
    expect(on(version('1.3.0'))).toBe(false);
    expect(on(version('1.2.0', 'connect'))).toBe(false);
    expect(on({ kind: 'fleet' })).toBe(false);
    const mixed = new Scene({
      ...shape,
      to: new Map([
        ['east-a', 1],
        ['west-a', 2],
      ]),
    }).rollout();
    expect(stopsOnVersions([stopOf({ scope: version('1.2.0') })], mixed, new Map())).toHaveLength(1);
  });

  it('holds all of a rollout only while every target left was planned to move to it', () => {
    const scene = new Scene(shape);
    scene.stop({ scope: { kind: 'version', product: 'kafka', traits: [V2] } });
    expect(scene.decide(0).state().status).toBe('paused');

    const mixed = new Scene({
      ...shape,
      to: new Map([
        ['east-a', 3],
        ['west-a', 2],
      ]),
    });
    mixed.stop({ scope: { kind: 'version', product: 'kafka', traits: [V2] } });
    expect(mixed.decide(0).state().status).toBe('running');
    expect(mixed.given).toEqual(['run east-a #1']);

    const other = new Scene(shape);
    other.stop({ scope: { kind: 'version', product: 'connect', traits: [V2] } });
    expect(other.decide(0).state().status).toBe('running');
  });

  it('that lets rollbacks holds no rollout of which one target goes back', () => {
    const scene = new Scene({ ...shape, back: new Set(['east-a']) });
    scene.stop({ scope: { kind: 'version', product: 'kafka', traits: [V2] }, lets: 'rollbacks' });
    expect(scene.decide(0).state().status).toBe('running');
    expect(scene.given).toEqual(['run east-a #1']);
  });
});

it('no stops hold nothing', () => {
  expect(stopsOverRollout([], { planned, state })).toEqual([]);
});
