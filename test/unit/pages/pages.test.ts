import { describe, expect, it } from 'vitest';
import { renderRunPage } from '../../../src/local/forge/pages/checks.ts';
import { renderDeliveriesPage } from '../../../src/local/forge/pages/deliveries.ts';
import { renderErrorPage } from '../../../src/local/forge/pages/error.ts';
import { renderHomePage } from '../../../src/local/forge/pages/home.ts';
import { renderIssuePage } from '../../../src/local/forge/pages/issue.ts';
import { renderIssuesPage, renderPullsPage } from '../../../src/local/forge/pages/lists.ts';
import { renderNewPullPage } from '../../../src/local/forge/pages/new-pull.ts';
import { renderPullPage } from '../../../src/local/forge/pages/pull.ts';
import { renderRepositoryPage } from '../../../src/local/forge/pages/repository.ts';
import type { CommitBrief, IssueBrief, IssueView, PullBrief, PullView } from '../../../src/local/forge/pages/views.ts';
import { failedCheck, files, HOSTILE, NOW, pull, repository, SHA, shell } from './fixtures.ts';

const hostileShell = { ...shell, flash: { tone: 'bad' as const, text: HOSTILE } };
const commit: CommitBrief = { sha: SHA, subject: HOSTILE, author: HOSTILE, at: NOW, checks: [failedCheck] };
const pullBrief: PullBrief = {
  number: 1,
  title: HOSTILE,
  state: 'draft',
  author: 'alice',
  createdAt: NOW,
  head: HOSTILE,
  base: 'main',
  comments: 2,
  checks: [failedCheck],
};
const issueBrief: IssueBrief = {
  number: 2,
  title: HOSTILE,
  state: 'open',
  author: 'alice',
  createdAt: NOW,
  comments: 1,
  labels: pull.labels,
};
const issue: IssueView = { ...pull, state: 'closed', stateReason: 'not_planned' };
const clone = { url: `http://127.0.0.1/${HOSTILE}.git`, token: HOSTILE };
const merged: PullView = {
  ...pull,
  state: 'merged',
  mergedAs: { sha: SHA, by: 'bob', at: NOW },
  mergeChecks: [{ ...failedCheck, state: 'in_progress', completedAt: undefined }],
};
const PAGES: readonly (readonly [string, string])[] = [
  ['home', renderHomePage(hostileShell, { repositories: [{ ...repository, description: HOSTILE, clone }] })],
  [
    'repository',
    renderRepositoryPage(hostileShell, {
      repository,
      description: HOSTILE,
      clone,
      branches: [{ name: HOSTILE, sha: SHA, subject: HOSTILE, at: NOW, pull: undefined }],
      pulls: [pullBrief],
      issues: [issueBrief],
      commits: [commit],
    }),
  ],
  ['pull requests', renderPullsPage(hostileShell, { repository, state: 'open', items: [pullBrief], cut: true })],
  ['issues', renderIssuesPage(hostileShell, { repository, state: 'closed', items: [issueBrief], cut: false })],
  ['open pull request', renderPullPage(hostileShell, pull)],
  ['merged pull request', renderPullPage(hostileShell, merged)],
  ['pull request with a conflict', renderPullPage(hostileShell, { ...pull, mergeability: 'conflict' })],
  ['issue', renderIssuePage(hostileShell, issue)],
  ['check run', renderRunPage(hostileShell, { repository, check: failedCheck })],
  [
    'new pull request',
    renderNewPullPage(hostileShell, {
      repository,
      branches: ['main', HOSTILE],
      base: 'main',
      head: HOSTILE,
      title: HOSTILE,
      body: `</textarea>${HOSTILE}`,
      commits: [commit],
      files,
      filesCut: false,
      obstacle: undefined,
    }),
  ],
  [
    'deliveries',
    renderDeliveriesPage(hostileShell, {
      hookUrl: HOSTILE,
      waiting: 1,
      deliveries: [
        {
          id: 1,
          guid: HOSTILE,
          event: HOSTILE,
          action: HOSTILE,
          at: NOW,
          redelivery: true,
          statusCode: 502,
          status: HOSTILE,
          durationMs: 12,
          repository: HOSTILE,
        },
      ],
    }),
  ],
  ['error', renderErrorPage(hostileShell, { title: HOSTILE, words: HOSTILE, back: '/' })],
];

