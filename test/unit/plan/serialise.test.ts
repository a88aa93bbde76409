import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { parsePlan, planToJson } from '../../../src/core/plan/serialise.ts';
import { cluster, type Documents, release, STANDARD, strategy } from '../../support/fleet-model.ts';
import { desiredAt, historyOf, planned } from './plan-of.ts';

const at = (version: string, documents: Documents = {}): Documents => ({
  clusters: [cluster('canary', { tier: 'canary' }), cluster('p1'), cluster('p2', {}, { optOut: { reason: 'audit' } }), cluster('gone')],
  releases: [release('r', { version, config: { x: 1, y: 'z', on: true } })],
  strategies: [strategy('standard', STANDARD.spec.phases, { budgets: { failed: 2, unreachable: '10%', deferred: 1 }, maxConcurrent: 3 })],
  ...documents,
});
const after = at('3.9.0', {
  clusters: [cluster('canary', { tier: 'canary' }), cluster('p1'), cluster('p2', {}, { optOut: { reason: 'audit' } }), cluster('new')],
});
const PLAN = planned(at('3.8.0'), after, historyOf(at('3.8.0')).seen(desiredAt(at('3.8.0')), 'p1', { version: '3.8.1' }));

const stored = (plan: Plan): unknown => JSON.parse(JSON.stringify(planToJson(plan)));

/** The JSON with one thing in it replaced, or taken out. */
function spoilt(path: string, value: unknown): unknown {
  const json = stored(PLAN);
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let place = json as Record<string, unknown>;
  for (const step of steps) place = place[step] as Record<string, unknown>;
  if (value === undefined) delete place[last];
  else place[last] = value;
  return json;
}

describe('a stored plan', () => {
  it('is the same plan when it is read again', () => {
    expect(parsePlan(stored(PLAN))).toEqual({ ok: true, value: PLAN });
  });

  it('says each spec once, and shares it again', () => {
    const json = stored(PLAN) as { readonly specs: readonly unknown[]; readonly differences: readonly unknown[] };
    expect([json.specs.length, json.differences.length]).toEqual([1, 3]);
    const read = parsePlan(json);
    const targets = read.ok ? [...(read.value.rollouts[0]?.targets.values() ?? [])] : [];
    expect(new Set(targets.map(({ spec }) => spec)).size).toBe(1);
  });

  it.each<[string, unknown, RegExp]>([
    ['digest', undefined, /^digest: a text expected, not nothing$/],
    ['digest', 'xyz', /^digest: not a plan digest/],
    ['rollouts', {}, /^rollouts: a list expected/],
    ['risks', undefined, /^risks: /],
    ['specs.0.replicas', '3', /^specs\.0\.replicas: a number expected, not "3"$/],
    ['specs.0.config.x', null, /^specs\.0\.config\.x: /],
    ['rollouts.0.kind', 'forward', /^rollouts\.0\.kind: one of rollout, rollback expected, not "forward"$/],
    ['rollouts.0.guardMs', -1, /^rollouts\.0\.guardMs: a number from 0/],
    ['rollouts.0.limits.0.count.count', undefined, /^rollouts\.0\.limits\.0\.count\.count: /],
    ['rollouts.0.limits.0.kind', 'planet', /^rollouts\.0\.limits\.0\.kind: /],
    ['rollouts.0.budgets.failed', 3, /^rollouts\.0\.budgets\.failed: an object/],
    ['rollouts.0.phases.0.soakMs', undefined, /^rollouts\.0\.phases\.0\.soakMs: /],
    ['rollouts.0.phases.0.budgets.deferred', undefined, /^rollouts\.0\.phases\.0\.budgets\.deferred: /],
    ['rollouts.0.targets.1.spec', 7, /^rollouts\.0\.targets\.1\.spec: nothing stands at place 7$/],
    ['rollouts.0.targets.1.change', 'move', /^rollouts\.0\.targets\.1\.change: /],
    ['rollouts.0.targets.1.cluster', 'NO', /^rollouts\.0\.targets\.1\.cluster: not a cluster name/],
    ['rollouts.0.targets.1.phase', 'canary', /^r: .* is not the target that stands there$/],
    ['rollouts.0.phases.0.members', [], /^r: .* is not the target that stands there$/],
    ['rollouts.0.phases.1.members', ['canary'], /^r: canary of phase early is not the target that stands there$/],
    ['rollouts.0.phases.2.members', [], /^r: \S+ is a target and in no phase$/],
    ['rollouts.0.targets', [], /^r: canary of phase canary is not the target that stands there$/],
    ['excluded.0.reason', 'tired', /^excluded\.0\.reason: one of opted-out, pinned expected/],
    ['risks.0.code', 'unknown-risk', /^risks\.0\.code: /],
  ])('without a right %s (%j) is refused', (path, value, want) => {
    expect(parsePlan(spoilt(path, value))).toEqual({ ok: false, error: expect.stringMatching(want) });
  });

  it.each([null, undefined, 'plan', [], {}])('is not %j', (value) => expect(parsePlan(value).ok).toBe(false));
});
