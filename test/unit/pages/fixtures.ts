import { fileDiffOf } from '../../../src/local/forge/pages/diff.ts';
import type { CheckView, PullView, RepositoryRef, ShellView } from '../../../src/local/forge/pages/views.ts';

/** Stands wherever a user can put text; none of it may reach a page as markup. */
export const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\${x}&amp;`;

export const SHA = 'c0ffee0'.padEnd(40, '0');
export const NOW = '2026-11-21T12:00:00Z';

export const shell: ShellView = {
  nowMs: Date.parse(NOW),
  path: '/acme/fleet/pull/1',
  csrf: 'token',
  user: 'alice',
  users: ['alice', 'bob', 'eve'],
  links: { dataPlane: 'http://127.0.0.1:3002/', bot: 'http://127.0.0.1:3000/' },
  flash: undefined,
};

export const repository: RepositoryRef = {
  owner: 'acme',
  name: 'fleet',
  defaultBranch: 'main',
  openPulls: 1,
  openIssues: 2,
  hasIssue: () => true,
};

export const failedCheck: CheckView = {
  id: 7,
  name: `plan ${HOSTILE}`,
  state: 'failure',
  title: `1 error ${HOSTILE}`,
  headSha: SHA,
  app: `Flotilla ${HOSTILE}`,
  summary: `| a |\n|---|\n| ${HOSTILE} |`,
  text: HOSTILE,
  annotations: [
    {
      path: `releases/${HOSTILE}.yaml`,
      startLine: 2,
      endLine: 2,
      startColumn: 3,
      level: 'failure',
      title: HOSTILE,
      message: HOSTILE,
      details: HOSTILE,
    },
  ],
  startedAt: '2026-11-21T11:59:00Z',
  completedAt: '2026-11-21T11:59:30Z',
  detailsUrl: 'javascript:alert(1)',
  actions: [{ identifier: HOSTILE, label: HOSTILE, description: HOSTILE }],
};

export const files = [
  fileDiffOf({
    status: 'modified',
    path: `releases/${HOSTILE}.yaml`,
    previousPath: undefined,
    blob: SHA,
    additions: 1,
    deletions: 1,
    patch: `@@ -1,2 +1,2 @@ ${HOSTILE}\n a\n-${HOSTILE}\n+b ${HOSTILE}`,
  }),
];

export const pull: PullView = {
  repository,
  number: 1,
  title: `Roll out ${HOSTILE}`,
  state: 'open',
  author: 'alice',
  authorIsBot: false,
  createdAt: '2026-11-21T11:00:00Z',
  body: HOSTILE,
  base: { branch: 'main', sha: SHA },
  head: { branch: `alice/${HOSTILE}`, sha: SHA },
  mergedAs: undefined,
  labels: [{ name: HOSTILE, description: HOSTILE }],
  timeline: [
    { kind: 'commit', sha: SHA, subject: HOSTILE, author: HOSTILE, at: NOW, checks: [failedCheck] },
    { kind: 'comment', id: 4, author: 'flotilla[bot]', bot: true, at: NOW, editedAt: NOW, body: HOSTILE },
    { kind: 'event', what: 'approved', actor: 'bob', at: NOW, sha: SHA },
  ],
  commitCount: 1,
  checks: [failedCheck],
  mergeChecks: [],
  files,
  filesCut: true,
  mergeability: 'mergeable',
  revertedBy: undefined,
  lastChangeMs: 0,
};
