import { expect, it } from 'vitest';
import { askedBy } from '../../../src/app/webhooks.ts';
import { trusted } from '../../../src/core/model/ids.ts';

const repository = { id: 12, full_name: 'somebody/elses', default_branch: 'main' };
const FLEET = trusted.fleet('acme/fleet');
const HEAD = 'a'.repeat(40);

const PULL = {
  ...{ number: 7, state: 'open', draft: false, title: 'A change', user: { login: 'ann' } },
  ...{ head: { sha: HEAD, repo: { id: 12 } }, base: { ref: 'main', repo: { id: 12 } } },
};

/** Keys of the jobs that a delivery asks for, when the repository is that of the fleet. */
function keys(event: string, payload: object): readonly string[] {
  const asked = askedBy(event, payload);
  if (asked?.kind !== 'fleet') return asked === undefined ? [] : [asked.kind];
  expect(asked.repository).toBe(12);
  return [asked.job(FLEET).key];
}

const pressing = (identifier: string, type = 'User') => ({
  action: 'requested_action',
  check_run: { head_sha: HEAD },
  requested_action: { identifier },
  sender: { login: 'Ada', type },
});

it.each([
  ['a push to the default branch', 'push', { ref: 'refs/heads/main' }, ['sync:acme/fleet']],
  ['a push to another branch', 'push', { ref: 'refs/heads/next' }, []],
  ['a tag with the name of the default branch', 'push', { ref: 'refs/tags/main' }, []],
  ['a pull request that is opened', 'pull_request', { action: 'opened', pull_request: { number: 7 } }, ['review:acme/fleet:7']],
  ['one that gets a commit', 'pull_request', { action: 'synchronize', pull_request: { number: 7 } }, ['review:acme/fleet:7']],
  ['one that is opened with all that is told of it', 'pull_request', { action: 'opened', pull_request: PULL }, ['begin:acme/fleet:7']],
  ['one that gets a draft', 'pull_request', { action: 'converted_to_draft', pull_request: PULL }, ['review:acme/fleet:7']],
  ['one whose base may have changed', 'pull_request', { action: 'edited', pull_request: { number: 7 } }, ['review:acme/fleet:7']],
  ['one that is closed', 'pull_request', { action: 'closed', pull_request: { number: 7 } }, ['review:acme/fleet:7']],
  ['one that can be written to again', 'pull_request', { action: 'unlocked', pull_request: { number: 7 } }, ['sweep:acme/fleet']],
  ['one that gets a label', 'pull_request', { action: 'labeled', pull_request: { number: 7 } }, []],
  ['one without a number', 'pull_request', { action: 'opened', pull_request: { number: '7' } }, []],
  ['one with no possible number', 'pull_request', { action: 'opened', pull_request: { number: 1e300 } }, []],
  ['a check that is asked for again', 'check_run', { action: 'rerequested', check_run: { head_sha: HEAD } }, [`review:acme/fleet:${HEAD}`]],
  ['a suite', 'check_suite', { action: 'rerequested', check_suite: { head_sha: HEAD } }, [`review:acme/fleet:${HEAD}`]],
  ['a check that we made ourselves', 'check_run', { action: 'created', check_run: { head_sha: HEAD } }, []],
  ['a review', 'pull_request_review', { action: 'dismissed', pull_request: { number: 7 } }, ['replan:acme/fleet:7']],
  ['a button of ours', 'check_run', pressing('ok:0123456789abcdef'), [`press:acme/fleet:${HEAD}:ok:0123456789abcdef:ada`]],
  ['a button of ours that a program presses', 'check_run', pressing('ok:0123456789abcdef', 'Bot'), []],
  ['a button of another time', 'check_run', pressing('approve-all'), []],
  ['a check of no commit', 'check_run', { action: 'rerequested', check_run: { head_sha: '--upload-pack=x' } }, []],
  ['an event that is not ours', 'star', { action: 'created' }, []],
])('%s', (_what, event, payload, expected) => {
  expect(keys(event, { repository, ...payload })).toEqual(expected);
});

it('looks at the installations when they, or a repository, change', () => {
  for (const event of ['installation', 'installation_repositories', 'repository']) expect(keys(event, {})).toEqual(['discovery']);
});

const NO_TEXT = { toString: 1, valueOf: 1 };

it.each([
  null,
  {},
  7,
  { id: '12', default_branch: 'main' },
  { id: -1, default_branch: 'main' },
  { id: 1.5, default_branch: 'main' },
  { id: NO_TEXT, default_branch: 'main' },
  { full_name: 'acme/fleet', default_branch: 'main' },
  { id: 12, default_branch: NO_TEXT },
])('asks for nothing of the repository %j', (odd) => {
  expect(keys('push', { ref: 'refs/heads/main', repository: odd })).toEqual([]);
});

it.each([null, {}, { id: NO_TEXT }])('asks for no review in the repository %j', (odd) => {
  expect(keys('pull_request', { action: 'opened', repository: odd, pull_request: { number: 1 } })).toEqual([]);
});

it.each<[string, object, boolean]>([
  [
    'a push that brings YAML',
    {
      commits: [
        { added: ['a.txt'], modified: [] },
        { added: [], modified: ['x/fleet.yml'] },
      ],
    },
    true,
  ],
  ['one that takes YAML away alone', { commits: [{ added: [], removed: ['fleet.yaml'] }] }, false],
  ['one of other files', { commits: [{ added: ['a.txt'] }] }, false],
  ['one without a list of commits', { commits: [] }, true],
  ['one with an odd list', { commits: [null, 7, { added: 'x.yaml' }] }, false],
  ['one of no installation', { commits: [], installation: null }, false],
])('%s has a repository that is no fleet looked at, or not', (_what, payload, looks) => {
  const asked = askedBy('push', { ref: 'refs/heads/main', repository, installation: { id: 5 }, ...payload });
  expect(asked).toMatchObject({
    kind: 'fleet',
    look: looks ? { key: 'install:12', payload: { installation: 5, repository: 12 } } : undefined,
  });
});
