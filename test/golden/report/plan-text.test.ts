import { describe, expect, it } from 'vitest';
import { renderPlanMarkdown, renderPlanText } from '../../../src/core/report/plan-text.ts';
import { renderProblems } from '../../../src/core/report/problems.ts';
import { cluster } from '../../support/fleet-model.ts';
import { fleet, planBetween, without } from '../../support/report-views.ts';

const HOSTILE = '\u001b[31mred\u001b[0m | @octocat\nnext line';
const clusters = [
  ...without('kafka-shop-9', 'connect-canary'),
  cluster('kafka-shop-9', {}, { optOut: { reason: HOSTILE } }),
  cluster('kafka-new', { tier: 'internal' }),
];
const plan = planBetween(fleet('3.8.0'), fleet('3.9.0', { clusters }));
const problem = {
  file: 'a.yaml',
  line: 3,
  column: 5,
  code: 'schema/unknown-field',
  severity: 'error',
  message: `no field ${HOSTILE}`,
  hint: 'remove it',
} as const;

describe('for a terminal', () => {
  it('a plan', async () => await expect(renderPlanText(plan)).toMatchFileSnapshot('plan-text.txt'));

  it('has nothing in it that a terminal would obey', () => {
    for (const text of [renderPlanText(plan), renderProblems([problem], 'text', undefined)])
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('says that nothing changes', () => expect(renderPlanText(undefined)).toBe(renderPlanMarkdown(undefined)));
});

describe('as Markdown', () => {
  it('a plan', async () => await expect(renderPlanMarkdown(plan)).toMatchFileSnapshot('plan-text.md'));

  it('problems', async () => await expect(renderProblems([problem], 'markdown', undefined)).toMatchFileSnapshot('problems.md'));

  it('no problems', () => {
    expect(renderProblems([], 'markdown', { files: 1, clusters: 2, releases: 1 })).toBe(
      'No problems: 2 clusters and 1 release in 1 file.\n',
    );
  });
});