const tagsOf = (page: string): readonly string[] => page.match(/<[a-z!/][^>]*>/gi) ?? [];
const withoutValues = (tag: string): string => tag.replace(/"[^"]*"/g, '""');

describe.each(PAGES)('the page: %s', (_name, page) => {
  it('lets nothing of a user become markup', () => {
    const tags = tagsOf(page.replace(/<script data-seconds="\d+">[\s\S]*?<\/script>/, ''))
      .map(withoutValues)
      .join('\n');
    expect(tags).not.toMatch(/<(script|style|iframe|img|object|base)\b|\son\w+=|\sstyle=/i);
    expect(page).not.toContain('javascript:');
  });

  it('has one main heading, and no level is left out before it', () => {
    const levels = [...page.replace(/<div class="markdown">[\s\S]*?<\/div>/g, '').matchAll(/<h([1-6])\b/g)].map((match) =>
      Number(match[1]),
    );
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  it('has a label for every field, and the token in every form that changes something', () => {
    for (const [form] of page.matchAll(/<form method="post"[\s\S]*?<\/form>/g)) expect(form).toContain('name="csrf" value="token"');
    const fields = tagsOf(page).filter((tag) => /^<(input|select|textarea)\b/.test(tag) && !/type="(hidden|checkbox)"/.test(tag));
    for (const field of fields) {
      const id = / id="([^"]+)"/.exec(field)?.[1] ?? 'no id';
      expect(page).toContain(`<label for="${id}"`);
    }
  });

  it('names every id once', () => {
    const ids = tagsOf(page).flatMap((tag) => / id="([^"]+)"/.exec(tag)?.[1] ?? []);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('has every element closed', () => {
    const open: string[] = [];
    for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/gi)) {
      if (/^(meta|link|input|br|hr|path)$/.test(name)) continue;
      if (slash === '') open.push(name);
      else expect(name).toBe(open.pop());
    }
    expect(open).toEqual([]);
  });
});

describe('the page of a pull request', () => {
  const page = (view: Partial<PullView>): string => renderPullPage(shell, { ...pull, ...view });

  it.each([
    ['open and clean', {}, ['Merge pull request', 'value="squash"', 'value="rebase"', 'Close pull request'], ['Revert', 'Reopen']],
    ['in conflict', { mergeability: 'conflict' }, ['Both branches changed the same lines', 'Close pull request'], ['Merge pull request']],
    ['not tested yet', { mergeability: undefined }, ['Not known yet'], ['Revert']],
    ['closed', { state: 'closed' }, ['Reopen'], ['Merge pull request', 'Close pull request', 'Revert']],
    ['merged', merged, ['Revert', 'Checks after the merge'], ['Merge pull request', 'Reopen', 'Close pull request']],
    ['merged and taken back', { ...merged, revertedBy: 9 }, ['taken back by', '/pull/9'], ['>Revert<', 'Reopen']],
  ] as const)('that is %s offers what can be done', (_name, view, offered, withheld) => {
    const text = page(view as Partial<PullView>);
    for (const words of offered) expect(text).toContain(words);
    for (const words of withheld) expect(text).not.toContain(words);
  });

  it.each([
    ['a check runs', { checks: [{ ...failedCheck, state: 'in_progress' as const }] }, true],
    ['it was pushed a moment ago', { lastChangeMs: shell.nowMs - 29_999 }, true],
    ['it was pushed a while ago', { lastChangeMs: shell.nowMs - 30_000 }, false],
    ['everything is done', {}, false],
  ])('looks for news when %s', (_name, view, live) => expect(page(view).includes('data-seconds=')).toBe(live));

  it('says which commit a merge is for, so that a newer push is not merged unseen', () => {
    expect(page({})).toContain(`name="sha" value="${SHA}"`);
  });
});
