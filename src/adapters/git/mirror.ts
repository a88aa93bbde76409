import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PortError } from '../../ports/port-error.ts';
import type { GitPlace } from './git-environment.ts';
import { GitFailed, runGit } from './git-process.ts';
import type { Remote } from './remote.ts';

export interface MirrorOptions {
  readonly place: GitPlace;
  readonly remote: Remote;
  /** Full name of the default branch at the remote: `refs/heads/main`. */
  readonly defaultRef: string;
  /** Full name that it has in the mirror. */
  readonly headRef: string;
  /** Called after the folder was replaced by a fresh clone. */
  readonly onReplaced: () => void;
}

/** Fetches between two looks at whether packs and loose objects should be put together. */
const FETCHES_PER_HOUSEKEEPING = 50;
const HOUSEKEEPING_MS_MAX = 10 * 60_000;
const CHECK_MS_MAX = 5 * 60_000;
/** Pull requests fetched in one conversation; the rest follows in the next. */
const PULLS_PER_FETCH_MAX = 500;
/** More missing objects than this are no gap but a damaged mirror. */
const FETCH_BY_ID_MAX = 200;

export const pullRef = (pull: number): string => `refs/pull/${pull}/head`;

/** The bare mirror as a folder: filled, kept tidy, and made anew when it is damaged. Whatever writes to it runs one after another. */
export class Mirror {
  readonly #options: MirrorOptions;
  #last: Promise<unknown> = Promise.resolve();
  /** A fetch that has not started: those who ask meanwhile join it. */
  #next: { readonly pulls: Set<number>; readonly done: Promise<void> } | undefined;
  #fetches = 0;
  #repairs = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** Brings the default branch and these pull requests. @throws PortError */
  fetch(pulls: readonly number[]): Promise<void> {
    if (this.#next === undefined) {
      const wanted = new Set<number>();
      const done = this.#serially(() => {
        this.#next = undefined;
        return this.#fetchNow([...wanted]);
      });
      this.#next = { pulls: wanted, done };
    }
    for (const pull of pulls) this.#next.pulls.add(pull);
    return this.#next.done;
  }

  /** Counts what `repair` has done: a reader that saw an older count has only to read again. */
  get repairs(): number {
    return this.#repairs;
  }

  /**
   * After a read failed: fetches what is missing by id, or clones anew when the folder is damaged.
   *
   * @param repairsSeen - `repairs` as it was when the read began.
   * @throws PortError when there is nothing that could be repaired.
   */
  repair(repairsSeen: number, missing: () => Promise<readonly string[]>, failure: GitFailed): Promise<void> {
    return this.#serially(async () => {
      if (repairsSeen !== this.#repairs) return;
      if (this.#isThere() && (await this.#mendInPlace(missing, failure))) return;
      await this.#replace();
      await this.#fetchById(await missing());
    });
  }

  /** @returns false when the folder is damaged. @throws PortError when there is nothing that could be repaired. */
  async #mendInPlace(missing: () => Promise<readonly string[]>, failure: GitFailed): Promise<boolean> {
    const died = failure.how === 'died';
    if (!died && (await this.#fetchById(await missing()))) return true;
    // A missing object is found by following the refs; one that kills its reader only by unpacking everything.
    if (!(await this.#isSound(died ? 'contents' : 'connections'))) return false;
    // A server that is down gives out nothing either; that passes by itself.
    if (!died) await this.#expectAnswer();
    throw nothingToMend(failure);
  }

  #isThere(): boolean {
    return existsSync(join(this.#options.place.gitDir, 'HEAD'));
  }

  /**
   * Fetches an object that no branch holds any more.
   *
   * @returns false when the server no longer has it.
   * @throws PortError when the server cannot be asked: then nobody knows.
   */
  fetchObject(id: string): Promise<boolean> {
    return this.#serially(async () => {
      if (await this.#fetchById([id])) return true;
      await this.#expectAnswer();
      return false;
    });
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #fetchNow(pulls: readonly number[]): Promise<void> {
    const { place, remote, defaultRef } = this.#options;
    if (!this.#isThere()) await this.#replace();
    for (let start = 0; start === 0 || start < pulls.length; start += PULLS_PER_FETCH_MAX) {
      const refs = [defaultRef, ...pulls.slice(start, start + PULLS_PER_FETCH_MAX).map(pullRef)];
      try {
        await remote.fetch(
          place,
          refs.map((ref) => this.#refspec(ref)),
        );
      } catch (error) {
        if (wasSilent(error)) throw error;
        await this.#fetchWhatExists(refs);
      }
    }
    this.#fetches += 1;
    if (this.#fetches % FETCHES_PER_HOUSEKEEPING === 0) this.#serially(() => this.#tidy()).catch(() => undefined);
  }

  /**
   * One ref that the remote does not have fails a whole fetch; so does a lock that a killed git left behind, and a
   * damaged mirror. Which of these it was is found out by trying, never from git's words.
   */
  async #fetchWhatExists(refs: readonly string[]): Promise<void> {
    const { place, remote, defaultRef, headRef } = this.#options;
    // Throws when it is the remote that is in trouble.
    const existing = await remote.existing(place, refs);
    if (!existing.has(defaultRef) && (await this.#has(headRef))) {
      throw new PortError({
        port: 'manifest-source',
        operation: 'fetch',
        retry: { kind: 'needs-human' },
        message: `the git server has no branch ${defaultRef.slice('refs/heads/'.length)} any more; if it was renamed, the new name arrives with the next event of the repository`,
      });
    }
    const refspecs = refs.filter((ref) => existing.has(ref)).map((ref) => this.#refspec(ref));
    if (refspecs.length === 0) return;
    await removeLocks(place.gitDir);
    try {
      await remote.fetch(place, refspecs);
    } catch (error) {
      if (wasSilent(error) || (await this.#isSound('connections'))) throw error;
      await this.#replace();
      await remote.fetch(place, refspecs);
    }
  }

  #refspec(ref: string): string {
    return ref === this.#options.defaultRef ? `+${ref}:${this.#options.headRef}` : `+${ref}:${ref}`;
  }

  /** @returns whether there was something to fetch and all of it came. Servers hand out any commit they hold by its id. */
  async #fetchById(ids: readonly string[]): Promise<boolean> {
    if (ids.length === 0 || ids.length > FETCH_BY_ID_MAX) return false;
    try {
      await this.#options.remote.fetch(this.#options.place, ids);
      this.#repairs += 1;
      return true;
    } catch {
      return false;
    }
  }

  /** Tells a server that refuses from one that is in trouble. @throws PortError of the latter. */
  async #expectAnswer(): Promise<void> {
    const { place, remote, defaultRef } = this.#options;
    await remote.existing(place, [defaultRef]);
  }

  async #has(ref: string): Promise<boolean> {
    const { exitCode } = await runGit(this.#options.place, ['show-ref', '--verify', '--quiet', ref], CHECK_MS_MAX, [0, 1, 128]);
    return exitCode === 0;
  }

  /** Whether every object that a ref needs is there, and with `contents`, can be read. */
  async #isSound(depth: 'connections' | 'contents'): Promise<boolean> {
    const shallow = depth === 'connections' ? ['--connectivity-only'] : [];
    try {
      await runGit(this.#options.place, ['fsck', ...shallow, '--no-dangling', '--no-progress'], CHECK_MS_MAX);
      return true;
    } catch (error) {
      if (error instanceof GitFailed && error.how === 'exit') return false;
      throw error;
    }
  }

  /** A fresh clone beside the old folder, which takes its place only when it is complete: a full disk must not cost us what we have. */
  async #replace(): Promise<void> {
    const { place, remote, defaultRef, onReplaced } = this.#options;
    const fresh: GitPlace = { ...place, gitDir: `${place.gitDir}.new` };
    await rm(fresh.gitDir, { recursive: true, force: true });
    await mkdir(dirname(fresh.gitDir), { recursive: true });
    await remote.init(fresh);
    const existing = await remote.existing(fresh, [defaultRef]);
    if (existing.has(defaultRef)) await remote.fetch(fresh, [this.#refspec(defaultRef)]);
    await rm(place.gitDir, { recursive: true, force: true });
    await rename(fresh.gitDir, place.gitDir);
    this.#repairs += 1;
    onReplaced();
  }

  async #tidy(): Promise<void> {
    // Nothing is pruned: an older desired state may rest on a commit that a force-push took away.
    await runGit(
      this.#options.place,
      ['-c', 'gc.auto=2000', '-c', 'gc.pruneExpire=never', '-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet'],
      HOUSEKEEPING_MS_MAX,
    );
  }
}

function nothingToMend(failure: GitFailed): PortError {
  const died = failure.how === 'died';
  const what = died
    ? 'the mirror is sound, so it is read again later'
    : 'what was asked for is neither in the mirror nor at the git server any more';
  return new PortError(
    {
      port: 'manifest-source',
      operation: 'read',
      retry: { kind: died ? 'retry-later' : 'needs-human' },
      message: `${failure.message}; ${what}`,
    },
    { cause: failure },
  );
}

/** To ask a silent server a second question would only double the wait. */
const wasSilent = (error: unknown): boolean => error instanceof Error && error.cause instanceof GitFailed && error.cause.how === 'timeout';

/** Locks of a git that was killed. We are the only ones who write here, and one at a time, so nobody holds them. */
async function removeLocks(gitDir: string): Promise<void> {
  const names = await readdir(gitDir, { recursive: true });
  const locks = names.filter((name) => name.endsWith('.lock') || name === 'gc.pid');
  await Promise.all(locks.map((name) => rm(join(gitDir, name), { force: true })));
}
