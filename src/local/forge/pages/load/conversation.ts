import { type Commit, readCommits } from '../../git/read.ts';
import { isoTime } from '../../json.ts';
import type { AccountRow, CommentRow, IssueRow, PullRow, RepositoryRow, ReviewRow } from '../../store/rows.ts';
import { gitOf, type World } from '../../world.ts';
import type { Mergeability, TimelineItem } from '../views.ts';
import { changeSince } from './change.ts';
import { checkViews } from './checks.ts';
import { labelView } from './labels.ts';
import { commitBrief, pullState, repositoryRef } from './repository.ts';

/** More commits than this are a history, and not a conversation. */
const COMMITS_SHOWN = 250;

export async function pullView(world: World, repository: RepositoryRow, pull: PullRow) {
  const git = gitOf(world, repository);
  const { accounts } = world.store;
  const baseTip = (await git.branch(pull.base_ref)) ?? pull.base_sha;
  // After the merge the base branch holds the commits; what it was before still tells them apart.
  const base = pull.merge_base_before ?? (pull.state === 'open' ? baseTip : pull.base_sha);
  const commits = await readCommits(git, [`--max-count=${COMMITS_SHOWN}`, '--reverse', '--topo-order', `${base}..${pull.head_sha}`]);
  const shown = await changeSince(git, base, pull.head_sha);
  const author = accounts.byId(pull.author_id);
  const merged =
    pull.merged_at === null || pull.merge_commit_sha === null
      ? undefined
      : { sha: pull.merge_commit_sha, by: loginOf(world, pull.merged_by), at: isoTime(pull.merged_at) };
  return {
    ...whatWasAsked(world, repository, pull, author),
    state: pullState(pull),
    base: { branch: pull.base_ref, sha: base },
    head: { branch: pull.head_ref, sha: pull.head_sha },
    mergedAs: merged,
    timeline: inOrder([
      ...commits.map((commit) => commitItem(world, repository, commit)),
      ...commentItems(world, pull.issue_id),
      ...world.store.pulls.reviews(pull.issue_id).flatMap((review) => reviewItems(world, review)),
      ...endItems(world, pull, merged),
    ]),
    commitCount: commits.length,
    checks: checkViews(world, repository, pull.head_sha),
    mergeChecks: merged === undefined ? [] : checkViews(world, repository, merged.sha),
    files: shown.files,
    filesCut: shown.cut,
    mergeability: mergeabilityOf(pull, baseTip, await git.branch(pull.head_ref), commits.length),
    revertedBy: revertOf(world, repository, pull),
    lastChangeMs: Math.max(pull.updated_at, pull.merged_at ?? 0),
  };
}

export function issueView(world: World, repository: RepositoryRow, issue: IssueRow) {
  return {
    ...whatWasAsked(world, repository, issue, world.store.accounts.byId(issue.author_id)),
    state: issue.state,
    stateReason: issue.state_reason ?? undefined,
    timeline: inOrder([...commentItems(world, issue.id), ...endItems(world, issue, undefined)]),
  };
}

function whatWasAsked(world: World, repository: RepositoryRow, issue: IssueRow, author: AccountRow) {
  return {
    repository: repositoryRef(world, repository),
    number: issue.number,
    title: issue.title,
    author: author.login,
    authorIsBot: author.type === 'Bot',
    createdAt: isoTime(issue.created_at),
    body: issue.body ?? '',
    labels: world.store.issues.labelsOf('issue_id' in issue ? (issue as PullRow).issue_id : issue.id).map(labelView),
  };
}

function commitItem(world: World, repository: RepositoryRow, commit: Commit): TimelineItem {
  return { kind: 'commit', ...commitBrief(world, repository, commit) };
}

function commentItems(world: World, issue: number): readonly TimelineItem[] {
  return world.store.issues.comments(issue).map((comment) => commentItem(world, comment));
}

function commentItem(world: World, comment: CommentRow): TimelineItem {
  const author = world.store.accounts.byId(comment.author_id);
  return {
    kind: 'comment',
    id: comment.id,
    author: author.login,
    bot: author.type === 'Bot',
    at: isoTime(comment.created_at),
    editedAt: comment.updated_at > comment.created_at ? isoTime(comment.updated_at) : undefined,
    body: comment.body,
  };
}

const REVIEW_WORDS = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'requested changes',
  COMMENTED: 'reviewed',
  DISMISSED: 'reviewed',
} as const;

function reviewItems(world: World, review: ReviewRow): readonly TimelineItem[] {
  const author = world.store.accounts.byId(review.author_id);
  const at = isoTime(review.submitted_at);
  const event: TimelineItem = { kind: 'event', what: REVIEW_WORDS[review.state], actor: author.login, at, sha: review.commit_id };
  if (review.body === '') return [event];
  return [
    event,
    { kind: 'comment', id: -review.id, author: author.login, bot: author.type === 'Bot', at, editedAt: undefined, body: review.body },
  ];
}

function endItems(
  world: World,
  issue: IssueRow,
  merged: { readonly sha: string; readonly by: string; readonly at: string } | undefined,
): readonly TimelineItem[] {
  if (merged !== undefined) return [{ kind: 'event', what: 'merged', actor: merged.by, at: merged.at, sha: merged.sha }];
  if (issue.closed_at === null) return [];
  return [{ kind: 'event', what: 'closed', actor: loginOf(world, issue.closed_by), at: isoTime(issue.closed_at), sha: undefined }];
}

const loginOf = (world: World, account: number | null): string => (account === null ? 'ghost' : world.store.accounts.byId(account).login);

/** By time; what happened in the same second keeps the order in which it was listed. */
const inOrder = (items: readonly TimelineItem[]): readonly TimelineItem[] => [...items].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));

function mergeabilityOf(pull: PullRow, baseTip: string, headTip: string | undefined, commits: number): Mergeability | undefined {
  if (pull.state !== 'open') return undefined;
  if (headTip === undefined) return 'head-gone';
  if (commits === 0) return 'nothing-to-merge';
  // What git said about an older base or head does not count.
  if (pull.tested_base !== baseTip || pull.tested_head !== pull.head_sha) return undefined;
  return pull.mergeable === 1 ? 'mergeable' : 'conflict';
}

/** Found by the name that the branch of a revert has. */
function revertOf(world: World, repository: RepositoryRow, pull: PullRow): number | undefined {
  const branch = `revert-${pull.number}-${pull.head_ref}`;
  const reverts = world.store.pulls
    .ofRepository(repository.id)
    .filter((each) => each.head_ref === branch || each.head_ref.startsWith(`${branch}-`));
  return reverts.findLast((each) => each.state === 'open' || each.merged_at !== null)?.number;
}
