import { randomBytes } from 'node:crypto';
import { openPullLocked } from './actions/pulls.ts';
import { announceRefChanges } from './actions/ref-changes.ts';
import { emitInstallation, emitInstallationRepositories } from './events/emit.ts';
import { isBranchName, isOwnerName, isRepositoryName, isTreePath, NO_SHA } from './git/names.ts';
import { type FileEdits, writeCommit, writeTree } from './git/write.ts';
import type { AccountRow, PullRow, RepositoryRow, Role } from './store/rows.ts';
import { gitOf, isoPerson, type World } from './world.ts';

export interface UserSeed {
  readonly login: string;
  readonly name?: string;
  readonly email?: string;
}

export interface SeededUser {
  readonly login: string;
  /** Password for git and bearer token for REST; the same at every start. */
  readonly token: string;
}

export interface RepositorySeed {
  readonly owner: string;
  /** Default: `Organization`. Made when missing. */
  readonly ownerType?: 'User' | 'Organization';
  readonly name: string;
  readonly description?: string;
  /** Default: `main`. */
  readonly defaultBranch?: string;
  /** Default: true. */
  readonly hasIssues?: boolean;
  /** Content of the first commit, by path. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly collaborators: readonly { readonly login: string; readonly role: Role }[];
  /** Of the owner, where it is an organisation: members by slug. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  /** Login of who writes the first commit; one of the collaborators. */
  readonly author: string;
  /** A pull request to find open at the first start. */
  readonly pull?: {
    readonly branch: string;
    readonly title: string;
    readonly body: string;
    readonly author: string;
    /** `undefined` removes a file. */
    readonly changes: FileEdits;
  };
}

export interface SeededRepository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly cloneUrl: string;
  readonly pageUrl: string;
  readonly installationId: number;
  /** Number of the seeded pull request. */
  readonly pull: number | undefined;
  /** It did not exist before. */
  readonly isNew: boolean;
}

/** A person with a token. Doing it again gives the same. */
export function seedUser(world: World, seed: UserSeed): SeededUser {
  if (!isOwnerName(seed.login)) throw new Error(`not a user name: ${JSON.stringify(seed.login)}; use letters, digits and single dashes`);
  return world.store.transaction(() => {
    const account = world.store.accounts.ensure(
      {
        login: seed.login,
        name: seed.name ?? seed.login,
        email: seed.email ?? `${seed.login.toLowerCase()}@users.noreply.forge.localhost`,
        type: 'User',
        site_admin: 0,
      },
      world.now(),
    );
    const known = world.store.accounts.tokenOf(account.id);
    const token = known ?? `ghp_${randomBytes(18).toString('hex')}`;
    if (known === undefined) world.store.accounts.giveToken(account.id, token);
    return { login: account.login, token };
  });
}

/**
 * A repository with a first commit, its collaborators, the app installed for its owner, and perhaps an open pull request.
 * What exists already is left as it is, so that it can be called at every start.
 */
export async function seedRepository(world: World, seed: RepositorySeed): Promise<SeededRepository> {
  if (!isOwnerName(seed.owner) || !isRepositoryName(seed.name))
    throw new Error(`not a repository name: ${JSON.stringify(`${seed.owner}/${seed.name}`)}`);
  const known = world.store.repositories.byName(seed.owner, seed.name);
  const repository = known ?? (await createRepository(world, seed));
  for (const [team, members] of Object.entries(seed.teams ?? {}))
    for (const login of members) world.store.accounts.addToTeam(repository.owner_id, team, accountOf(world, login).id);
  const pull = seed.pull === undefined ? undefined : await seedPull(world, repository, seed.pull);
  return {
    id: repository.id,
    owner: repository.owner_login,
    name: repository.name,
    cloneUrl: world.urls.clone(repository),
    pageUrl: world.urls.page(repository),
    installationId: world.store.accounts.installationOf(repository.owner_id)?.id ?? 0,
    pull: pull?.number,
    isNew: known === undefined,
  };
}

