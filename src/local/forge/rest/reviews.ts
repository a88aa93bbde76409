import { emit } from '../events/emit.ts';
import { malformed, notFound, okay, Refusal } from '../http/answer.ts';
import { paged } from '../http/paging.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import { pullSimple, reviewShape } from '../shapes/pull.ts';
import { pullOf } from './pulls.ts';
import { bodyText } from './texts.ts';

const STATES = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

export const reviewRoutes: readonly RepositoryRoute[] = [
  {
    method: 'GET',
    path: '/repos/:owner/:repo/pulls/:number/reviews',
    access: { person: 'anyone', app: [['pull_requests', 'read']] },
    handle: (call) => {
      const pull = pullOf(call);
      const reviews = call.world.store.pulls.reviews(pull.issue_id);
      const { items, headers } = paged(call, reviews, (review) => reviewShape(call.world, call.repository, pull, review));
      return okay(items, headers);
    },
  },
  {
    method: 'POST',
    path: '/repos/:owner/:repo/pulls/:number/reviews',
    access: { person: 'read', app: [['pull_requests', 'write']] },
    makesContent: true,
    handle: (call) => createReview(call),
  },
  {
    method: 'PUT',
    path: '/repos/:owner/:repo/pulls/:number/reviews/:review/dismissals',
    access: { person: 'write', app: [['pull_requests', 'write']] },
    handle: (call) => dismissReview(call),
  },
];

function dismissReview(call: RepositoryCall): ReturnType<typeof okay> {
  const { world, repository, body, params } = call;
  const pull = pullOf(call);
  const review = world.store.pulls.review(Number(params['review']));
  if (review === undefined || review.issue_id !== pull.issue_id) throw notFound();
  const message = bodyText(body.requiredText('message'), 'PullRequestReview');
  if (review.state !== 'APPROVED' && review.state !== 'CHANGES_REQUESTED')
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'PullRequestReview', code: 'custom', message: 'Can not dismiss a commented or dismissed pull request review' },
    ]);
  const shape = world.store.transaction(() => {
    world.store.pulls.dismissReview(review.id, message);
    const dismissed = reviewShape(world, repository, pull, { ...review, state: 'DISMISSED' });
    const payload = { review: { ...dismissed, state: 'dismissed' }, pull_request: pullSimple(world, repository, pull) };
    emit(world, { event: 'pull_request_review', action: 'dismissed', repository, sender: call.author(), payload });
    return dismissed;
  });
  return okay(shape);
}

function createReview(call: RepositoryCall): ReturnType<typeof okay> {
  const { world, repository, body } = call;
  const pull = pullOf(call);
  const author = call.author();
  const event = body.oneOf('event', ['APPROVE', 'REQUEST_CHANGES', 'COMMENT']);
  // GitHub keeps a review without an event as a draft of its author; drafts do not exist here.
  if (event === undefined) throw malformed(`"event" wasn't supplied.`);
  const text = bodyText(body.text('body') ?? '', 'PullRequestReview');
  if (event !== 'COMMENT' && author.id === pull.author_id) {
    throw new Refusal(422, 'Unprocessable Entity', [
      { resource: 'PullRequestReview', code: 'custom', message: 'Can not approve or request changes on your own pull request' },
    ]);
  }
  if (event !== 'APPROVE' && text === '') throw malformed(`"body" is needed unless the review approves.`);
  const review = world.store.transaction(() => {
    const commit = body.text('commit_id') ?? pull.head_sha;
    const added = world.store.pulls.addReview({
      issue_id: pull.issue_id,
      author_id: author.id,
      state: STATES[event],
      body: text,
      commit_id: commit,
      submitted_at: world.now(),
    });
    const shape = reviewShape(world, repository, pull, added);
    const payload = { review: { ...shape, state: added.state.toLowerCase() }, pull_request: pullSimple(world, repository, pull) };
    emit(world, { event: 'pull_request_review', action: 'submitted', repository, sender: author, payload });
    return added;
  });
  return okay(reviewShape(world, repository, pull, review));
}
