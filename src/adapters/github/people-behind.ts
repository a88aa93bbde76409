import type { ChangeRef } from '../../core/command/brought-change.ts';
import type { CommitSha } from '../../core/model/ids.ts';
import type { FoundBehind } from '../../ports/code-host.ts';
import { collectPages, type GitHubRepository, PER_PAGE } from './client.ts';
import { pullsOfCommit } from './pulls.ts';

/** GitHub lists at most 250 commits of a pull request. */
const COMMIT_PAGES_MAX = 3;
/** Of what was pushed to one branch, newest first. A branch has as many as people push to it. */
const PUSHES_READ_MAX = 500;

/** All who have a part in a change, or why nobody can say so: what is not known must never prove that somebody had none. */
export async function peopleBehind(repository: GitHubRepository, change: ChangeRef): Promise<FoundBehind> {
  return change.kind === 'pull' ? await behindPull(repository, change.number) : await behindCommit(repository, change.sha);
}

async function behindPull({ client, owner, repo }: GitHubRepository, number: number): Promise<FoundBehind> {
  const { data: pull } = await client.rest.pulls.get({ owner, repo, pull_number: number });
  const pages = client.paginate.iterator(client.rest.pulls.listCommits, { owner, repo, pull_number: number, per_page: PER_PAGE });
  const commits = await collectPages(pages, COMMIT_PAGES_MAX);
  const people = [loginOf(pull.user), ...commits.flatMap(({ author, committer }) => [loginOf(author), loginOf(committer)])];
  const anonymous = commits.find(({ author, committer }) => loginOf(author) === undefined || loginOf(committer) === undefined);
  const known = named(people);
  if (loginOf(pull.user) === undefined) return { logins: known, whyNotAll: `the account that opened #${number} is gone` };
  if (anonymous !== undefined) return { logins: known, whyNotAll: nobodysCommit(anonymous.sha) };
  if (pull.commits > commits.length)
    return {
      logins: known,
      whyNotAll: `#${number} has ${pull.commits} commits, of which GitHub lists ${commits.length}; squash them, or bring them in parts`,
    };
  // What is pushed to a fork is shown there, if at all.
  if (pull.head.repo?.id !== pull.base.repo.id)
    return {
      logins: known,
      whyNotAll: `#${number} comes from a fork, and GitHub does not say who has pushed to that; push it to a branch of this repository`,
    };
  const pushers = await pushersOf(
    { client, owner, repo },
    `refs/heads/${pull.head.ref}`,
    new Set(commits.map(({ sha }) => sha)),
    pull.head.sha,
  );
  return { logins: named([...known, ...pushers.logins]), whyNotAll: pushers.whyNotAll };
}

async function behindCommit(repository: GitHubRepository, sha: CommitSha): Promise<FoundBehind> {
  const { client, owner, repo } = repository;
  // It may have come by a pull request that nobody knew of when it landed.
  const [pull] = await pullsOfCommit(repository, sha);
  if (pull !== undefined) return await behindPull(repository, pull.number);
  const [{ data: commit }, { data: home }] = await Promise.all([
    client.rest.repos.getCommit({ owner, repo, ref: sha }),
    client.rest.repos.get({ owner, repo }),
  ]);
  const known = named([loginOf(commit.author), loginOf(commit.committer)]);
  if (loginOf(commit.author) === undefined || loginOf(commit.committer) === undefined)
    return { logins: known, whyNotAll: nobodysCommit(sha) };
  const pushers = await pushersOf({ client, owner, repo }, `refs/heads/${home.default_branch}`, new Set([sha]), sha);
  return { logins: named([...known, ...pushers.logins]), whyNotAll: pushers.whyNotAll };
}

type PushedTo = Pick<GitHubRepository, 'client' | 'owner' | 'repo'>;

/**
 * Whoever has pushed one of these commits as the newest of a push. What is pushed over later has no part in the change. A name that was
 * used for another branch before has pushes of other commits, which are none of these.
 */
async function pushersOf({ client, owner, repo }: PushedTo, ref: string, commits: ReadonlySet<string>, head: string): Promise<FoundBehind> {
  const pages = client.paginate.iterator(client.rest.repos.listActivities, { owner, repo, ref, per_page: PER_PAGE });
  const logins: string[] = [];
  let [read, isHeadSeen]: readonly [number, boolean] = [0, false];
  for await (const { data } of pages) {
    for (const { after, actor, activity_type: kind } of data) {
      // Who has merged into a branch, by button or queue, has changed nothing of it.
      if (!commits.has(after) || MERGES.has(kind)) continue;
      const login = loginOf(actor);
      if (login === undefined) return { logins, whyNotAll: `the account that pushed ${after.slice(0, 12)} is gone` };
      logins.push(login);
      isHeadSeen ||= after === head;
    }
    read += data.length;
    if (read >= PUSHES_READ_MAX) return { logins, whyNotAll: `${ref} was pushed to more than ${PUSHES_READ_MAX} times; use a new branch` };
  }
  if (isHeadSeen) return { logins, whyNotAll: undefined };
  return {
    logins,
    whyNotAll: `GitHub does not say who has pushed ${head.slice(0, 12)}; it knows of the newest commit of each push, so push once more`,
  };
}

const MERGES: ReadonlySet<string> = new Set(['pr_merge', 'merge_queue_merge']);

const nobodysCommit = (sha: string): string =>
  `commit ${sha.slice(0, 12)} is by an address that no account has claimed; claim it on GitHub, or have the commit made again`;

/** GitHub knows no account for an address that nobody has claimed, and answers an empty object for some. */
function loginOf(person: object | null | undefined): string | undefined {
  return person !== null && person !== undefined && 'login' in person && typeof person.login === 'string' ? person.login : undefined;
}

const named = (logins: readonly (string | undefined)[]): readonly string[] => [...new Set(logins.flatMap((login) => login ?? []))];
