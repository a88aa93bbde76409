import { emit } from '../events/emit.ts';
import { NO_SHA } from '../git/names.ts';
import { type Commit, EMPTY_TREE, readChanges, readCommit, readCommits } from '../git/read.ts';
import type { JsonObject } from '../json.ts';
import { checkSuiteEvent } from '../shapes/check.ts';
import { pushCommit, simpleCommit } from '../shapes/commit.ts';
import { pullShape } from '../shapes/pull.ts';
import type { PullFacts } from '../store/pulls.ts';
import type { AccountRow, ActivityRow, PullRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, type World } from '../world.ts';
import { newFacts, writePullRefs } from './pull-facts.ts';

export interface RefChange {
  /** Full name: `refs/heads/main`. */
  readonly ref: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const BRANCH = 'refs/heads/';
/** A push event lists at most this many commits. */
const PUSH_COMMITS_MAX = 2_048;
/** GitHub sends no event at all when more branches are pushed at once. */
const PUSH_BRANCHES_MAX = 5_000;

/**
 * Compares git with what the world was told, and tells it the difference: push events, pull requests that move, close or turn out to be
 * merged. Called with the lock of the repository held, after anything that may have moved a ref. Doing it again does nothing.
 */
export async function announceRefChanges(
  world: World,
  repository: RepositoryRow,
  actor: AccountRow,
  only?: ReadonlySet<string>,
  how?: 'pr_merge',
): Promise<readonly RefChange[]> {
  const changes = (await unannounced(world, repository)).filter((change) => only === undefined || only.has(change.ref));
  const withEvents = changes.length <= PUSH_BRANCHES_MAX;
  if (!withEvents) world.log.error({ changes: changes.length }, 'more than 5000 refs were pushed at once: no events, as on GitHub');
  for (const change of changes) await announce(world, repository, actor, change, withEvents, how);
  return changes;
}

async function unannounced(world: World, repository: RepositoryRow): Promise<readonly RefChange[]> {
  const actual = await gitOf(world, repository).refs();
  const known = world.store.refs.known(repository.id);
  const names = [...new Set([...known.keys(), ...actual.keys()])].sort();
  return names.map((ref) => ({ ref, before: known.get(ref), after: actual.get(ref) })).filter((change) => change.before !== change.after);
}

/** Everything that git has to say is read first; then the change and its events are one transaction. */
async function announce(
  world: World,
  repository: RepositoryRow,
  actor: AccountRow,
  change: RefChange,
  withEvents: boolean,
  how: 'pr_merge' | undefined,
): Promise<void> {
  const push = await pushPayload(world, repository, actor, change);
  const activity = how ?? (await activityOf(world, repository, change));
  const headCommit = await branchCommit(world, repository, change);
  const moved = await movedPulls(world, repository, change);
  const now = world.now();
  world.store.transaction(() => {
    world.store.refs.set(repository.id, change.ref, change.after);
    if (change.ref.startsWith(BRANCH))
      world.store.refs.addActivity({
        repository_id: repository.id,
        ref: change.ref,
        before_sha: change.before ?? NO_SHA,
        after_sha: change.after ?? NO_SHA,
        actor_id: actor.id,
        type: activity,
        at: now,
      });
    world.store.repositories.touchPushed(repository.id, now);
    const fresh = world.store.repositories.byId(repository.id);
    if (withEvents) emit(world, { event: 'push', action: null, repository: fresh, sender: actor, payload: push });
    if (withEvents && headCommit !== undefined) requestSuite(world, fresh, actor, change, headCommit);
    for (const { pull, move, facts } of moved) {
      if (facts !== undefined) world.store.pulls.setFacts(pull.issue_id, facts);
      const event = applyMove(world, pull, move, actor, now);
      if (event !== undefined && withEvents) emitPull(world, fresh, actor, pull, event.action, event.more);
    }
  });
  for (const { pull } of moved) await writePullRefs(world, repository, world.store.pulls.byId(pull.issue_id));
}

async function activityOf(world: World, repository: RepositoryRow, { before, after }: RefChange): Promise<ActivityRow['type']> {
  if (before === undefined) return 'branch_creation';
  if (after === undefined) return 'branch_deletion';
  return (await gitOf(world, repository).isAncestor(before, after)) ? 'push' : 'force_push';
}

/** What a moved branch does to one open pull request. */
type Move =
  | { readonly kind: 'new-head'; readonly before: string; readonly after: string; readonly base: string }
  | { readonly kind: 'head-gone' }
  | { readonly kind: 'landed'; readonly commit: string; readonly baseBefore: string }
  | { readonly kind: 'base-moved' };

interface MovedPull {
  readonly pull: PullRow;
  readonly move: Move;
  readonly facts: PullFacts | undefined;
}

async function movedPulls(world: World, repository: RepositoryRow, change: RefChange): Promise<readonly MovedPull[]> {
  if (!change.ref.startsWith(BRANCH)) return [];
  const branch = change.ref.slice(BRANCH.length);
  const moved: MovedPull[] = [];
  for (const pull of world.store.pulls.openOf(repository.id)) {
    const move = await moveOf(world, repository, pull, branch, change);
    if (move === undefined) continue;
    const facts = await newFacts(world, repository, pull, move.kind === 'new-head' ? move.after : pull.head_sha);
    moved.push({ pull, move, facts });
  }
  return moved;
}

async function moveOf(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
  branch: string,
  change: RefChange,
): Promise<Move | undefined> {
  const git = gitOf(world, repository);
  if (pull.head_ref === branch) {
    if (change.after === undefined) return { kind: 'head-gone' };
    const base = (await git.branch(pull.base_ref)) ?? pull.base_sha;
    return { kind: 'new-head', before: pull.head_sha, after: change.after, base };
  }
  if (pull.base_ref !== branch || change.after === undefined) return undefined;
  // Its commits have arrived on the base branch by a push: GitHub calls it merged.
  const hasLanded = await git.isAncestor(pull.head_sha, change.after);
  return hasLanded ? { kind: 'landed', commit: change.after, baseBefore: change.before ?? pull.base_sha } : { kind: 'base-moved' };
}

/** @returns the event that tells of it, if there is one. */
function applyMove(
  world: World,
  pull: PullRow,
  move: Move,
  actor: AccountRow,
  now: number,
): { readonly action: string; readonly more: JsonObject } | undefined {
  switch (move.kind) {
    case 'new-head':
      world.store.pulls.setHead(pull.issue_id, move.after, move.base, now);
      return { action: 'synchronize', more: { before: move.before, after: move.after } };
    case 'head-gone':
      world.store.issues.close(pull.issue_id, actor.id, null, now);
      return { action: 'closed', more: {} };
    case 'landed':
      world.store.pulls.setMerged(pull.issue_id, { by: actor.id, commit: move.commit, baseBefore: move.baseBefore }, now);
      return { action: 'closed', more: {} };
    case 'base-moved':
      return undefined;
  }
}

export function emitPull(
  world: World,
  repository: RepositoryRow,
  sender: AccountRow,
  pull: PullRow,
  action: string,
  more: JsonObject = {},
): void {
  const shape = pullShape(world, repository, world.store.pulls.byId(pull.issue_id));
  emit(world, { event: 'pull_request', action, repository, sender, payload: { number: pull.number, pull_request: shape, ...more } });
}

async function branchCommit(world: World, repository: RepositoryRow, change: RefChange): Promise<Commit | undefined> {
  return change.after !== undefined && change.ref.startsWith(BRANCH) ? readCommit(gitOf(world, repository), change.after) : undefined;
}

/** GitHub opens a check suite on every pushed commit for apps that may write checks. */
function requestSuite(world: World, repository: RepositoryRow, actor: AccountRow, change: RefChange, head: Commit): void {
  const branch = change.ref.slice(BRANCH.length);
  const { suite, isNew } = world.store.checks.ensureSuite(
    { repository: repository.id, sha: head.sha, branch, before: change.before ?? null },
    world.now(),
  );
  if (!isNew) return;
  const payload = { check_suite: checkSuiteEvent(world, repository, suite, simpleCommit(head)) };
  emit(world, { event: 'check_suite', action: 'requested', repository, sender: actor, payload });
}

async function pushPayload(world: World, repository: RepositoryRow, actor: AccountRow, change: RefChange): Promise<JsonObject> {
  const git = gitOf(world, repository);
  const { before, after } = change;
  const commits = after === undefined ? [] : await pushedCommits(world, repository, change);
  const tip = after === undefined ? undefined : await git.commitOf(after);
  const head =
    tip === undefined
      ? undefined
      : (commits.find((commit) => commit['id'] === tip) ?? (await pushedCommit(world, repository, await readCommit(git, tip))));
  const name = change.ref.replace(/^refs\/(heads|tags)\//, '');
  const range = before === undefined || after === undefined ? name : `${before.slice(0, 12)}...${after.slice(0, 12)}`;
  return {
    ref: change.ref,
    before: before ?? NO_SHA,
    after: after ?? NO_SHA,
    created: before === undefined,
    deleted: after === undefined,
    forced: before !== undefined && after !== undefined && !(await git.isAncestor(before, after)),
    base_ref: null,
    compare: `${world.urls.page(repository)}/compare/${range}`,
    commits,
    head_commit: head ?? null,
    pusher: { name: actor.login, email: actor.email },
  };
}

/** Oldest first. For a new branch: what the default branch does not have. */
async function pushedCommits(world: World, repository: RepositoryRow, change: RefChange): Promise<readonly JsonObject[]> {
  if (change.after === undefined || !change.ref.startsWith(BRANCH)) return [];
  const git = gitOf(world, repository);
  const from = change.before ?? world.store.refs.sha(repository.id, `${BRANCH}${repository.default_branch}`);
  const selection = [`-${PUSH_COMMITS_MAX}`, change.after, ...(from === undefined ? [] : [`^${from}`])];
  const commits = [...(await readCommits(git, selection))].reverse();
  const listed: JsonObject[] = [];
  for (const commit of commits) listed.push(await pushedCommit(world, repository, commit));
  return listed;
}

/** A push event lists at most this many files for a commit. */
const PUSH_FILES_MAX = 3_000;

async function pushedCommit(world: World, repository: RepositoryRow, commit: Commit): Promise<JsonObject> {
  const changes = await readChanges(gitOf(world, repository), commit.parents[0] ?? EMPTY_TREE, commit.sha, false);
  return pushCommit(world, repository, commit, changes.slice(0, PUSH_FILES_MAX));
}
