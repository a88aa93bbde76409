import { emitPull } from '../actions/ref-changes.ts';
import { emit } from '../events/emit.ts';
import { notFound, Refusal } from '../http/answer.ts';
import type { RepositoryCall } from '../http/route.ts';
import type { JsonObject } from '../json.ts';
import { issueShape } from '../shapes/issue.ts';
import type { AccountRow, IssueRow } from '../store/rows.ts';

/** The issue or pull request that `:number` names. @throws Refusal 404, or 410 where issues are turned off. */
export function issueOf(call: RepositoryCall): IssueRow {
  const issue = call.world.store.issues.byNumber(call.repository.id, Number(call.params['number']));
  if (issue === undefined) {
    if (call.repository.has_issues === 0) throw issuesDisabled();
    throw notFound();
  }
  if (call.caller.kind === 'installation') checkKind(call, issue);
  return issue;
}

export const issuesDisabled = (): Refusal => new Refusal(410, 'Issues has been disabled in this repository.');

/** An app with leave for pull requests alone does not reach issues that are none. */
function checkKind(call: RepositoryCall, issue: IssueRow): void {
  if (call.caller.kind !== 'installation' || call.caller.permissions['issues'] !== undefined) return;
  if (call.world.store.pulls.ofIssue(issue.id) === undefined) throw new Refusal(403, 'Resource not accessible by integration');
}

export function emitIssue(call: RepositoryCall, issue: IssueRow, action: string, sender: AccountRow, more: JsonObject = {}): void {
  const { world, repository } = call;
  const pull = world.store.pulls.ofIssue(issue.id);
  if (pull !== undefined) {
    emitPull(world, repository, sender, pull, action, more);
    return;
  }
  const shape = issueShape(world, repository, world.store.issues.byId(issue.id));
  emit(world, { event: 'issues', action, repository, sender, payload: { issue: shape, ...more } });
}
