import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ManifestFile } from '../../core/manifest/model.ts';
import { invariant } from '../../core/model/assert.ts';
import { type BlobId, type CommitSha, type FleetId, parseFleetId, trusted } from '../../core/model/ids.ts';
import type { BlobText, ChangedFile, CommitInfo, ManifestSource } from '../../ports/manifest-source.ts';
import { PortError } from '../../ports/port-error.ts';
import type { GitPlace } from './git-environment.ts';
import { GitFailed, type GitOutput, runGit } from './git-process.ts';
import { Mirror, pullRef } from './mirror.ts';
import { ObjectReader } from './object-reader.ts';
import { checkCloneUrl, Remote } from './remote.ts';
import { diffListings, parseDiff } from './tree-listing.ts';
import { listManifests, manifestRoot, readTexts } from './tree-reading.ts';

export interface GitSourceOptions {
  readonly fleet: FleetId;
  readonly cloneUrl: string;
  readonly defaultBranch: string;
  /** Folder of all mirrors; ours alone, and of one process at a time. */
  readonly folder: string;
  /** A fresh token for each conversation with the server; `undefined` for a server that asks for none. */
  readonly token: () => Promise<string | undefined>;
  /** A server that says nothing for this long is given up; 60,000 ms when left out. */
  readonly remoteSilenceMsMax?: number;
  /** file:// addresses; for tests and benches. */
  readonly allowFile?: boolean;
}

const REMOTE_SILENCE_MS_MAX = 60_000;
const REMOTE_CONVERSATION_MS_MAX = 15 * 60_000;
/** Local commands work for milliseconds; a merge of hostile trees may take longer. */
const LOCAL_MS_MAX = 60_000;
const READER_SILENCE_MS_MAX = 30_000;
const COMMITS_MAX = 1_000;

/** How git fails over a mirror that is damaged or not there. Without the folder it cannot even be started. */
const MAY_BE_DAMAGE: ReadonlySet<GitFailed['how']> = new Set(['exit', 'died', 'start']);

