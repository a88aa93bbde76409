import { invalid, Refusal } from '../http/answer.ts';
import type { AccountRow, PullRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, type World } from '../world.ts';
import { computeFacts, writePullRefs } from './pull-facts.ts';
import { emitPull } from './ref-changes.ts';

export interface PullDraft {
  readonly title: string;
  readonly body: string | null;
  readonly headRef: string;
  readonly baseRef: string;
  readonly draft: boolean;
  readonly author: AccountRow;
  readonly viaApp: boolean;
}

/** @throws Refusal 422 when a branch is missing, there is nothing to merge, or the same pull request is open already. */
export function openPull(world: World, repository: RepositoryRow, draft: PullDraft): Promise<PullRow> {
  return world.locks.run(repository.id, () => openPullLocked(world, repository, draft));
}

/** With the lock of the repository held. */
export async function openPullLocked(world: World, repository: RepositoryRow, draft: PullDraft): Promise<PullRow> {
  const git = gitOf(world, repository);
  const head = await git.branch(draft.headRef);
  if (head === undefined) throw invalid('PullRequest', 'head', 'invalid');
  const base = await git.branch(draft.baseRef);
  if (base === undefined) throw invalid('PullRequest', 'base', 'invalid');
  const known = world.store.pulls.openOf(repository.id).find((pull) => pull.head_ref === draft.headRef && pull.base_ref === draft.baseRef);
  if (known !== undefined) {
    const name = `${repository.owner_login}:${draft.headRef}`;
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'PullRequest', code: 'custom', message: `A pull request already exists for ${name}.` },
    ]);
  }
  if ((await git.count(base, head)) === 0) {
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'PullRequest', code: 'custom', message: `No commits between ${draft.baseRef} and ${draft.headRef}` },
    ]);
  }
  const facts = await computeFacts(world, repository, base, head);
  const pull = world.store.transaction(() => {
    const number = world.store.repositories.nextNumber(repository.id);
    const { title, body, author, viaApp, headRef, baseRef } = draft;
    const issue = world.store.issues.add(
      { repository_id: repository.id, number, title, body, author_id: author.id, via_app: viaApp ? 1 : 0 },
      world.now(),
    );
    const added = world.store.pulls.add({
      issue_id: issue.id,
      head_ref: headRef,
      head_sha: head,
      base_ref: baseRef,
      base_sha: base,
      draft: draft.draft ? 1 : 0,
    });
    world.store.pulls.setFacts(issue.id, facts);
    emitPull(world, repository, author, added, 'opened');
    return world.store.pulls.byId(issue.id);
  });
  await writePullRefs(world, repository, pull);
  return pull;
}

/** Closes or reopens, as a person would. @throws Refusal 422 when a merged one, or one without its branch, is to be reopened. */
export async function setPullState(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
  state: 'open' | 'closed',
  actor: AccountRow,
): Promise<void> {
  if (pull.state === state) return;
  const now = world.now();
  if (state === 'closed') {
    world.store.transaction(() => {
      world.store.issues.close(pull.issue_id, actor.id, null, now);
      emitPull(world, repository, actor, pull, 'closed');
    });
    return;
  }
  const head = await gitOf(world, repository).branch(pull.head_ref);
  const base = await gitOf(world, repository).branch(pull.base_ref);
  if (pull.merged_at !== null || head === undefined || base === undefined) {
    throw invalid('PullRequest', 'state', 'invalid', 'state cannot be changed. The pull request cannot be reopened.');
  }
  const facts = await computeFacts(world, repository, base, head);
  world.store.transaction(() => {
    world.store.issues.reopen(pull.issue_id, null, now);
    world.store.pulls.setHead(pull.issue_id, head, base, now);
    world.store.pulls.setFacts(pull.issue_id, facts);
    emitPull(world, repository, actor, pull, 'reopened');
  });
  await writePullRefs(world, repository, world.store.pulls.byId(pull.issue_id));
}
