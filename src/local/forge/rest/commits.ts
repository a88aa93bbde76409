import { readCommit } from '../git/read.ts';
import { okay, Refusal } from '../http/answer.ts';
import { paged } from '../http/paging.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import { isoTime } from '../json.ts';
import { simpleUserById } from '../shapes/account.ts';
import { commitShape } from '../shapes/commit.ts';
import { pullSimple } from '../shapes/pull.ts';
import type { PullRow } from '../store/rows.ts';
import { gitOf, nodeId } from '../world.ts';

export const commitRoutes: readonly RepositoryRoute[] = [
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
    path: '/repos/:owner/:repo/commits/:ref',
    access: { person: 'anyone', app: [['contents', 'read']] },
    handle: async (call) => {
      const commit = await readCommit(gitOf(call.world, call.repository), await commitOf(call));
      return okay(commitShape(call.world, call.repository, commit));
    },
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/activity',
    access: { person: 'read', app: [['contents', 'read']] },
    handle: (call) => listActivity(call),
  },
];

/** Newest first. GitHub leads to the next page by a cursor, which here is the number of the page. */
function listActivity(call: RepositoryCall): ReturnType<typeof okay> {
  const { world, repository, url } = call;
  const ref = url.searchParams.get('ref');
  const full = ref === null ? undefined : ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
  const { items, headers } = paged(call, world.store.refs.activities(repository.id, full), (row) => ({
    id: row.id,
    node_id: nodeId('Activity', row.id),
    before: row.before_sha,
    after: row.after_sha,
    ref: row.ref,
    timestamp: isoTime(row.at),
    activity_type: row.type,
    actor: simpleUserById(world, row.actor_id),
  }));
  return okay(items, headers);
}

/** The commit that `:ref` names. @throws Refusal 422, as GitHub says it for a commit that is not there. */
export async function commitOf(call: RepositoryCall): Promise<string> {
  const name = call.params['ref'] ?? '';
  const sha = await gitOf(call.world, call.repository).commitOf(name);
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${name.slice(0, 100)}`);
  return sha;
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
