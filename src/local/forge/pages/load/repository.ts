import { isTreePath } from '../../git/names.ts';
import { type Commit, type TreeEntry as GitEntry, readBlob, readCommits, readTree } from '../../git/read.ts';
import type { GitRepository } from '../../git/repository.ts';
import { isoTime } from '../../json.ts';
import type { AccountRow, IssueRow, PullRow, RepositoryRow } from '../../store/rows.ts';
import { gitOf, type World } from '../../world.ts';
import type { FileView, HomeView, RepositoryView, TreeView } from '../page-views.ts';
import type { BranchView, CloneView, CommitBrief, IssueBrief, PullBrief, PullState, RepositoryRef, TreeEntry } from '../views.ts';
import { checkBriefs } from './checks.ts';

const COMMITS_SHOWN = 10;
/** Larger files are not put into a page, nor into a text field. */
export const FILE_BYTES_MAX = 512 * 1_024;

export function repositoryRef(world: World, repository: RepositoryRow): RepositoryRef {
  const openPulls = world.store.pulls.openOf(repository.id).length;
  return {
    owner: repository.owner_login,
    name: repository.name,
    defaultBranch: repository.default_branch,
    openPulls,
    openIssues: world.store.repositories.openIssues(repository.id) - openPulls,
    hasIssue: (number) => world.store.issues.byNumber(repository.id, number) !== undefined,
  };
}

export function homeView(world: World, viewer: AccountRow): HomeView {
  return {
    repositories: world.store.repositories.all().map((repository) => ({
      ...repositoryRef(world, repository),
      description: repository.description ?? undefined,
      clone: cloneView(world, repository, viewer),
    })),
  };
}

const cloneView = (world: World, repository: RepositoryRow, viewer: AccountRow): CloneView => ({
  url: world.urls.clone(repository),
  token: world.store.accounts.tokenOf(viewer.id),
});

export async function repositoryView(world: World, repository: RepositoryRow, viewer: AccountRow): Promise<RepositoryView> {
  const git = gitOf(world, repository);
  const head = await git.branch(repository.default_branch);
  const entries = head === undefined ? [] : (await readTree(git, head, '')).filter((entry) => entry.type !== 'commit');
  const commits = head === undefined ? [] : await readCommits(git, [`--max-count=${COMMITS_SHOWN}`, '--first-parent', head]);
  const readme = entries.find((entry) => /^readme(\.md|\.txt)?$/i.test(entry.path) && entry.bytes <= FILE_BYTES_MAX);
  return {
    repository: repositoryRef(world, repository),
    description: repository.description ?? undefined,
    clone: cloneView(world, repository, viewer),
    branches: await branchViews(world, repository, git),
    entries: entryViews(entries),
    pulls: [...world.store.pulls.openOf(repository.id)].reverse().map((pull) => pullBrief(world, repository, pull)),
    issues: issueBriefs(world, repository, 'open'),
    commits: commits.map((commit) => commitBrief(world, repository, commit)),
    readme: readme === undefined ? undefined : { path: readme.path, text: (await readBlob(git, readme.sha)).toString('utf8') },
  };
}

async function branchViews(world: World, repository: RepositoryRow, git: GitRepository): Promise<readonly BranchView[]> {
  const tips = await branchTips(git);
  const open = new Map(world.store.pulls.openOf(repository.id).map((pull) => [pull.head_ref, pull.number]));
  const shas = [...new Set(tips.values())];
  const commits = new Map(
    shas.length === 0 ? [] : (await readCommits(git, ['--no-walk=unsorted', ...shas])).map((commit) => [commit.sha, commit]),
  );
  return [...tips].map(([name, sha]) => {
    const commit = commits.get(sha);
    return { name, sha, subject: subjectOf(commit?.message ?? ''), at: commit?.committer.date ?? '', pull: open.get(name) };
  });
}

/** Branches with the commits they point at, in order of name. */
export async function branchTips(git: GitRepository): Promise<ReadonlyMap<string, string>> {
  const heads = 'refs/heads/';
  return new Map([...(await git.refs())].filter(([ref]) => ref.startsWith(heads)).map(([ref, sha]) => [ref.slice(heads.length), sha]));
}

export const subjectOf = (message: string): string => message.split('\n', 1)[0] ?? '';

export function commitBrief(world: World, repository: RepositoryRow, commit: Commit): CommitBrief {
  return {
    sha: commit.sha,
    subject: subjectOf(commit.message) || 'no message',
    author: commit.author.name,
    at: commit.committer.date,
    checks: checkBriefs(world, repository, commit.sha),
  };
}

