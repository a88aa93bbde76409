import { renameSync } from 'node:fs';
import { emit } from '../events/emit.ts';
import { isRepositoryName } from '../git/names.ts';
import { malformed } from '../http/answer.ts';
import type { AccountRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, type World } from '../world.ts';

/** Gives a repository another name; the old one leads to it from then on. @throws Refusal 422 when the name is taken, or is none. */
export async function renameRepository(world: World, repository: RepositoryRow, name: string, by: AccountRow): Promise<RepositoryRow> {
  if (name === repository.name) return repository;
  const { repositories } = world.store;
  if (!isRepositoryName(name) || repositories.byName(repository.owner_login, name) !== undefined)
    throw malformed(`name ${name} already exists on this account, or is not a name`);
  return await world.locks.run(repository.id, async () =>
    world.store.transaction(() => {
      const renamed = repositories.rename(repository, name, world.now());
      renameSync(gitOf(world, repository).directory, gitOf(world, renamed).directory);
      const changes = { repository: { name: { from: repository.name } } };
      emit(world, { event: 'repository', action: 'renamed', repository: renamed, sender: by, payload: { changes } });
      return renamed;
    }),
  );
}