/** git first, then one transaction for all the rest: a start that was cut short is simply done again. */
async function createRepository(world: World, seed: RepositorySeed): Promise<RepositoryRow> {
  const defaultBranch = seed.defaultBranch ?? 'main';
  if (!isBranchName(defaultBranch)) throw new Error(`not a branch name: ${JSON.stringify(defaultBranch)}`);
  const author = accountOf(world, seed.author);
  const now = world.now();
  const owner = world.store.accounts.ensure(
    {
      login: seed.owner,
      name: seed.owner,
      email: `${seed.owner.toLowerCase()}@owners.noreply.forge.localhost`,
      type: seed.ownerType ?? 'Organization',
      site_admin: 0,
    },
    now,
  );
  const row = { owner_login: owner.login, name: seed.name } as RepositoryRow;
  const git = gitOf(world, row);
  await git.create(defaultBranch);
  const tree = await writeTree(git, undefined, checked(seed.files));
  const person = isoPerson(world, author);
  const commit = await writeCommit(git, { tree, parents: [], message: 'Initial commit\n', author: person, committer: person });
  await git.updateRef(`refs/heads/${defaultBranch}`, commit, NO_SHA);
  return world.store.transaction(() => {
    const repository = world.store.repositories.add(
      {
        owner_id: owner.id,
        name: seed.name,
        description: seed.description ?? null,
        default_branch: defaultBranch,
        has_issues: seed.hasIssues === false ? 0 : 1,
      },
      now,
    );
    world.store.refs.set(repository.id, `refs/heads/${defaultBranch}`, commit);
    for (const { login, role } of seed.collaborators) world.store.repositories.setRole(repository.id, accountOf(world, login).id, role);
    if (world.store.accounts.installationOf(owner.id) === undefined) {
      world.store.accounts.install(owner.id, now);
      emitInstallation(world, owner, author, [repository]);
    } else {
      emitInstallationRepositories(world, owner, author, repository);
    }
    return repository;
  });
}

function accountOf(world: World, login: string): AccountRow {
  const account = world.store.accounts.byLogin(login);
  if (account === undefined) throw new Error(`no user ${login}: seed the users first`);
  return account;
}

function checked<Content>(files: ReadonlyMap<string, Content>): ReadonlyMap<string, Content> {
  for (const path of files.keys()) if (!isTreePath(path)) throw new Error(`not a path for a repository: ${JSON.stringify(path)}`);
  return files;
}

/** Found by its branch, whatever has become of it since. */
function seedPull(world: World, repository: RepositoryRow, seed: NonNullable<RepositorySeed['pull']>): Promise<PullRow> {
  return world.locks.run(repository.id, async () => {
    const known = world.store.pulls.ofRepository(repository.id).find((pull) => pull.head_ref === seed.branch);
    if (known !== undefined) return known;
    if (!isBranchName(seed.branch)) throw new Error(`not a branch name: ${JSON.stringify(seed.branch)}`);
    const git = gitOf(world, repository);
    const author = accountOf(world, seed.author);
    const base = await git.branch(repository.default_branch);
    if (base === undefined) throw new Error(`${repository.name} has no branch ${repository.default_branch}`);
    if ((await git.branch(seed.branch)) === undefined) {
      const tree = await writeTree(git, base, checked(seed.changes));
      const person = isoPerson(world, author);
      const commit = await writeCommit(git, { tree, parents: [base], message: `${seed.title}\n`, author: person, committer: person });
      await git.updateRef(`refs/heads/${seed.branch}`, commit, NO_SHA);
    }
    await announceRefChanges(world, repository, author);
    const { title, body } = seed;
    return openPullLocked(world, repository, {
      title,
      body,
      headRef: seed.branch,
      baseRef: repository.default_branch,
      draft: false,
      author,
      viaApp: false,
    });
  });
}