export const pullState = (pull: PullRow): PullState =>
  pull.merged_at !== null ? 'merged' : pull.state === 'closed' ? 'closed' : pull.draft === 1 ? 'draft' : 'open';

export function pullBrief(world: World, repository: RepositoryRow, pull: PullRow): PullBrief {
  return {
    number: pull.number,
    title: pull.title,
    state: pullState(pull),
    author: world.store.accounts.byId(pull.author_id).login,
    createdAt: isoTime(pull.created_at),
    head: pull.head_ref,
    base: pull.base_ref,
    comments: world.store.issues.commentCount(pull.issue_id),
    checks: checkBriefs(world, repository, pull.merge_commit_sha ?? pull.head_sha),
  };
}

/** Issues that are not pull requests, newest first. */
export function issueBriefs(world: World, repository: RepositoryRow, state: IssueRow['state']): readonly IssueBrief[] {
  const { issues, pulls, accounts } = world.store;
  const pullNumbers = new Set(pulls.ofRepository(repository.id).map((pull) => pull.number));
  return issues
    .ofRepository(repository.id)
    .filter((issue) => issue.state === state && !pullNumbers.has(issue.number))
    .reverse()
    .map((issue) => ({
      number: issue.number,
      title: issue.title,
      state: issue.state,
      author: accounts.byId(issue.author_id).login,
      createdAt: isoTime(issue.created_at),
      comments: issues.commentCount(issue.id),
      labels: issues.labelsOf(issue.id).map((label) => ({ name: label.name, description: label.description ?? undefined })),
    }));
}

const LINK_MODE = '120000';

function entryViews(entries: readonly GitEntry[]): readonly TreeEntry[] {
  const views = entries.map((entry) => ({
    name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
    path: entry.path,
    kind: entry.type === 'tree' ? ('folder' as const) : entry.mode === LINK_MODE ? ('link' as const) : ('file' as const),
  }));
  // Folders first, as everywhere where people look for files.
  return [...views.filter((view) => view.kind === 'folder'), ...views.filter((view) => view.kind !== 'folder')];
}

export interface Place {
  /** Name of a branch, or a full sha. */
  readonly branch: string;
  readonly isBranch: boolean;
  readonly sha: string;
  /** Empty for the root. */
  readonly path: string;
}

/** Where `BRANCH/path` points: the longest branch that it begins with, because names of branches hold slashes too. */
export async function findPlace(git: GitRepository, rest: string): Promise<Place | undefined> {
  const parts = rest.split('/').filter((part) => part !== '');
  // The same rules as for what is written: no `..`, no NUL, nothing that git would take for something else.
  if (!isTreePath(parts.join('/'))) return undefined;
  const tips = await branchTips(git);
  for (let length = parts.length; length > 0; length -= 1) {
    const branch = parts.slice(0, length).join('/');
    const sha = tips.get(branch);
    if (sha !== undefined) return { branch, isBranch: true, sha, path: parts.slice(length).join('/') };
  }
  const [first = '', ...path] = parts;
  const sha = /^[0-9a-f]{40}$/.test(first) ? await git.commitOf(first) : undefined;
  return sha === undefined ? undefined : { branch: sha, isBranch: false, sha, path: path.join('/') };
}

export async function treeView(world: World, repository: RepositoryRow, place: Place): Promise<TreeView | undefined> {
  const entries = await readTree(gitOf(world, repository), place.sha, place.path);
  const isFile = entries.length === 1 && entries[0]?.path === place.path;
  if (isFile || (entries.length === 0 && place.path !== '')) return undefined;
  return {
    repository: repositoryRef(world, repository),
    branch: place.branch,
    path: place.path,
    entries: entryViews(entries.filter((entry) => entry.type !== 'commit')),
  };
}

export async function fileView(world: World, repository: RepositoryRow, place: Place): Promise<FileView | undefined> {
  const content = await fileContent(gitOf(world, repository), place);
  if (content === undefined) return undefined;
  const { branch, isBranch, path } = place;
  return { repository: repositoryRef(world, repository), branch, isBranch, path, content };
}

export async function fileContent(git: GitRepository, place: Pick<Place, 'sha' | 'path'>): Promise<FileView['content'] | undefined> {
  if (place.path === '') return undefined;
  const [entry] = await readTree(git, place.sha, place.path);
  if (entry === undefined || entry.type !== 'blob' || entry.path !== place.path) return undefined;
  if (entry.bytes > FILE_BYTES_MAX) return { kind: 'too-large', bytes: entry.bytes };
  const bytes = await readBlob(git, entry.sha);
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: 'binary', bytes: entry.bytes };
  }
}
