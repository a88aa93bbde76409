import { expect, it } from 'vitest';
import type { Difference } from '../../../src/core/desired/desired.ts';
import { moveWords } from '../../../src/core/report/plan-words.ts';
import { setting, specAt, versionChange } from '../../support/report-views.ts';

const spec = specAt('kafka', '8.0.0');
const THREADS = setting('config.num.io.threads', 8, 16);
const IMAGE = setting('image', 'k@1', 'k@2');
const FLAG = setting('featureFlags.tiered', undefined, true);

it.each<[string, string | undefined, readonly Difference[], string]>([
  ['to another version', '7.9.0', versionChange('kafka', '7.9.0', '8.0.0'), '7.9.0 → 8.0.0'],
  ['new', undefined, [], 'new at 8.0.0'],
  ['a setting', '8.0.0', [THREADS], 'config change at 8.0.0'],
  ['a feature flag', '8.0.0', [FLAG], 'config change at 8.0.0'],
  ['an image', '8.0.0', [IMAGE], 'image change at 8.0.0'],
  ['brokers and a setting', '8.0.0', [setting('replicas', 3, 5), THREADS], 'config and replicas change at 8.0.0'],
  ['nothing but the order', '8.0.0', [], 'ordered again at 8.0.0'],
])('a move, %s', (_, version, differences, want) => {
  const from = version === undefined ? undefined : { revision: undefined, version };
  expect(moveWords({ from, spec, differences })).toBe(want);
});
