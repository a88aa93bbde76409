import { describe, expect, it } from 'vitest';
import { farWords, halfWayIn } from '../../../src/core/report/how-far.ts';
import { viewVerdict } from '../../../src/core/report/rollout-verdict.ts';
import { kafka, type Moved, rolloutView, shown } from '../../support/report-views.ts';

const planned = kafka({ from: '4.0.0', to: '4.0.1' });
const words = (moved: Moved): string => farWords([shown(planned, moved).active]);
const held = { status: 'held', progress: { done: 1, total: 5 } } as const;

describe('how far a rollout is', () => {
  it.each<readonly [string, Moved, string]>([
    ['nothing has moved', {}, '0 of 12 clusters done'],
    ['one has soaked', { phases: { canary: 'done' }, targets: { 'kafka-canary': { status: 'succeeded' } } }, '1 of 12 clusters done'],
    [
      'its phase bakes: it is at risk',
      { phases: { canary: 'baking' }, targets: { 'kafka-canary': { status: 'succeeded' } } },
      '0 of 12 clusters done, 1 baking',
    ],
    ['one has left the manifests', { targets: { 'kafka-dev': { status: 'removed' } } }, '0 of 11 clusters done, 1 removed'],
    ['one was left out', { targets: { 'kafka-dev': { status: 'skipped' } } }, '1 of 12 clusters done'],
    ['one stands between two versions', { targets: { 'kafka-dev': held } }, '0 of 12 clusters done, 1 half-way'],
    ['one failed there', { targets: { 'kafka-dev': { ...held, status: 'failed' } } }, '0 of 12 clusters done, 1 half-way, 1 failed'],
    [
      'one failed at the first broker',
      { targets: { 'kafka-dev': { status: 'failed', progress: { done: 0, total: 5 } } } },
      '0 of 12 clusters done, 1 failed',
    ],
    ['one is on its way', { targets: { 'kafka-dev': { ...held, status: 'rolling' } } }, '0 of 12 clusters done'],
  ])('%s', (_name, moved, want) => expect(words(moved)).toBe(want));

  it('says all clusters done of a release from which one was removed', () => {
    const all = Object.fromEntries([...planned.targets.keys()].map((cluster) => [cluster, { status: 'succeeded' as const }]));
    const one = shown(planned, { targets: { ...all, 'kafka-dev': { status: 'removed' } }, state: { status: 'completed' } });
    expect(viewVerdict(rolloutView(one)).words).toBe('Rollout completed: 11 of 11 clusters done, 1 removed');
  });

  it('names what stands between two versions, and where', () => {
    const at = (from: string) =>
      halfWayIn(shown(kafka({ from, to: '4.0.1' }), { targets: { 'kafka-dev': held } }).active).map(
        ({ cluster, words }) => `${cluster}: ${words}`,
      );
    expect(at('4.0.0')).toEqual(['kafka-dev: 1 of 5 brokers at 4.0.1']);
    expect(at('4.0.1')).toEqual(['kafka-dev: 1 of 5 brokers at the new configuration of 4.0.1']);
  });
});
