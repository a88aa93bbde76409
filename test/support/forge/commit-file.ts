import { announceRefChanges } from '../../../src/local/forge/actions/ref-changes.ts';
import { NO_SHA } from '../../../src/local/forge/git/names.ts';
import { writeCommit, writeTree } from '../../../src/local/forge/git/write.ts';
import type { Forge } from '../../../src/local/forge/options.ts';
import { gitOf, isoPerson } from '../../../src/local/forge/world.ts';

export interface FileCommit {
  readonly by: string;
  readonly branch: string;
  readonly path: string;
  readonly text: string;
  readonly message?: string;
  /** Whose work the commit says it is; whoever pushes it when left out. */
  readonly author?: { readonly name: string; readonly email: string };
}

/** Sets a file of `acme/fleet` as a push of one commit would. A branch that is not there yet begins where `main` is. @returns the commit. */
export async function commitFile(
  { world }: Pick<Forge, 'world'>,
  { by, branch, path, text, message = 'Edit', author }: FileCommit,
): Promise<string> {
  const repository = world.store.repositories.byName('acme', 'fleet');
  const account = world.store.accounts.byLogin(by);
  if (repository === undefined || account === undefined) throw new Error(`no acme/fleet, or no ${by}`);
  return await world.locks.run(repository.id, async () => {
    const git = gitOf(world, repository);
    const before = await git.branch(branch);
    const parent = before ?? (await git.branch('main')) ?? '';
    const tree = await writeTree(git, parent, new Map([[path, text]]));
    const person = { ...isoPerson(world, account), ...author };
    const commit = await writeCommit(git, { tree, parents: [parent], message: `${message}\n`, author: person, committer: person });
    await git.updateRef(`refs/heads/${branch}`, commit, before ?? NO_SHA);
    await announceRefChanges(world, repository, account, new Set([`refs/heads/${branch}`]));
    return commit;
  });
}
