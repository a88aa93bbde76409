import type { Commit, FileChange, Person } from '../git/read.ts';
import type { JsonObject } from '../json.ts';
import type { RepositoryRow } from '../store/rows.ts';
import { nodeId, type World } from '../world.ts';
import { simpleUser } from './account.ts';

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

/** git writes an offset; GitHub's answers are in UTC. A date that cannot be read is the beginning of time. */
function utc(date: string): string {
  const ms = Date.parse(date);
  return `${new Date(Number.isNaN(ms) ? 0 : ms).toISOString().slice(0, 19)}Z`;
}

const personShape = (person: Person): JsonObject => ({ name: person.name, email: person.email, date: utc(person.date) });

function accountOf(world: World, person: Person): JsonObject | null {
  const account = world.store.accounts.byEmail(person.email);
  return account === undefined ? null : simpleUser(world, account);
}

/** The commit as REST lists it. */
export function commitShape(world: World, repository: RepositoryRow, commit: Commit): JsonObject {
  const api = world.urls.repository(repository);
  const page = world.urls.page(repository);
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', `${repository.id}:${commit.sha}`),
    commit: {
      author: personShape(commit.author),
      committer: personShape(commit.committer),
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: UNSIGNED,
    },
    url: `${api}/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    author: accountOf(world, commit.author),
    committer: accountOf(world, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${page}/commit/${sha}` })),
  };
}

/** The commit with its files and counts. */
export function commitWithFiles(world: World, repository: RepositoryRow, commit: Commit, changes: readonly FileChange[]): JsonObject {
  const additions = changes.reduce((sum, change) => sum + change.additions, 0);
  const deletions = changes.reduce((sum, change) => sum + change.deletions, 0);
  return {
    ...commitShape(world, repository, commit),
    stats: { total: additions + deletions, additions, deletions },
    files: changes.map((change) => diffEntry(world, repository, commit.sha, change)),
  };
}

/** The commit as an object of git. */
export function gitCommitShape(world: World, repository: RepositoryRow, commit: Commit): JsonObject {
  const api = world.urls.repository(repository);
  const page = world.urls.page(repository);
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', `${repository.id}:${commit.sha}`),
    url: `${api}/git/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    author: personShape(commit.author),
    committer: personShape(commit.committer),
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/git/commits/${sha}`, html_url: `${page}/commit/${sha}` })),
    verification: UNSIGNED,
  };
}

export function diffEntry(world: World, repository: RepositoryRow, commit: string, change: FileChange): JsonObject {
  const path = change.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: change.blob,
    filename: change.path,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    blob_url: `${world.urls.page(repository)}/blob/${commit}/${path}`,
    raw_url: `${world.urls.page(repository)}/raw/${commit}/${path}`,
    contents_url: `${world.urls.repository(repository)}/contents/${path}?ref=${commit}`,
    ...(change.patch === undefined ? {} : { patch: change.patch }),
    ...(change.previousPath === undefined ? {} : { previous_filename: change.previousPath }),
  };
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
