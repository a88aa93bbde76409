import { isoTime, isoTimeOrNull, type JsonObject } from '../json.ts';
import type { PullRow, RepositoryRow, ReviewRow } from '../store/rows.ts';
import { nodeId, type World } from '../world.ts';
import { simpleUserById } from './account.ts';
import { authorAssociation } from './association.ts';
import { labelShape } from './issue.ts';
import { repositoryShape } from './repository.ts';

/** A pull request in a list. */
export function pullSimple(world: World, repository: RepositoryRow, pull: PullRow): JsonObject {
  const api = world.urls.repository(repository);
  const url = `${api}/pulls/${pull.number}`;
  const page = `${world.urls.page(repository)}/pull/${pull.number}`;
  const issue = `${api}/issues/${pull.number}`;
  const links = {
    self: url,
    html: page,
    issue,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${api}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${api}/statuses/${pull.head_sha}`,
  };
  return {
    url,
    id: pull.issue_id,
    node_id: nodeId('PullRequest', pull.issue_id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: links.issue,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: links.statuses,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: simpleUserById(world, pull.author_id),
    body: pull.body,
    labels: world.store.issues.labelsOf(pull.issue_id).map((label) => labelShape(world, repository, label)),
    milestone: null,
    active_lock_reason: null,
    created_at: isoTime(pull.created_at),
    updated_at: isoTime(pull.updated_at),
    closed_at: isoTimeOrNull(pull.closed_at),
    merged_at: isoTimeOrNull(pull.merged_at),
    // Before the merge GitHub shows the commit of its test merge here.
    merge_commit_sha: pull.merge_commit_sha ?? pull.test_merge_sha,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: pullEnd(world, repository, pull.head_ref, pull.head_sha),
    base: pullEnd(world, repository, pull.base_ref, pull.base_sha),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: authorAssociation(world, repository, pull.author_id),
    auto_merge: null,
    draft: pull.draft === 1,
  };
}

function pullEnd(world: World, repository: RepositoryRow, ref: string, sha: string): JsonObject {
  return {
    label: `${repository.owner_login}:${ref}`,
    ref,
    sha,
    user: simpleUserById(world, repository.owner_id),
    repo: repositoryShape(world, repository),
  };
}

const BAD_CONCLUSIONS = new Set(['failure', 'cancelled', 'timed_out', 'action_required', 'stale']);

/** Checks never block a merge here (no branch is protected): they make it `unstable`, as on GitHub. */
function mergeableState(world: World, repository: RepositoryRow, pull: PullRow): string {
  if (pull.merged_at !== null || pull.state === 'closed') return 'unknown';
  if (pull.mergeable === 0) return 'dirty';
  if (pull.draft === 1) return 'draft';
  const runs = world.store.checks.latestOf(repository.id, pull.head_sha);
  const isUnstable = runs.some((run) => run.status !== 'completed' || BAD_CONCLUSIONS.has(run.conclusion ?? ''));
  return isUnstable ? 'unstable' : 'clean';
}

/** A pull request itself. */
export function pullShape(world: World, repository: RepositoryRow, pull: PullRow): JsonObject {
  const isOpen = pull.state === 'open';
  return {
    ...pullSimple(world, repository, pull),
    merged: pull.merged_at !== null,
    mergeable: isOpen ? pull.mergeable === 1 : null,
    rebaseable: isOpen ? pull.mergeable === 1 : null,
    mergeable_state: mergeableState(world, repository, pull),
    merged_by: simpleUserById(world, pull.merged_by),
    comments: world.store.issues.commentCount(pull.issue_id),
    review_comments: 0,
    maintainer_can_modify: false,
    commits: pull.commits,
    additions: pull.additions,
    deletions: pull.deletions,
    changed_files: pull.changed_files,
  };
}

/** A pull request as checks name it. */
export function pullMinimal(world: World, repository: RepositoryRow, pull: PullRow): JsonObject {
  const repo = { id: repository.id, url: world.urls.repository(repository), name: repository.name };
  return {
    url: `${world.urls.repository(repository)}/pulls/${pull.number}`,
    id: pull.issue_id,
    number: pull.number,
    head: { ref: pull.head_ref, sha: pull.head_sha, repo },
    base: { ref: pull.base_ref, sha: pull.base_sha, repo },
  };
}

export function reviewShape(world: World, repository: RepositoryRow, pull: PullRow, review: ReviewRow): JsonObject {
  const pullUrl = `${world.urls.repository(repository)}/pulls/${pull.number}`;
  const page = `${world.urls.page(repository)}/pull/${pull.number}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: simpleUserById(world, review.author_id),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: pullUrl,
    author_association: authorAssociation(world, repository, review.author_id),
    _links: { html: { href: page }, pull_request: { href: pullUrl } },
    submitted_at: isoTime(review.submitted_at),
    commit_id: review.commit_id,
  };
}
