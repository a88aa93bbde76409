import { readCommits } from '../../git/read.ts';
import { isoTime } from '../../json.ts';
import type { RepositoryRow } from '../../store/rows.ts';
import { gitOf, type World } from '../../world.ts';
import { changeSince } from './change.ts';
import { branchTips, commitBrief, repositoryRef, subjectOf } from './repository.ts';

const DELIVERIES_SHOWN = 100;
const COMMITS_SHOWN = 250;

/** What a pull request of these two branches would be; `head` undefined: not chosen yet. */
export async function newPullView(
  world: World,
  repository: RepositoryRow,
  asked: { readonly base: string | undefined; readonly head: string | undefined; readonly title?: string; readonly body?: string },
) {
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
  const obstacle = (words: string, pull?: number) => ({ ...nothing, obstacle: { words, pull } });
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

export function deliveriesView(world: World) {
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
