import { describe, expect, it } from 'vitest';
import type { Drift, LaggingReason } from '../../../src/core/drift/drift.ts';
import { groupDrifts } from '../../../src/core/drift/group-drifts.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { renderBrokenBranchIssue } from '../../../src/core/report/broken-branch-issue.ts';
import { driftMarker, renderClosedDriftIssue, renderDriftIssue } from '../../../src/core/report/drift-issue.ts';
import { renderBranchCheck } from '../../../src/core/report/plan-check.ts';
import { at, BASE, HEAD } from '../../support/report-views.ts';

const drift = (name: string, fields: Partial<Drift>): Drift => ({
  key: `cluster:${name}`,
  kinds: ['version'],
  cluster: trusted.cluster(name),
  dataPlane: 'aws-eu',
  product: 'kafka',
  differences: [],
  lagging: undefined,
  detail: undefined,
  since: at('08:00:00'),
  seenAt: at('09:00:00'),
  ...fields,
});
const lagging = (reason: LaggingReason, words: string): Partial<Drift> => ({
  kinds: ['lagging'],
  lagging: { reason, words },
  differences: [{ path: 'version', from: '3.9.0', to: '3.8.0' }],
});

const drifts: Readonly<Record<string, Drift>> = {
  version: drift('kafka-shop-1', {
    kinds: ['version', 'config'],
    differences: [
      { path: 'version', from: '3.9.0', to: '3.8.0' },
      { path: 'config.log.retention.hours', from: 72, to: undefined },
      { path: 'config.note', from: 'plain', to: '@octocat | <!-- x -->\n`y`' },
    ],
  }),
  lagging: drift(
    'kafka-shop-2',
    lagging('pin-expired', 'its pin expired at 2026-11-01 00:00:00 UTC, and the release wants 3.9.0: old disks, ask @storage'),
  ),
  unhealthy: drift('kafka-shop-5', {
    kinds: ['unhealthy'],
    detail: 'broker 2: crash-loop at 3.9.0; proven there at 2026-11-20 10:00:00 UTC',
  }),
  quarantined: drift(
    'kafka-shop-6',
    lagging('quarantined', 'stop 72b27c7511e59717 by flotilla: kafka 3.9.0: phase canary: 1 failed (kafka-canary), and the budget is 0'),
  ),
  stopped: drift('kafka-shop-7', lagging('stopped', 'stop 735162e83f7344e1 by anna: customer demo until noon, ask @anna')),
  pending: drift('kafka-shop-8', lagging('pending', 'rollout aaaaaaaaaaaa-62ec75f75a2b9f1b waits behind another of its release')),
  'half-way': drift(
    'kafka-shop-9',
    lagging('half-way', '1 of 5 brokers at 3.9.0; rollout aaaaaaaaaaaa-62ec75f75a2b9f1b: broker 2: crash loop'),
  ),
  failed: drift('kafka-shop-3', lagging('failed', 'broker 2: crash loop')),
  unknown: drift('kafka-lost', { kinds: ['unknown-cluster'], product: undefined }),
  missing: drift('kafka-shop-4', { kinds: ['missing-cluster'] }),
  silent: drift('gone', {
    key: 'data-plane:aws-eu',
    kinds: ['silent-data-plane'],
    cluster: undefined,
    product: undefined,
    detail: '14 clusters are not seen: connect ECONNREFUSED 10.0.0.1:443',
  }),
};
const show = ({ title, body }: { readonly title: string; readonly body: string }): string => `${title}\n\n---\n\n${body}\n`;

describe('drift issue', () => {
  it.each(Object.entries(drifts))('%s', async (name, one) => {
    const [group] = groupDrifts([one], 10);
    if (group === undefined) throw new Error('no group');
    const issue = renderDriftIssue(group);
    expect(issue.body).toContain(driftMarker(one.key));
    await expect(show(issue)).toMatchFileSnapshot(`drift-issue.${name}.md`);
  });

  it('many in one', async () => {
    const groups = groupDrifts(Object.values(drifts), 5);
    expect(groups.map(({ key }) => key)).toEqual([
      'data-plane:aws-eu',
      'group:aws-eu:unknown-cluster',
      'group:aws-eu:version',
      'group:aws-eu:lagging',
      'group:aws-eu:missing-cluster',
      'group:aws-eu:unhealthy',
    ]);
    const lag = groups.find(({ key }) => key === 'group:aws-eu:lagging');
    if (lag === undefined) throw new Error('no group');
    await expect(show(renderDriftIssue(lag))).toMatchFileSnapshot('drift-issue.many.md');
  });

  it.each([
    [11, 11],
    [10, 11],
    [9, 6],
    [5, 6],
    [4, 2],
    [1, 2],
  ])('with at most %i issues there are %i, one of them for the outage', (most, want) => {
    const groups = groupDrifts(Object.values(drifts), most);
    expect(groups).toHaveLength(want);
    expect(groups.flatMap((group) => (group.kind === 'single' ? [group.drift] : group.drifts))).toHaveLength(11);
  });

  it.each(['resolved', 'told-elsewhere', 'intended'] as const)(
    'closed because it is %s: with its title, and what was seen last',
    async (end) => {
      const [group] = groupDrifts(Object.values(drifts).slice(0, 1), 10);
      if (group === undefined) throw new Error('no group');
      const last = renderDriftIssue(group);
      const closed = renderClosedDriftIssue(group.key, end, at('09:30:00'), last);
      expect(closed.title).toBe(last.title);
      expect(closed.body.split(driftMarker(group.key))).toHaveLength(2);
      await expect(show(closed)).toMatchFileSnapshot(`drift-issue.${end}.md`);
    },
  );
});

describe('broken default branch', () => {
  const problem = {
    file: 'fleet-manifests/releases/kafka.yaml',
    line: 6,
    column: 12,
    code: 'unknown-version',
    severity: 'error',
    message: 'Product kafka does not list version 3.99.0',
    hint: 'use a listed one: 3.8.0, 3.9.0',
  } as const;

  it.each([
    ['broken', [problem], BASE],
    ['broken-from-the-start', [problem], undefined],
    ['fixed', [], HEAD],
  ] as const)('%s', async (name, problems, lastGood) => {
    await expect(show(renderBrokenBranchIssue({ commit: HEAD, lastGood, problems }))).toMatchFileSnapshot(`broken-branch-issue.${name}.md`);
  });

  it('fails the check at the line', () => {
    const { title, state, annotations } = renderBranchCheck({ commit: HEAD, lastGood: BASE, problems: [problem] });
    expect([title, state.conclusion]).toEqual(['Not taken: 1 error in the manifests', 'failure']);
    expect(annotations).toEqual([
      {
        path: problem.file,
        line: 6,
        column: 12,
        level: 'failure',
        title: 'unknown-version',
        message: `${problem.message}\nHow to fix: ${problem.hint}`,
      },
    ]);
  });
});
