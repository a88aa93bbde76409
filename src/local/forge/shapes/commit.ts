import type { Commit, FileChange, Person } from '../git/read.ts';
import type { JsonObject } from '../json.ts';
import type { AccountRow, RepositoryRow } from '../store/rows.ts';
import { FORGE_EMAIL, nodeId, type World } from '../world.ts';
import { simpleUser } from './account.ts';

/** git writes an offset; GitHub's answers are in UTC. A date that cannot be read is the beginning of time. */
function utc(date: string): string {
  const ms = Date.parse(date);
  return `${new Date(Number.isNaN(ms) ? 0 : ms).toISOString().slice(0, 19)}Z`;
}

/** An address that is not one (a person may write anything there) is replaced, as the events' schema asks for one. */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const emailOf = (person: Person): string => (EMAIL.test(person.email) ? person.email : 'unknown@forge.localhost');

function eventPerson(world: World, person: Person): JsonObject {
  const account = world.store.accounts.byEmail(person.email);
  return {
    name: person.name,
    email: emailOf(person),
    ...(account === undefined ? {} : { username: account.login }),
  };
}

const plainPerson = (person: Person): JsonObject => ({ name: person.name, email: emailOf(person) });

/** The commit as check suites have it. */
export function simpleCommit(commit: Commit): JsonObject {
  return {
    id: commit.sha,
    tree_id: commit.tree,
    message: commit.message,
    timestamp: utc(commit.committer.date),
    author: plainPerson(commit.author),
    committer: plainPerson(commit.committer),
  };
}

const gitPerson = (person: Person): JsonObject => ({ name: person.name, email: person.email, date: utc(person.date) });

/** As whose work GitHub shows what was made by a button. */
const webFlow = (world: World): AccountRow =>
  world.store.accounts.ensure({ login: 'web-flow', name: 'Local Forge', email: FORGE_EMAIL, type: 'User', site_admin: 0 }, world.now());

/** The commit as lists have it. Whose it is, is known by the address that an account has claimed. */
export function commitShape(world: World, repository: RepositoryRow, commit: Commit): JsonObject {
  const url = `${world.urls.repository(repository)}/commits/${commit.sha}`;
  const page = `${world.urls.page(repository)}/commit`;
  const accountOf = ({ email }: Person): JsonObject | null => {
    const account = email === FORGE_EMAIL ? webFlow(world) : world.store.accounts.byEmail(email);
    return account === undefined ? null : simpleUser(world, account);
  };
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url,
    html_url: `${page}/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${world.urls.repository(repository)}/git/commits/${commit.sha}`,
      author: gitPerson(commit.author),
      committer: gitPerson(commit.committer),
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${world.urls.repository(repository)}/git/trees/${commit.tree}` },
    },
    author: accountOf(commit.author),
    committer: accountOf(commit.committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${world.urls.repository(repository)}/commits/${sha}`,
      html_url: `${page}/${sha}`,
    })),
  };
}

/** The commit as push events have it. */
export function pushCommit(world: World, repository: RepositoryRow, commit: Commit, changes: readonly FileChange[]): JsonObject {
  const paths = (status: FileChange['status']): readonly string[] =>
    changes.filter((change) => change.status === status).map((change) => change.path);
  const renamed = changes.filter((change) => change.status === 'renamed');
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: utc(commit.committer.date),
    url: `${world.urls.page(repository)}/commit/${commit.sha}`,
    author: eventPerson(world, commit.author),
    committer: eventPerson(world, commit.committer),
    // Push events know no renames: the old path was removed and the new one added.
    added: [...paths('added'), ...renamed.map((change) => change.path)],
    removed: [...paths('removed'), ...renamed.flatMap((change) => change.previousPath ?? [])],
    modified: paths('modified'),
  };
}
