import { describe, expect, it } from 'vitest';
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

describe('a plan of 3,000 clusters', () => {
  const comment = renderPlanComment(plannedView(plan));

  it('fits, with everything a reviewer decides by', () => {
    expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(BODY_BYTES_MAX);
    for (const words of ['Changes 3,000 clusters in 3 phases', '**Phases**', '**When**', '**Next:**', '25 % of 2997 = 749'])
      expect(comment).toContain(words);
  });

  it('says how many clusters it does not list, and where they are', () => {
    const listed = comment.match(/^\| `kafka-\d{4}` \|/gm)?.length ?? 0;
    const missing = [
      ...comment.matchAll(/_([\d,]+) (?:more )?clusters left out: too long for GitHub\. Run `npx flotilla plan` to see all\._/g),
    ];
    const left = missing.reduce((sum, [, count = '0']) => sum + Number(count.replace(',', '')), 0);
    expect(listed).toBeGreaterThan(100);
    expect(listed + left).toBe(3_000);
  });

  it('fits in its check, and after the merge', () => {
    const view = rolloutView(shown(planned));
    for (const text of [renderPlanCheck(plannedView(plan)).text ?? '', renderMergedComment(view), renderRolloutCheck(view).text]) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(BODY_BYTES_MAX);
    }
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
    expect(comment).toMatch(/more problems left out: too long for GitHub\. Run `npx flotilla validate`/);
  });

  it('are annotated up to a limit of requests, the first ones first', () => {
    const { annotations } = renderPlanCheck(view);
    expect(annotations.map(({ line }) => line)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });
});