const OBJECT_ID = /^[0-9a-f]{40}$/;
/** The rules of git-check-ref-format, in short: what passes cannot be read by git as an option, a pattern or a second refspec. */
const BRANCH_NAME = /^(?![-/.])(?!.*(\.\.|\/\/|@\{|\/\.|\.lock(\/|$)))[^\p{C} ~^:?*[\\]{1,200}(?<![/.])$/u;

/** The watched repository as a bare mirror on disk. */
export class ManifestSourceGit implements ManifestSource {
  readonly #place: GitPlace;
  readonly #mirror: Mirror;
  readonly #reader: ObjectReader;
  readonly #headRef: string;
  #compared: { readonly from: string; readonly to: string; readonly files: readonly ChangedFile[] } | undefined;

  /** @throws PortError when the address or the name of the default branch is not one that git may be given. */
  constructor(options: GitSourceOptions) {
    const allowFile = options.allowFile ?? false;
    checkCloneUrl(options.cloneUrl, allowFile);
    checkBranch(options.defaultBranch);
    this.#place = placeOf(options.folder, options.fleet, allowFile);
    this.#headRef = `refs/remotes/origin/${options.defaultBranch}`;
    this.#reader = new ObjectReader(this.#place, READER_SILENCE_MS_MAX);
    this.#mirror = new Mirror({
      place: this.#place,
      remote: new Remote({
        cloneUrl: options.cloneUrl,
        token: options.token,
        silenceMsMax: options.remoteSilenceMsMax ?? REMOTE_SILENCE_MS_MAX,
        conversationMsMax: REMOTE_CONVERSATION_MS_MAX,
      }),
      defaultRef: `refs/heads/${options.defaultBranch}`,
      headRef: this.#headRef,
      onReplaced: () => this.#reader.restart(),
    });
  }

  fetch(pulls: readonly number[]): Promise<void> {
    for (const pull of pulls) invariant(Number.isSafeInteger(pull) && pull > 0, 'a pull request has a positive number');
    return this.#translated('fetch', () => this.#mirror.fetch(pulls));
  }

  async head(): Promise<CommitSha | undefined> {
    const found = await this.#reading('head', [], () => this.#reader.resolve(this.#headRef));
    return found === undefined ? undefined : trusted.commit(found.id);
  }

  async pullHead(pull: number): Promise<CommitSha | undefined> {
    const found = await this.#reading('pullHead', [], () => this.#reader.resolve(pullRef(pull)));
    return found === undefined ? undefined : trusted.commit(found.id);
  }

  files(treeish: string): Promise<readonly ManifestFile[]> {
    return this.#reading('files', [treeish], async () => listManifests(this.#place, await this.#root(treeish), treeish));
  }

  read(blobs: readonly BlobId[], maxBytes: number): Promise<ReadonlyMap<BlobId, BlobText>> {
    return this.#reading('read', blobs, () => readTexts(this.#reader, blobs, maxBytes));
  }

  /** The comparison that was asked for last is kept: a review asks what its pull request touches, and then reads just that. */
  async changed(from: string, to: string): Promise<readonly ChangedFile[]> {
    const known = this.#compared;
    if (known?.from === from && known.to === to) return known.files;
    const files = await this.#compare(from, to);
    this.#compared = { from, to, files };
    return files;
  }

  #compare(from: string, to: string): Promise<readonly ChangedFile[]> {
    return this.#reading('changed', [from, to], async () => {
      const [rootBefore, rootAfter] = await Promise.all([this.#root(from), this.#root(to)]);
      if (rootBefore !== rootAfter) return diffListings(await this.files(from), await this.files(to));
      const scope = rootAfter === '' ? [] : ['--', rootAfter];
      const { stdout } = await this.#git(['diff-tree', '-r', '-z', '--no-renames', '--no-commit-id', from, to, ...scope]);
      return parseDiff(stdout, rootAfter);
    });
  }

  mergeTree(base: CommitSha, head: CommitSha): ReturnType<ManifestSource['mergeTree']> {
    return this.#reading('mergeTree', [base, head], async () => {
      const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', base, head];
      // Two histories without a common commit cannot be merged; git says so with the exit code of any failure.
      const output = await this.#git(args, [0, 1]).catch(async (error: unknown) => {
        const isFailure = error instanceof GitFailed && error.how === 'exit';
        if (!isFailure || (await this.mergeBase(base, head)) !== undefined) throw error;
        return undefined;
      });
      if (output === undefined) return { kind: 'conflict', paths: [] };
      const { exitCode, stdout } = output;
      const [tree = '', ...rest] = stdout.toString('utf8').split('\0');
      if (exitCode === 0) return { kind: 'tree', tree };
      return { kind: 'conflict', paths: [...new Set(rest.filter((path) => path !== ''))] };
    });
  }

  mergeBase(a: CommitSha, b: CommitSha): Promise<CommitSha | undefined> {
    return this.#reading('mergeBase', [a, b], async () => {
      const { exitCode, stdout } = await this.#git(['merge-base', a, b], [0, 1]);
      return exitCode === 0 ? trusted.commit(stdout.toString('latin1').trim()) : undefined;
    });
  }

  commitsBetween(from: CommitSha, to: CommitSha, limit: number): Promise<readonly CommitInfo[]> {
    return this.#reading('commitsBetween', [from, to], async () => {
      const count = Math.min(limit, COMMITS_MAX);
      return count <= 0 ? [] : this.#log(['--first-parent', `--max-count=${count}`, '--reverse', `${from}..${to}`]);
    });
  }

  has(treeish: string): Promise<boolean> {
    checkIds([treeish]);
    return this.#reading('has', [], async () => {
      if ((await this.#reader.resolve(treeish)) !== undefined) return true;
      return (await this.#mirror.fetchObject(treeish)) && (await this.#reader.resolve(treeish)) !== undefined;
    });
  }

  async commit(sha: CommitSha): Promise<CommitInfo | undefined> {
    return this.#reading('commit', [], async () => {
      checkIds([sha]);
      const found = await this.#reader.resolve(sha);
      return found?.type === 'commit' ? (await this.#log(['--max-count=1', sha]))[0] : undefined;
    });
  }

  /** Lets go of the child process, after what is under way has ended. */
  async close(): Promise<void> {
    this.#reader.close();
    await this.#mirror.settled();
  }

  #root(treeish: string): Promise<string> {
    return manifestRoot(this.#reader, treeish);
  }

  async #log(args: readonly string[]): Promise<readonly CommitInfo[]> {
    const { stdout } = await this.#git(['log', '-z', '--no-show-signature', '--format=tformat:%H%x00%an%x00%s%x00%b', ...args, '--']);
    const fields = stdout.toString('utf8').split('\0');
    const commits: CommitInfo[] = [];
    for (let i = 0; i + 3 < fields.length; i += 4) {
      const [sha = '', author = '', subject = '', body = ''] = fields.slice(i, i + 4);
      commits.push({ sha: trusted.commit(sha), author, subject, body: body.trim() });
    }
    return commits;
  }

  #git(args: readonly string[], accepted?: readonly number[]): Promise<GitOutput> {
    return runGit(this.#place, args, LOCAL_MS_MAX, accepted);
  }

  /** Runs a read; when it fails, lets the mirror be repaired, and runs it once more. */
  async #reading<T>(operation: string, needs: readonly string[], work: () => Promise<T>): Promise<T> {
    checkIds(needs);
    return this.#translated(operation, async () => {
      const { repairs } = this.#mirror;
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof GitFailed) || !MAY_BE_DAMAGE.has(error.how)) throw error;
        await this.#mirror.repair(repairs, () => this.#missing(needs), error);
        return work();
      }
    });
  }

  async #missing(ids: readonly string[]): Promise<readonly string[]> {
    const missing: string[] = [];
    await this.#reader.ask('info', ids, (index, answer) => {
      const id = ids[index];
      if (answer.kind === 'missing' && id !== undefined) missing.push(id);
    });
    return missing;
  }

  async #translated<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PortError) throw error;
      throw new PortError(
        {
          port: 'manifest-source',
          operation,
          retry: { kind: 'retry-later' },
          message: error instanceof Error ? error.message : 'git failed',
        },
        { cause: error },
      );
    }
  }
}

/** One folder for each fleet. A FleetId is an allow-list already; it is checked again because a path is made of it. */
function placeOf(folder: string, fleet: FleetId, allowFile: boolean): GitPlace {
  const checked = parseFleetId(fleet);
  invariant(checked.ok, 'the name of a mirror is an owner/name');
  const home = resolve(folder);
  const [owner = '', name = ''] = checked.value.split('/');
  mkdirSync(join(home, owner), { recursive: true });
  return { home, gitDir: join(home, owner, `${name}.git`), allowFile };
}

function checkBranch(branch: string): void {
  if (BRANCH_NAME.test(branch)) return;
  throw new PortError({
    port: 'manifest-source',
    operation: 'open',
    retry: { kind: 'needs-human' },
    message: `the default branch has a name that git does not allow: ${JSON.stringify(branch.slice(0, 80))}`,
  });
}

function checkIds(ids: readonly string[]): void {
  for (const id of ids) invariant(OBJECT_ID.test(id), 'git is asked by full object id only');
}
