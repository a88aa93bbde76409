import { emit } from '../events/emit.ts';
import { created, malformed, noContent, notFound, okay, Refusal } from '../http/answer.ts';
import { paged } from '../http/paging.ts';
import { ISSUES_READ as READ, type RepositoryCall, type RepositoryRoute, ISSUES_WRITE as WRITE } from '../http/route.ts';
import type { JsonObject } from '../json.ts';
import { commentShape, issueShape, REACTIONS, reactionShape } from '../shapes/issue.ts';
import { hasRole } from '../shapes/repository.ts';
import type { CommentRow, IssueRow } from '../store/rows.ts';
import { issueOf } from './issue-of.ts';
import { bodyText } from './texts.ts';

const COMMENT = '/repos/:owner/:repo/issues/comments/:comment';

/** Before the routes of issues: `comments` is no number of an issue. */
export const commentRoutes: readonly RepositoryRoute[] = [
  {
    method: 'GET',
    path: '/repos/:owner/:repo/issues/:number/comments',
    access: READ,
    handle: (call) => {
      const issue = issueOf(call);
      const comments = call.world.store.issues.comments(issue.id);
      const { items, headers } = paged(call, comments, (comment) => commentShape(call.world, call.repository, issue, comment));
      return okay(items, headers);
    },
  },
  {
    method: 'POST',
    path: '/repos/:owner/:repo/issues/:number/comments',
    access: WRITE,
    makesContent: true,
    handle: (call) => createComment(call),
  },
  {
    method: 'GET',
    path: COMMENT,
    access: READ,
    handle: (call) => {
      const { issue, comment } = commentOf(call);
      return okay(commentShape(call.world, call.repository, issue, comment));
    },
  },
  { method: 'PATCH', path: COMMENT, access: WRITE, makesContent: true, handle: (call) => editComment(call) },
  {
    method: 'POST',
    path: `${COMMENT}/reactions`,
    access: WRITE,
    handle: (call) => react(call),
  },
  { method: 'DELETE', path: COMMENT, access: WRITE, handle: (call) => deleteComment(call) },
];

function commentOf(call: RepositoryCall): { readonly issue: IssueRow; readonly comment: CommentRow } {
  const comment = call.world.store.issues.comment(Number(call.params['comment']));
  if (comment === undefined) throw notFound();
  const issue = call.world.store.issues.byId(comment.issue_id);
  if (issue.repository_id !== call.repository.id) throw notFound();
  return { issue, comment };
}

/** No webhook tells of it. */
function react(call: RepositoryCall): ReturnType<typeof created> {
  const { comment } = commentOf(call);
  const content = call.body.oneOf('content', REACTIONS);
  if (content === undefined) throw malformed('"content" wasn\'t supplied.');
  const author = call.author();
  const { reaction, isNew } = call.world.store.issues.react({ comment_id: comment.id, account_id: author.id, content }, call.world.now());
  const shape = reactionShape(call.world, reaction);
  return isNew ? created(shape) : okay(shape);
}

function emitComment(
  call: RepositoryCall,
  issue: IssueRow,
  comment: CommentRow,
  action: 'created' | 'edited' | 'deleted',
  more: JsonObject = {},
): void {
  const { world, repository } = call;
  emit(world, {
    event: 'issue_comment',
    action,
    repository,
    sender: call.author(),
    payload: {
      issue: issueShape(world, repository, world.store.issues.byId(issue.id)),
      comment: commentShape(world, repository, issue, comment),
      ...more,
    },
  });
}

function createComment(call: RepositoryCall): ReturnType<typeof created> {
  const { world, repository } = call;
  const issue = issueOf(call);
  const author = call.author();
  const body = commentBody(call);
  const comment = world.store.transaction(() => {
    const added = world.store.issues.addComment(
      { issue_id: issue.id, author_id: author.id, via_app: call.caller.kind === 'installation' ? 1 : 0, body },
      world.now(),
    );
    emitComment(call, issue, added, 'created');
    return added;
  });
  const shape = commentShape(world, repository, issue, comment);
  return created(shape, shape['url']);
}

function commentBody(call: RepositoryCall): string {
  const body = bodyText(call.body.requiredText('body'), 'IssueComment');
  if (body.trim() === '')
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'IssueComment', code: 'unprocessable', field: 'data', message: 'Body cannot be blank' },
    ]);
  return body;
}

/** An app changes what it wrote; a person also what others wrote, with write access. */
function checkOwn(call: RepositoryCall, comment: CommentRow): void {
  const isOwn = comment.author_id === call.author().id;
  if (isOwn || (call.caller.kind === 'user' && hasRole(call.role, 'write'))) return;
  throw new Refusal(
    403,
    call.caller.kind === 'installation' ? 'Resource not accessible by integration' : 'Must have write access to Repository.',
  );
}

function editComment(call: RepositoryCall): ReturnType<typeof okay> {
  const { world, repository } = call;
  const { issue, comment } = commentOf(call);
  checkOwn(call, comment);
  const body = commentBody(call);
  const edited = world.store.transaction(() => {
    const row = world.store.issues.editComment(comment.id, body, world.now());
    if (body !== comment.body) emitComment(call, issue, row, 'edited', { changes: { body: { from: comment.body } } });
    return row;
  });
  return okay(commentShape(world, repository, issue, edited));
}

function deleteComment(call: RepositoryCall): typeof noContent {
  const { world } = call;
  const { issue, comment } = commentOf(call);
  checkOwn(call, comment);
  world.store.transaction(() => {
    emitComment(call, issue, comment, 'deleted');
    world.store.issues.removeComment(comment.id);
  });
  return noContent;
}
