import { setTimeout } from 'node:timers/promises';
import { botAccount } from '../shapes/account.ts';
import type { RepositoryRow } from '../store/rows.ts';
import { gitOf, type World } from '../world.ts';
import { completeMerge } from './merge.ts';
import { refreshPull } from './pull-facts.ts';
import { announceRefChanges } from './ref-changes.ts';

/** A push that was under way may still be ending in a git child that has outlived the forge. */
const ORPHAN_MS = 500;

/**
 * Puts git and the store in step again after the process was killed anywhere: a merge whose branch has moved is completed, one whose branch
 * has not is forgotten, and every ref that moved without its events is announced in the name of whoever had begun to push.
 */
export async function recover(world: World): Promise<void> {
  const interrupted = world.store.deliveries.failInterrupted();
  if (interrupted > 0)
    world.log.info({ interrupted }, 'webhook deliveries were interrupted by the end of the process; they count as failed');
  const repositories = world.store.repositories.all();
  const hasPush = repositories.some((repository) => world.store.refs.intents(repository.id).some((intent) => intent.kind === 'push'));
  if (hasPush) await setTimeout(ORPHAN_MS);
  for (const repository of repositories) await world.locks.run(repository.id, () => recoverRepository(world, repository));
}

async function recoverRepository(world: World, repository: RepositoryRow): Promise<void> {
  const git = gitOf(world, repository);
  const intents = world.store.refs.intents(repository.id);
  for (const intent of intents) {
    const { pull_id: pull, base_before: baseBefore, result_sha: result } = intent;
    if (intent.kind !== 'merge' || pull === null || baseBefore === null || result === null) continue;
    const tip = await git.branch(world.store.pulls.byId(pull).base_ref);
    const hasLanded = tip !== undefined && (await git.isAncestor(result, tip));
    if (hasLanded)
      await completeMerge(world, repository, world.store.accounts.byId(intent.actor_id), { intent: intent.id, pull, baseBefore, result });
    else world.store.refs.removeIntent(intent.id);
  }
  const pushes = intents.filter((intent) => intent.kind === 'push');
  const lastPush = pushes.at(-1);
  const actor = lastPush === undefined ? botAccount(world) : world.store.accounts.byId(lastPush.actor_id);
  const announced = await announceRefChanges(world, repository, actor);
  if (announced.length > 0)
    world.log.info({ repository: repository.name, refs: announced.map((change) => change.ref) }, 'announced refs that had moved');
  for (const push of pushes) world.store.refs.removeIntent(push.id);
  for (const pull of world.store.pulls.openOf(repository.id)) await refreshPull(world, repository, pull);
}
