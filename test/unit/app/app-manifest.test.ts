import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { WEBHOOK_PATH } from '../../../src/app/webhook-route.ts';
import { askedBy } from '../../../src/app/webhooks.ts';

const root = resolve(import.meta.dirname, '../../..');
const manifest = parse(readFileSync(join(root, 'app.yml'), 'utf8')) as {
  readonly default_permissions: Readonly<Record<string, string>>;
  readonly default_events: readonly string[];
  readonly hook_attributes: { readonly url: string };
};

// The package is one JSON file whose types claim a module with a default export.
const published = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
  readonly name: string;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
}[];

/** GitHub sends these to every app; they cannot be asked for. */
const ALWAYS_SENT = ['installation', 'installation_repositories'];

/** What each request of the adapter needs, from GitHub's page "Permissions required for GitHub Apps". `undefined`: the app's own key is enough. */
const NEEDS: Readonly<Record<string, readonly [permission: string, level: 'read' | 'write'] | undefined>> = {
  'apps.listInstallations': undefined,
  'apps.listReposAccessibleToInstallation': ['metadata', 'read'],
  'apps.listWebhookDeliveries': undefined,
  'apps.redeliverWebhookDelivery': undefined,
  'checks.create': ['checks', 'write'],
  'checks.listAnnotations': ['checks', 'read'],
  'checks.listForRef': ['checks', 'read'],
  'checks.update': ['checks', 'write'],
  'issues.create': ['issues', 'write'],
  // On pull requests only: the one comment.
  'issues.createComment': ['pull_requests', 'write'],
  'issues.deleteComment': ['pull_requests', 'write'],
  'issues.listComments': ['pull_requests', 'read'],
  'issues.listForRepo': ['issues', 'read'],
  'issues.update': ['issues', 'write'],
  'apps.createInstallationAccessToken': ['metadata', 'read'],
  'git.getBlob': ['contents', 'read'],
  'git.getTree': ['contents', 'read'],
  'apps.getAuthenticated': ['metadata', 'read'],
  'issues.updateComment': ['pull_requests', 'write'],
  'pulls.get': ['pull_requests', 'read'],
  'pulls.listCommits': ['pull_requests', 'read'],
  'pulls.listReviews': ['pull_requests', 'read'],
  'repos.getCommit': ['contents', 'read'],
  'repos.listActivities': ['contents', 'read'],
  'pulls.list': ['pull_requests', 'read'],
  'repos.get': ['metadata', 'read'],
  'repos.getCollaboratorPermissionLevel': ['metadata', 'read'],
  'repos.listPullRequestsAssociatedWithCommit': ['pull_requests', 'read'],
  'reactions.createForIssueComment': ['issues', 'write'],
  'teams.getMembershipForUserInOrg': ['members', 'read'],
};
/** The mirror is fetched by git, which the requests do not show. */
const FETCHING = ['contents', 'read'] as const;

const adapter = join(root, 'src/adapters/github');
const requests = new Set(
  readdirSync(adapter).flatMap((file) =>
    [...readFileSync(join(adapter, file), 'utf8').matchAll(/\brest\.(\w+\.\w+)/g)].map((match) => match[1] ?? ''),
  ),
);

/** Some published pushes are of tags, and none has to be of the default branch. */
const handled = (event: string, example: Readonly<Record<string, unknown>>): boolean => {
  const { default_branch: branch } = (example['repository'] ?? {}) as { readonly default_branch?: string };
  return askedBy(event, event === 'push' ? { ...example, ref: `refs/heads/${branch}` } : example) !== undefined;
};

it('asks for exactly the events that lead to work', () => {
  expect(published.length).toBeGreaterThan(30);
  const worked = published.filter(({ name, examples }) => examples.some((example) => handled(name, example))).map(({ name }) => name);
  // Nobody has published an example of a suite that is asked for again.
  const again = { action: 'rerequested', repository: { id: 7 }, check_suite: { head_sha: 'a'.repeat(40) } };
  if (askedBy('check_suite', again) !== undefined) worked.push('check_suite');
  const run = { action: 'rerequested', repository: { id: 7 }, check_run: { head_sha: 'a'.repeat(40) } };
  if (askedBy('check_run', run) !== undefined) worked.push('check_run');
  // Nor of a comment that commands us.
  const person = { login: 'ada', type: 'User' };
  const comment = { id: 1, body: '/fleet pause', user: person, author_association: 'MEMBER' };
  const repository = { id: 7, private: true };
  if (askedBy('issue_comment', { action: 'created', repository, issue: { number: 1 }, comment, sender: person }) !== undefined)
    worked.push('issue_comment');
  expect([...manifest.default_events, ...ALWAYS_SENT].sort()).toEqual([...new Set(worked)].sort());
});

it('asks for the fewest permissions that the requests need', () => {
  expect([...requests].filter((request) => !(request in NEEDS))).toEqual([]);
  expect(Object.keys(NEEDS).filter((request) => !requests.has(request))).toEqual([]);
  const needed = new Map<string, string>([FETCHING]);
  for (const request of requests) {
    const [permission, level] = NEEDS[request] ?? [];
    if (permission !== undefined && level !== undefined && needed.get(permission) !== 'write') needed.set(permission, level);
  }
  expect(manifest.default_permissions).toEqual(Object.fromEntries(needed));
});

it('sends webhooks to the path that takes them', () => {
  expect(new URL(manifest.hook_attributes.url).pathname).toBe(WEBHOOK_PATH);
});
