import { expect, it } from 'vitest';
import { atSpeed } from '../../../src/core/plan/at-speed.ts';
import { cluster, type Documents, release, STANDARD, strategy } from '../../support/fleet-model.ts';
import { rolled } from './plan-of.ts';

const at = (version: string): Documents => ({
  clusters: [cluster('canary', { tier: 'canary' }), cluster('p1')],
  releases: [release('r', { version })],
  strategies: [
    strategy(
      'standard',
      STANDARD.spec.phases.map((phase) => ({ ...phase, maxDuration: '2h' })),
    ),
  ],
});
const planned = rolled(at('3.8.0'), at('3.9.0'));

it('runs every time of a rollout faster, and changes nothing else', () => {
  const fast = atSpeed(planned, 60);
  expect(fast.guardMs).toBe(30_000);
  expect(fast.phases[0]).toMatchObject({ soakMs: 30_000, bakeMs: 60_000, maxDurationMs: 120_000 });
  expect([...fast.targets.values()].map(({ deadlineMs }) => deadlineMs)).toEqual([25_000, 25_000]);
  expect(atSpeed(fast, 1 / 60)).toEqual(planned);
});

it('gives no phase a longest duration that has none', () => {
  const { strategies: _, ...plain } = at('3.8.0');
  const fast = atSpeed(rolled(plain, { ...plain, releases: [release('r', { version: '3.9.0' })] }), 60);
  expect(fast.phases.map(({ maxDurationMs }) => maxDurationMs)).toEqual([undefined, undefined, undefined]);
});

it('is the rollout itself outside of local mode', () => expect(atSpeed(planned, 1)).toBe(planned));
