import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { renderPlanMarkdown, renderPlanText } from '../../../src/core/report/plan-text.ts';
import { renderProblems } from '../../../src/core/report/problems.ts';
import { connect, kafka, planOf, setting } from '../../support/report-views.ts';

const HOSTILE = '\u001b[31mred\u001b[0m | @octocat\nnext line';
const plan = planOf(
  [
    kafka({
      from: '3.8.0',
      to: '3.9.0',
      targets: {
        'kafka-shop-1': { change: 'bring-home' },
        'kafka-shop-2': { differences: [setting('config.log.dirs', undefined, HOSTILE)] },
        'kafka-dev': { change: 'create', from: undefined, differences: [] },
      },
    }),
    connect('3.8.0', '3.9.0'),
  ],
  {
    risks: [{ code: 'stopped', words: `release kafka-all is stopped: ${HOSTILE}` }],
    excluded: [{ cluster: trusted.cluster('kafka-shop-10'), release: 'kafka-all', reason: 'opted-out', words: HOSTILE }],
    removed: [trusted.cluster('kafka-shop-11')],
  },
);
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
