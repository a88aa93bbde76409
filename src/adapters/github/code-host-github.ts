import type { ChangeRef } from '../../core/command/brought-change.ts';
import type { CommitSha } from '../../core/model/ids.ts';
import type { CheckWrite, CodeHost, FoundBehind, IssueWrite, PullInfo, Reaction } from '../../ports/code-host.ts';
import { writeCheckRun } from './check-runs.ts';
import { type GitHubClient, type GitHubRepository, withValidToken } from './client.ts';
import { writeComment } from './comments.ts';
import { asPortError } from './github-errors.ts';
import { writeIssue } from './issues.ts';
import { isMember, roleOf } from './people.ts';
import { peopleBehind } from './people-behind.ts';
import { onePull, openPulls, pullsOfCommit } from './pulls.ts';
import { react } from './reactions.ts';
import { approvingReviewers } from './reviews.ts';

export interface GitHubHostOptions {
  /** An Octokit of the installation: `() => probot.auth(installation)`. Asked for once, and again after a failure. */
  readonly octokit: () => Promise<GitHubClient>;
  readonly owner: string;
  readonly repo: string;
  /** `undefined`: only the client id of the app is known. */
  readonly appId: number | undefined;
  /** As whom the app writes: `SLUG[bot]`. */
  readonly login: () => Promise<string>;
}

/** One repository on GitHub, seen by one installation of the app. */
export class CodeHostGitHub implements CodeHost {
  readonly #options: GitHubHostOptions;
  #client: Promise<GitHubClient> | undefined;

  constructor(options: GitHubHostOptions) {
    this.#options = options;
  }

  writeCheck(check: CheckWrite): Promise<{ readonly id: number }> {
    return this.#asking('writeCheck', (repository) => writeCheckRun(repository, check));
  }

  writeComment(comment: Parameters<CodeHost['writeComment']>[0]): Promise<{ readonly id: number }> {
    return this.#asking('writeComment', (repository) => writeComment(repository, comment));
  }

  writeIssue(issue: IssueWrite): Promise<{ readonly number: number }> {
    return this.#asking('writeIssue', (repository) => writeIssue(repository, issue));
  }

  openPulls(): Promise<readonly PullInfo[]> {
    return this.#asking('openPulls', openPulls);
  }

  pull(number: number): Promise<PullInfo | undefined> {
    return this.#asking('pull', (repository) => onePull(repository, number));
  }

  pullsOfCommit(sha: CommitSha): Promise<readonly PullInfo[]> {
    return this.#asking('pullsOfCommit', (repository) => pullsOfCommit(repository, sha));
  }

  repository(): Promise<{ readonly defaultBranch: string; readonly cloneUrl: string }> {
    return this.#asking('repository', async ({ client, owner, repo }) => {
      const { data } = await client.rest.repos.get({ owner, repo });
      return { defaultBranch: data.default_branch, cloneUrl: data.clone_url };
    });
  }

  roleOf(login: string): ReturnType<CodeHost['roleOf']> {
    return this.#asking('roleOf', (repository) => roleOf(repository, login));
  }

  isMember(team: string, login: string): Promise<boolean> {
    return this.#asking('isMember', (repository) => isMember(repository, team, login));
  }

  peopleBehind(change: ChangeRef): Promise<FoundBehind> {
    return this.#asking('peopleBehind', (repository) => peopleBehind(repository, change));
  }

  approvingReviewers(pull: number, head: CommitSha): Promise<readonly string[]> {
    return this.#asking('approvingReviewers', (repository) => approvingReviewers(repository, pull, head));
  }

  react(comment: number, reaction: Reaction): Promise<void> {
    return this.#asking('react', (repository) => react(repository, comment, reaction));
  }

  gitToken(): Promise<string> {
    return this.#asking('gitToken', async ({ client }) => {
      const answer = await client.auth({ type: 'installation' });
      if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string') return answer.token;
      throw new Error('the app has no installation token; is it authenticated as an installation?');
    });
  }

  async #asking<T>(operation: string, ask: (repository: GitHubRepository) => Promise<T>): Promise<T> {
    const { owner, repo, appId, login } = this.#options;
    try {
      const client = await this.#connect();
      return await withValidToken(client, () => ask({ client, owner, repo, appId, login }));
    } catch (error) {
      throw asPortError(operation, error);
    }
  }

  #connect(): Promise<GitHubClient> {
    this.#client ??= this.#options.octokit().catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }
}
