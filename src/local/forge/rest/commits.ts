import { isTreePath } from '../git/names.ts';
import { EMPTY_TREE, readChanges, readCommit, readCommits } from '../git/read.ts';
import { notFound, okay, Refusal } from '../http/answer.ts';
import { linkHeaders, paged, pageOf } from '../http/paging.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import { commitShape, commitWithFiles, diffEntry } from '../shapes/commit.ts';
import { pullSimple } from '../shapes/pull.ts';
import { repositoryShape } from '../shapes/repository.ts';
import type { PullRow } from '../store/rows.ts';
import { gitOf } from '../world.ts';

const READ = { person: 'anyone', app: [['contents', 'read']] } as const;

export const commitRoutes: readonly RepositoryRoute[] = [
  { method: 'GET', path: '/repos/:owner/:repo/commits', access: READ, handle: (call) => listCommits(call) },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/commits/:ref/pulls',
    access: {
      person: 'anyone',
      app: [
        ['pull_requests', 'read'],
        ['contents', 'read'],
      ],
    },
    handle: (call) => listPullsOfCommit(call),
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/commits/:ref/status',
    access: {
      person: 'anyone',
      app: [
        ['statuses', 'read'],
        ['contents', 'read'],
      ],
    },
    handle: async (call) => {
      const { world, repository } = call;
      const sha = await commitOf(call);
      const url = `${world.urls.repository(repository)}/commits/${sha}`;
      // Commit statuses are the older kind of checks; nothing here writes them.
      return okay({
        state: 'pending',
        statuses: [],
        sha,
        total_count: 0,
        repository: repositoryShape(world, repository),
        commit_url: url,
        url: `${url}/status`,
      });
    },
  },
  { method: 'GET', path: '/repos/:owner/:repo/compare/*basehead', access: READ, handle: (call) => compare(call) },
  { method: 'GET', path: '/repos/:owner/:repo/commits/*ref', access: READ, handle: (call) => getCommit(call) },
];

/** The commit that `:ref` names. @throws Refusal 422, as GitHub says it for a commit that is not there. */
export async function commitOf(call: RepositoryCall): Promise<string> {
  const name = call.params['ref'] ?? '';
  const sha = await gitOf(call.world, call.repository).commitOf(name);
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${name.slice(0, 100)}`);
  return sha;
}

async function listCommits(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const git = gitOf(world, repository);
  const query = call.url.searchParams;
  const start = await git.commitOf(query.get('sha') ?? repository.default_branch);
  if (start === undefined) throw notFound();
  const path = query.get('path');
  if (path !== null && !isTreePath(path)) return okay([]);
  const filters = [
    ...dateFilter('--since', query.get('since')),
    ...dateFilter('--until', query.get('until')),
    ...(query.get('author') === null ? [] : ['--fixed-strings', `--author=${(query.get('author') ?? '').replaceAll('\n', '')}`]),
  ];
  const paths = path === null ? [] : [path];
  const page = pageOf(call);
  const commits = await readCommits(git, [...filters, `--skip=${page.offset}`, `--max-count=${page.size}`, start], paths);
  const total = Number((await git.run(['--literal-pathspecs', 'rev-list', '--count', ...filters, start, '--', ...paths])).trim());
  return okay(
    commits.map((commit) => commitShape(world, repository, commit)),
    linkHeaders(call, page, total),
  );
}

function dateFilter(option: string, value: string | null): readonly string[] {
  const ms = value === null ? Number.NaN : Date.parse(value);
  return Number.isNaN(ms) ? [] : [`${option}=${new Date(ms).toISOString()}`];
}

const FILES_MAX = 3_000;

async function getCommit(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const git = gitOf(world, repository);
  const commit = await readCommit(git, await commitOf(call));
  const changes = await readChanges(git, commit.parents[0] ?? EMPTY_TREE, commit.sha, true);
  return okay(commitWithFiles(world, repository, commit, changes.slice(0, FILES_MAX)));
}

/** Merged pull requests that brought the commit to the default branch; before that, open ones that contain it. */
async function listPullsOfCommit(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const git = gitOf(world, repository);
  const sha = await commitOf(call);
  const contains = async (pull: PullRow): Promise<boolean> => {
    if (pull.merge_commit_sha === sha) return true;
    const isIn = async (from: string | null, to: string | null): Promise<boolean> =>
      from !== null &&
      to !== null &&
      (await git.objectType(from)) === 'commit' &&
      (await git.isAncestor(sha, to)) &&
      !(await git.isAncestor(sha, from));
    if (pull.merged_at === null) return isIn(pull.base_sha, pull.head_sha);
    return (await isIn(pull.merge_base_before, pull.merge_commit_sha)) || isIn(pull.merge_base_before, pull.head_sha);
  };
  const found: PullRow[] = [];
  for (const pull of world.store.pulls.ofRepository(repository.id)) {
    const isCandidate = pull.merged_at !== null || pull.state === 'open';
    if (isCandidate && (await contains(pull))) found.push(pull);
  }
  const merged = found.filter((pull) => pull.merged_at !== null);
  const { items, headers } = paged(call, (merged.length > 0 ? merged : found).toReversed(), (pull) => pullSimple(world, repository, pull));
  return okay(items, headers);
}

/** GitHub compares at most this many files and lists this many commits on a page. */
const COMPARE_FILES_MAX = 300;

async function compare(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const git = gitOf(world, repository);
  const [from = '', to] = (call.params['basehead'] ?? '').split('...', 2);
  const own = `${repository.owner_login}:`;
  const base = await git.commitOf(from.startsWith(own) ? from.slice(own.length) : from);
  const head = to === undefined ? undefined : await git.commitOf(to.startsWith(own) ? to.slice(own.length) : to);
  const mergeBase = base === undefined || head === undefined ? undefined : await git.mergeBase(base, head);
  if (base === undefined || head === undefined || mergeBase === undefined) throw notFound();
  const ahead = await git.count(base, head);
  const behind = await git.count(head, base);
  const page = pageOf(call);
  const newest = Math.max(0, ahead - page.offset - page.size);
  const shown = Math.max(0, Math.min(page.size, ahead - page.offset));
  const commits =
    shown === 0 ? [] : await readCommits(git, [`--skip=${newest}`, `--max-count=${shown}`, '--topo-order', `${base}..${head}`]);
  const changes = await readChanges(git, mergeBase, head, true);
  const url = `${world.urls.repository(repository)}/compare/${base}...${head}`;
  const html = `${world.urls.page(repository)}/compare/${base}...${head}`;
  return okay(
    {
      url,
      html_url: html,
      permalink_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      base_commit: commitShape(world, repository, await readCommit(git, base)),
      merge_base_commit: commitShape(world, repository, await readCommit(git, mergeBase)),
      status: ahead === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged',
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: commits.toReversed().map((commit) => commitShape(world, repository, commit)),
      files: page.number > 1 ? [] : changes.slice(0, COMPARE_FILES_MAX).map((change) => diffEntry(world, repository, head, change)),
    },
    linkHeaders(call, page, ahead),
  );
}
