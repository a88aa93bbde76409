import { setPullState } from '../actions/pulls.ts';
import { created, okay, Refusal } from '../http/answer.ts';
import { paged } from '../http/paging.ts';
import { ISSUES_READ as READ, type RepositoryCall, type RepositoryRoute, ISSUES_WRITE as WRITE } from '../http/route.ts';
import { issueShape } from '../shapes/issue.ts';
import { hasRole } from '../shapes/repository.ts';
import type { AccountRow, IssueRow } from '../store/rows.ts';
import { emitIssue, issueOf, issuesDisabled } from './issue-of.ts';
import { ensureLabel, labelNames, setLabels } from './labels.ts';
import { changesOf } from './pulls.ts';
import { bodyText, titleText } from './texts.ts';

export const issueRoutes: readonly RepositoryRoute[] = [
  { method: 'GET', path: '/repos/:owner/:repo/issues', access: READ, handle: (call) => listIssues(call) },
  {
    method: 'POST',
    path: '/repos/:owner/:repo/issues',
    access: { person: 'read', app: [['issues', 'write']] },
    makesContent: true,
    handle: (call) => createIssue(call),
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/issues/:number',
    access: READ,
    handle: (call) => okay(issueShape(call.world, call.repository, issueOf(call))),
  },
  { method: 'PATCH', path: '/repos/:owner/:repo/issues/:number', access: WRITE, handle: (call) => patchIssue(call) },
];

function listIssues(call: RepositoryCall): ReturnType<typeof okay> {
  const { world, repository } = call;
  const query = call.url.searchParams;
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '')
    .toLowerCase()
    .split(',')
    .filter((name) => name !== '');
  const creator = query.get('creator');
  const isBy = ({ author_id: author }: IssueRow): boolean =>
    creator === null || world.store.accounts.byId(author).login.toLowerCase() === creator.toLowerCase();
  const matchesLabels = (issue: IssueRow): boolean => {
    const names = world.store.issues.labelsOf(issue.id).map((label) => label.name.toLowerCase());
    return labels.every((name) => names.includes(name));
  };
  const issues = world.store.issues
    .ofRepository(repository.id)
    .filter((issue) => repository.has_issues === 1 || world.store.pulls.ofIssue(issue.id) !== undefined)
    .filter((issue) => state === 'all' || issue.state === state)
    .filter(isBy)
    .filter(matchesLabels);
  const ordered = query.get('direction') === 'asc' ? issues : issues.toReversed();
  const { items, headers } = paged(call, ordered, (issue) => issueShape(world, repository, issue));
  return okay(items, headers);
}

function createIssue(call: RepositoryCall): ReturnType<typeof created> {
  const { world, repository, body } = call;
  if (repository.has_issues === 0) throw issuesDisabled();
  const author = call.author();
  const title = titleText(body.requiredText('title'), 'Issue');
  const text = bodyText(body.text('body') ?? null, 'Issue');
  const names = labelNames(body);
  const issue = world.store.transaction(() => {
    const number = world.store.repositories.nextNumber(repository.id);
    const via_app = call.caller.kind === 'installation' ? 1 : 0;
    const added = world.store.issues.add(
      { repository_id: repository.id, number, title, body: text, author_id: author.id, via_app },
      world.now(),
    );
    // Labels of somebody without push access are dropped without a word, as on GitHub.
    if (hasRole(call.role, 'triage')) for (const name of names) world.store.issues.putLabel(added.id, ensureLabel(call, name).id);
    emitIssue(call, added, 'opened', author);
    return added;
  });
  const shape = issueShape(world, repository, issue);
  return created(shape, shape['url']);
}

function patchIssue(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository, body } = call;
  const actor = call.author();
  return world.locks.run(repository.id, async () => {
    const issue = issueOf(call);
    if (issue.author_id !== actor.id && !hasRole(call.role, 'triage'))
      throw new Refusal(403, 'Must have triage access to Repository, or have opened it.');
    const title = body.has('title') ? titleText(body.text('title') ?? '', 'Issue') : issue.title;
    const text = body.has('body') ? bodyText(body.text('body') ?? null, 'Issue') : issue.body;
    const state = body.oneOf('state', ['open', 'closed']);
    const reason = body.oneOf('state_reason', ['completed', 'not_planned', 'duplicate', 'reopened']);
    world.store.transaction(() => {
      if (title !== issue.title || text !== issue.body) {
        world.store.issues.edit(issue.id, { title, body: text }, world.now());
        emitIssue(call, issue, 'edited', actor, { changes: changesOf(issue, title, text) });
      }
      if (body.has('labels')) setLabels(call, issue, labelNames(body));
    });
    const pull = world.store.pulls.ofIssue(issue.id);
    if (state !== undefined && pull !== undefined) await setPullState(world, repository, pull, state, actor);
    if (state !== undefined && pull === undefined && state !== issue.state) setIssueState(call, issue, state, actor, reason);
    return okay(issueShape(world, repository, world.store.issues.byId(issue.id)));
  });
}

function setIssueState(
  call: RepositoryCall,
  issue: IssueRow,
  state: 'open' | 'closed',
  actor: AccountRow,
  reason: IssueRow['state_reason'] | undefined,
): void {
  const { world } = call;
  world.store.transaction(() => {
    if (state === 'closed') world.store.issues.close(issue.id, actor.id, reason ?? 'completed', world.now());
    else world.store.issues.reopen(issue.id, 'reopened', world.now());
    emitIssue(call, issue, state === 'closed' ? 'closed' : 'reopened', actor);
  });
}
