import type { Octokit } from '@octokit/rest';
import { answeredStatus, refused } from './github-errors.ts';

/** What we use of an Octokit that is authenticated as the app, or as one installation of it: `probot.auth(installation)` gives one. */
export type GitHubClient = Pick<Octokit, 'rest' | 'paginate' | 'auth'>;

/** One repository, and the app as which we act on it. */
export interface GitHubRepository {
  readonly client: GitHubClient;
  readonly owner: string;
  readonly repo: string;
  /** Checks are ours when they were made through this app; `undefined` where only its client id is known: then its name says so. */
  readonly appId: number | undefined;
  /** As whom the app writes comments and issues: `SLUG[bot]`. Asked for only when something of ours is looked for. */
  readonly login: () => Promise<string>;
}

interface Written {
  readonly user?: { readonly login: string; readonly type: string } | null;
  readonly body?: string | null;
}

/**
 * What the app itself wrote with this marker at its start. Anybody can write our marker, or have a bot quote it further down; GitHub says
 * of issues only by whom they are, and not through which app.
 */
export const isOurs = ({ user, body }: Written, login: string, marker: string): boolean =>
  user?.type === 'Bot' && user.login.toLowerCase() === login.toLowerCase() && body?.startsWith(marker) === true;

/**
 * A token may be taken back before its hour is over. With one that GitHub does not accept a new one is asked for, which takes its place
 * for everybody, and the work is tried once more.
 */
export async function withValidToken<T>(client: GitHubClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (answeredStatus(error) !== 401) throw error;
    await client.auth({ type: 'installation', refresh: true });
    return await work();
  }
}

export const PER_PAGE = 100;

/** As many pages as that, and no more are asked for. */
async function firstPages<T>(pages: AsyncIterable<{ readonly data: readonly T[] }>, pagesMax: number): Promise<readonly (readonly T[])[]> {
  const read: (readonly T[])[] = [];
  for await (const { data } of pages) {
    read.push(data);
    if (read.length === pagesMax) break;
  }
  return read;
}

/** The entries of as many pages as that. For what is sorted so that the rest is of no use. */
export async function newestPages<T>(pages: AsyncIterable<{ readonly data: readonly T[] }>, pagesMax: number): Promise<readonly T[]> {
  return (await firstPages(pages, pagesMax)).flat();
}

/** @throws PortError when there are more pages than that: a silent cut would hide what we look for. */
export async function collectPages<T>(pages: AsyncIterable<{ readonly data: readonly T[] }>, pagesMax: number): Promise<readonly T[]> {
  const read = await firstPages(pages, pagesMax + 1);
  if (read.length > pagesMax)
    throw refused('list', `GitHub has more than ${pagesMax} pages of ${PER_PAGE} entries, which is more than this program reads`);
  return read.flat();
}
