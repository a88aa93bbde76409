import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Problem } from '../../../src/core/model/problem.ts';
import { BODY_BYTES_MAX } from '../../../src/core/report/lay-out.ts';
import { renderPlanCheck } from '../../../src/core/report/plan-check.ts';
import { renderMergedComment, renderPlanComment } from '../../../src/core/report/plan-comment.ts';
import { renderRolloutCheck } from '../../../src/core/report/rollout-status.ts';
import { kafka, plannedView, planOf, rolloutView, shown, viewOf } from '../../support/report-views.ts';

const names = Array.from({ length: 3_000 }, (_, n) => `kafka-${String(n).padStart(4, '0')}`);
const planned = kafka({
  from: '3.8.0',
  to: '3.9.0',
  phases: [
    { name: 'canary', canary: true, members: names.slice(0, 3), why: 'tier = canary', atOnce: 1, soak: '30m' },
    { name: 'early', members: names.slice(3, 752), why: '25 % of 2997 = 749, drawn by hash', atOnce: '50%', soak: '1h' },
    { name: 'rest', members: names.slice(752), why: 'the rest', atOnce: '25%', soak: '15m' },
  ],
});
const plan = planOf([planned]);

/** Two screens: what a reader sees without unfolding anything, and what a phone loads at night. */
const SCREEN_LINES = 45;
const COMMENT_BYTES = 6_000;

const shownLines = (text: string): readonly string[] =>
  text
    .replace(/<details>[\s\S]*?<\/details>/g, '(folded)')
    .split('\n')
    .filter((line) => line !== '');

describe('a plan of 3,000 clusters', () => {
  const view = plannedView(plan, {
    halfWay: names.slice(0, 40).map((name) => ({ cluster: trusted.cluster(name), words: '1 of 5 brokers at 3.9.0' })),
  });
  const comment = renderPlanComment(view);
  const check = renderPlanCheck(view).text ?? '';

  it('fits on two screens, with everything a reviewer decides by', () => {
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(COMMENT_BYTES);
    expect(shownLines(comment).length).toBeLessThanOrEqual(2 * SCREEN_LINES);
    for (const words of ['Changes 3,000 clusters in 3 phases', '**Phases**', '**When**', '**Next:**', '25 % of 2997 = 749'])
      expect(comment).toContain(words);
  });

  it('says an identical change once, and where every cluster is to be seen', () => {
    expect(comment.match(/`version`: `3.8.0` → `3.9.0`/g)).toHaveLength(1);
    expect(comment).toContain('in the check `flotilla / plan`, and by `npx flotilla plan --from origin/HEAD --to aaaaaaaaaaaa`');
  });

  it('has every cluster in its check, as far as GitHub takes them, and all of its small phases', () => {
    expect(Buffer.byteLength(check)).toBeLessThanOrEqual(BODY_BYTES_MAX);
    const listed = check.slice(check.indexOf('<details>')).match(/`kafka-\d{4}`[,\n]/g)?.length ?? 0;
    const [, left = '0'] = /_([\d,]+) more clusters left out here\. Run `npx flotilla plan --from/.exec(check) ?? [];
    expect(listed).toBeGreaterThan(2_000);
    expect(listed + Number(left.replace(',', ''))).toBe(3_000);
    const lists = check.slice(check.indexOf('<details>')).split('\n\n');
    const listOf = (words: string): number | undefined => lists.find((text) => text.startsWith(words))?.match(/`kafka-\d{4}`/g)?.length;
    expect(listOf('**Phase 1, `canary`**, 3 clusters: ')).toBe(3);
    expect(listOf('**Phase 2, `early`**, 749 clusters: ')).toBe(749);
    expect(listOf('**Phase 3, `rest`**, 2,248 clusters: ')).toBe(2_248 - Number(left.replace(',', '')));
  });

  it('fits after the merge, while half of it is in flight', () => {
    const targets = Object.fromEntries(names.slice(0, 1_500).map((name) => [name, { status: 'rolling' as const }]));
    const running = rolloutView(shown(planned, { targets }));
    const merged = renderMergedComment(running);
    expect(Buffer.byteLength(merged)).toBeLessThanOrEqual(COMMENT_BYTES);
    expect(shownLines(merged).length).toBeLessThanOrEqual(2 * SCREEN_LINES);
    expect(Buffer.byteLength(renderRolloutCheck(running).text)).toBeLessThanOrEqual(BODY_BYTES_MAX);
  });
});

describe('a plan of 2,000 clusters', () => {
  it('is complete in its check', () => {
    const some = names.slice(0, 2_000);
    const all = kafka({
      from: '3.8.0',
      to: '3.9.0',
      phases: [{ name: 'rest', members: some, why: 'the rest', atOnce: '25%', soak: '15m' }],
    });
    const check = renderPlanCheck(plannedView(planOf([all]))).text ?? '';
    expect(some.filter((name) => !check.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('3,000 problems', () => {
  const problems = Array.from(
    { length: 3_000 },
    (_, n): Problem => ({
      file: 'clusters.yaml',
      line: n + 1,
      column: 1,
      code: 'schema/type',
      severity: 'error',
      message: 'a version must be in quotes',
      hint: 'write "3.9.0"',
    }),
  );
  const view = viewOf({ kind: 'broken', problems });

  it('are counted in full, and listed as far as they fit', () => {
    const comment = renderPlanComment(view);
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(BODY_BYTES_MAX);
    expect(comment).toMatch(/No plan: 3,000 errors in the manifests\n/);
    expect(comment).toMatch(/more problems left out here\. Run `npx flotilla validate`/);
  });

  it('are annotated up to a limit of requests, the first ones first', () => {
    const { annotations } = renderPlanCheck(view);
    expect(annotations.map(({ line }) => line)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });
});
