import { isoTime, isoTimeOrNull, type JsonObject } from '../json.ts';
import type { CommentRow, IssueRow, LabelRow, ReactionRow, RepositoryRow } from '../store/rows.ts';
import { nodeId, type World } from '../world.ts';
import { appShape, simpleUserById } from './account.ts';
import { authorAssociation } from './association.ts';

export function labelShape(world: World, repository: RepositoryRow, label: LabelRow): JsonObject {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${world.urls.repository(repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description ?? '',
  };
}

export const REACTIONS = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'] as const;

/** Nobody reacts to an issue here, only to comments. */
function reactionRollup(url: string, reactions: readonly ReactionRow[] = []): JsonObject {
  const counts = REACTIONS.map((content) => [content, reactions.filter((one) => one.content === content).length] as const);
  return { url: `${url}/reactions`, total_count: reactions.length, ...Object.fromEntries(counts) };
}

export function reactionShape(world: World, reaction: ReactionRow): JsonObject {
  return {
    id: reaction.id,
    node_id: nodeId('Reaction', reaction.id),
    user: simpleUserById(world, reaction.account_id),
    content: reaction.content,
    created_at: isoTime(reaction.created_at),
  };
}

/** Addresses of an issue or pull request that is shown as an issue. */
const issueUrl = (world: World, repository: RepositoryRow, number: number): string =>
  `${world.urls.repository(repository)}/issues/${number}`;

const pageOf = (world: World, repository: RepositoryRow, number: number, isPull: boolean): string =>
  `${world.urls.page(repository)}/${isPull ? 'pull' : 'issues'}/${number}`;

export function issueShape(world: World, repository: RepositoryRow, issue: IssueRow): JsonObject {
  const url = issueUrl(world, repository, issue.number);
  const pull = world.store.pulls.ofIssue(issue.id);
  const page = pageOf(world, repository, issue.number, pull !== undefined);
  return {
    url,
    repository_url: world.urls.repository(repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    id: issue.id,
    node_id: nodeId(pull === undefined ? 'Issue' : 'PullRequest', issue.id),
    number: issue.number,
    title: issue.title,
    user: simpleUserById(world, issue.author_id),
    labels: world.store.issues.labelsOf(issue.id).map((label) => labelShape(world, repository, label)),
    state: issue.state,
    state_reason: issue.state_reason,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: world.store.issues.commentCount(issue.id),
    created_at: isoTime(issue.created_at),
    updated_at: isoTime(issue.updated_at),
    closed_at: isoTimeOrNull(issue.closed_at),
    closed_by: simpleUserById(world, issue.closed_by),
    author_association: authorAssociation(world, repository, issue.author_id),
    active_lock_reason: null,
    body: issue.body,
    reactions: reactionRollup(url),
    // GitHub fills it on comments alone.
    performed_via_github_app: null,
    draft: pull?.draft === 1,
    ...(pull === undefined
      ? {}
      : {
          pull_request: {
            url: `${world.urls.repository(repository)}/pulls/${issue.number}`,
            html_url: page,
            diff_url: `${page}.diff`,
            patch_url: `${page}.patch`,
            merged_at: isoTimeOrNull(pull.merged_at),
          },
        }),
  };
}

export function commentShape(world: World, repository: RepositoryRow, issue: IssueRow, comment: CommentRow): JsonObject {
  const url = `${world.urls.repository(repository)}/issues/comments/${comment.id}`;
  const isPull = world.store.pulls.ofIssue(issue.id) !== undefined;
  return {
    url,
    html_url: `${pageOf(world, repository, issue.number, isPull)}#issuecomment-${comment.id}`,
    issue_url: issueUrl(world, repository, issue.number),
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: simpleUserById(world, comment.author_id),
    created_at: isoTime(comment.created_at),
    updated_at: isoTime(comment.updated_at),
    author_association: authorAssociation(world, repository, comment.author_id),
    body: comment.body,
    reactions: reactionRollup(url, world.store.issues.reactions(comment.id)),
    performed_via_github_app: comment.via_app === 1 ? appShape(world) : null,
  };
}
