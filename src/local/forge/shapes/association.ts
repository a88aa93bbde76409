import type { RepositoryRow } from '../store/rows.ts';
import type { World } from '../world.ts';

/** What an author is to a repository, as far as it is known here. */
export function authorAssociation(world: World, repository: RepositoryRow, author: number): 'OWNER' | 'COLLABORATOR' | 'NONE' {
  if (repository.owner_id === author) return 'OWNER';
  return world.store.repositories.roleOf(repository.id, author) === undefined ? 'NONE' : 'COLLABORATOR';
}
