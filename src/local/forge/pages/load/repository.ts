import { type Commit, readCommits } from '../../git/read.ts';
import type { GitRepository } from '../../git/repository.ts';
import { isoTime } from '../../json.ts';
import type { AccountRow, IssueRow, PullRow, RepositoryRow } from '../../store/rows.ts';
import { gitOf, type World } from '../../world.ts';
import type { PullState } from '../views.ts';
import { checkBriefs } from './checks.ts';
import { labelView } from './labels.ts';

const COMMITS_SHOWN = 10;

export function repositoryRef(world: World, repository: RepositoryRow) {
  const openPulls = world.store.pulls.openOf(repository.id).length;
  return {
    owner: repository.owner_login,
    name: repository.name,
    defaultBranch: repository.default_branch,
    openPulls,
    openIssues: world.store.repositories.openIssues(repository.id) - openPulls,
    hasIssue: (number: number) => world.store.issues.byNumber(repository.id, number) !== undefined,
  };
}

export function homeView(world: World, viewer: AccountRow) {
  return {
    repositories: world.store.repositories.all().map((repository) => ({
      ...repositoryRef(world, repository),
      description: repository.description ?? undefined,
      clone: cloneView(world, repository, viewer),
    })),
  };
}

export const cloneView = (world: World, repository: RepositoryRow, viewer: AccountRow) => ({
  url: world.urls.clone(repository),
  token: world.store.accounts.tokenOf(viewer.id),
});

export async function repositoryView(world: World, repository: RepositoryRow, viewer: AccountRow) {
  const git = gitOf(world, repository);
  const head = await git.branch(repository.default_branch);
  const commits = head === undefined ? [] : await readCommits(git, [`--max-count=${COMMITS_SHOWN}`, '--first-parent', head]);
  return {
    repository: repositoryRef(world, repository),
    description: repository.description ?? undefined,
    clone: cloneView(world, repository, viewer),
    branches: await branchViews(world, repository, git),
    pulls: [...world.store.pulls.openOf(repository.id)].reverse().map((pull) => pullBrief(world, repository, pull)),
    issues: issueBriefs(world, repository, 'open'),
    commits: commits.map((commit) => commitBrief(world, repository, commit)),
  };
}

async function branchViews(world: World, repository: RepositoryRow, git: GitRepository) {
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

export function commitBrief(world: World, repository: RepositoryRow, commit: Commit) {
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

export function pullBrief(world: World, repository: RepositoryRow, pull: PullRow) {
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
export function issueBriefs(world: World, repository: RepositoryRow, state: IssueRow['state']) {
  const { issues, pulls } = world.store;
  const pullNumbers = new Set(pulls.ofRepository(repository.id).map((pull) => pull.number));
  const found = issues.ofRepository(repository.id).filter((issue) => issue.state === state && !pullNumbers.has(issue.number));
  return found.reverse().map((issue) => issueBrief(world, issue));
}

export const issueBrief = (world: World, issue: IssueRow) => ({
  number: issue.number,
  title: issue.title,
  state: issue.state,
  author: world.store.accounts.byId(issue.author_id).login,
  createdAt: isoTime(issue.created_at),
  comments: world.store.issues.commentCount(issue.id),
  labels: world.store.issues.labelsOf(issue.id).map(labelView),
});
