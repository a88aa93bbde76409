import { EMPTY_TREE, readCommit, readCommits } from '../../git/read.ts';
import { isoTime } from '../../json.ts';
import type { AccountRow, RepositoryRow } from '../../store/rows.ts';
import { gitOf, type World } from '../../world.ts';
import type { CommitView, DeliveriesView, NewPullView, PersonView } from '../page-views.ts';
import { change, changeSince } from './change.ts';
import { checkViews } from './checks.ts';
import { branchTips, commitBrief, pullBrief, repositoryRef, subjectOf } from './repository.ts';

const DELIVERIES_SHOWN = 100;
const COMMITS_SHOWN = 250;

export async function commitView(world: World, repository: RepositoryRow, sha: string): Promise<CommitView> {
  const git = gitOf(world, repository);
  const commit = await readCommit(git, sha);
  const shown = await change(git, commit.parents[0] ?? EMPTY_TREE, sha);
  const pulls = world.store.pulls.ofRepository(repository.id).filter((pull) => pull.merge_commit_sha === sha || pull.head_sha === sha);
  return {
    repository: repositoryRef(world, repository),
    sha,
    subject: subjectOf(commit.message) || 'no message',
    body: commit.message.split('\n').slice(1).join('\n').trim(),
    author: commit.author.name,
    at: commit.committer.date,
    parents: commit.parents,
    pulls: pulls.map((pull) => ({ number: pull.number, title: pull.title })),
    checks: checkViews(world, repository, sha),
    files: shown.files,
    filesCut: shown.cut,
  };
}

/** What a pull request of these two branches would be; `head` undefined: not chosen yet. */
export async function newPullView(
  world: World,
  repository: RepositoryRow,
  asked: { readonly base: string | undefined; readonly head: string | undefined; readonly title?: string; readonly body?: string },
): Promise<NewPullView> {
  const git = gitOf(world, repository);
  const tips = await branchTips(git);
  const base = asked.base ?? repository.default_branch;
  const nothing = {
    repository: repositoryRef(world, repository),
    branches: [...tips.keys()],
    base,
    head: asked.head,
    title: asked.title ?? '',
    body: asked.body ?? '',
    commits: [],
    files: [],
    filesCut: false,
  };
  if (asked.head === undefined) return { ...nothing, obstacle: undefined };
  const [baseTip, headTip] = [tips.get(base), tips.get(asked.head)];
  const obstacle = (words: string, pull?: number): NewPullView => ({ ...nothing, obstacle: { words, pull } });
  if (baseTip === undefined || headTip === undefined) return obstacle(`There is no branch ${baseTip === undefined ? base : asked.head}.`);
  if (asked.head === base) return obstacle('Choose two different branches.');
  const open = world.store.pulls.openOf(repository.id).find((pull) => pull.head_ref === asked.head && pull.base_ref === base);
  if (open !== undefined) return obstacle('A pull request for these branches is open already.', open.number);
  const commits = await readCommits(git, [`--max-count=${COMMITS_SHOWN}`, '--reverse', '--topo-order', `${baseTip}..${headTip}`]);
  if (commits.length === 0) return obstacle(`${base} has all commits of ${asked.head} already: there is nothing to merge.`);
  const shown = await changeSince(git, baseTip, headTip);
  const [first] = commits;
  return {
    ...nothing,
    title: asked.title ?? (commits.length === 1 ? subjectOf(first?.message ?? '') : asked.head.replaceAll(/[-_/]+/g, ' ')),
    commits: commits.map((commit) => commitBrief(world, repository, commit)),
    files: shown.files,
    filesCut: shown.cut,
    obstacle: undefined,
  };
}

export function deliveriesView(world: World): DeliveriesView {
  const { deliveries, repositories } = world.store;
  const sent = deliveries.sent(Number.MAX_SAFE_INTEGER, DELIVERIES_SHOWN, undefined);
  return {
    hookUrl: sent[0]?.url ?? undefined,
    waiting: deliveries.queued(),
    deliveries: sent.map((row) => {
      const repository = row.repository_id === null ? undefined : repositories.byId(row.repository_id);
      return {
        id: row.id,
        guid: row.guid,
        event: row.event,
        action: row.action ?? undefined,
        at: isoTime(row.delivered_at),
        redelivery: row.redelivery === 1,
        statusCode: row.status_code,
        status: row.status,
        durationMs: row.duration_s * 1_000,
        repository: repository === undefined ? undefined : `${repository.owner_login}/${repository.name}`,
      };
    }),
  };
}

/** Where mentions lead: who this is, and what they have under way. */
export function personView(world: World, account: AccountRow): PersonView {
  const { repositories, pulls } = world.store;
  const all = repositories.all();
  return {
    login: account.login,
    name: account.name,
    kind: account.type,
    repositories: all.filter((repository) => repository.owner_id === account.id).map((repository) => repositoryRef(world, repository)),
    pulls: all.flatMap((repository) =>
      pulls
        .openOf(repository.id)
        .filter((pull) => pull.author_id === account.id)
        .map((pull) => ({ repository: repositoryRef(world, repository), pull: pullBrief(world, repository, pull) })),
    ),
  };
}
