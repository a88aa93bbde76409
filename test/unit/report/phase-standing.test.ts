import { expect, it } from 'vitest';
import type { PhaseStatus, RolloutState } from '../../../src/core/reconcile/state.ts';
import { type PhaseStanding, phaseStanding } from '../../../src/core/report/phase-standing.ts';
import { at, kafka, shown } from '../../support/report-views.ts';

const ENDED = { status: 'aborted', finishedAt: at('09:30:00') } as const;

it.each<[PhaseStatus, Partial<RolloutState>, PhaseStanding]>([
  ['baking', {}, 'baking'],
  ['baking', { status: 'paused' }, 'paused'],
  ['baking', ENDED, 'not-finished'],
  ['running', {}, 'running'],
  ['running', { status: 'paused' }, 'paused'],
  ['running', ENDED, 'not-finished'],
  ['waiting', { status: 'paused' }, 'waiting'],
  ['waiting', ENDED, 'not-reached'],
  ['awaiting-approval', { status: 'paused' }, 'awaiting-approval'],
  ['done', { status: 'paused' }, 'done'],
  ['done', ENDED, 'done'],
  ['skipped', ENDED, 'skipped'],
])('a phase that is %s, in a rollout that is %o, is told as %s', (status, state, want) => {
  const { active } = shown(kafka({ from: '3.8.0', to: '3.9.0' }), { phases: { canary: status }, state });
  expect(phaseStanding(active.state, 'canary')).toBe(want);
});
