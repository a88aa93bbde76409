import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ManifestFile } from '../../core/manifest/model.ts';
import { type BlobId, type CommitSha, trusted } from '../../core/model/ids.ts';
import type { BlobText } from '../../ports/manifest-source.ts';
import { PortError } from '../../ports/port-error.ts';
import type { GitPlace } from './git-environment.ts';
import { runGit } from './git-process.ts';
import { ObjectReader } from './object-reader.ts';
import { listManifests, manifestRoot, readTexts } from './tree-reading.ts';

const SILENCE_MS_MAX = 30_000;
/** A long history is walked until enough commits are found. */
const LINE_MS_MAX = 60_000;

/** A repository that a person has on disk, read and never written: for the command line. */
export class RepositoryGit {
  readonly #place: GitPlace;
  readonly #reader: ObjectReader;

  /** @param folder - a work tree, or a bare repository. @throws PortError when it is neither. */
  constructor(folder: string) {
    const home = resolve(folder);
    const gitDir = [join(home, '.git'), home].find(
      (candidate) => existsSync(join(candidate, 'objects')) && statSync(candidate).isDirectory(),
    );
    if (gitDir === undefined) throw refusal(`${folder} is not a git repository: give the folder that holds .git, or a bare repository`);
    this.#place = { home, gitDir, allowFile: false };
    this.#reader = new ObjectReader(this.#place, SILENCE_MS_MAX);
  }

  /** The commit that a name stands for: `main`, `HEAD~1`, a tag, a sha. @throws PortError when it stands for none. */
  async commit(name: string): Promise<CommitSha> {
    // A name goes to git as a line of its own: one with a line break in it would be two questions.
    const found = /^[^\p{C}\s]{1,250}$/u.test(name) ? await this.#reader.resolve(`${name}^{commit}`) : undefined;
    if (found === undefined) throw refusal(`${JSON.stringify(name.slice(0, 80))} names no commit here`);
    return trusted.commit(found.id);
  }

  /**
   * The commit and those before it on the first-parent line that changed manifests, oldest first, at most `limit` of them: what the
   * default branch was, step by step. The newest that is given is the one whose manifests the commit has.
   */
  async line(commit: CommitSha, limit: number): Promise<readonly CommitSha[]> {
    const root = await manifestRoot(this.#reader, commit);
    const paths = root === '' ? [] : ['--', root];
    const { stdout } = await runGit(
      this.#place,
      ['rev-list', '--first-parent', `--max-count=${limit}`, '--reverse', commit, ...paths],
      LINE_MS_MAX,
    );
    return stdout
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map(trusted.commit);
  }

  async files(commit: CommitSha): Promise<readonly ManifestFile[]> {
    return await listManifests(this.#place, await manifestRoot(this.#reader, commit), commit);
  }

  read(blobs: readonly BlobId[], maxBytes: number): Promise<ReadonlyMap<BlobId, BlobText>> {
    return readTexts(this.#reader, blobs, maxBytes);
  }

  close(): void {
    this.#reader.close();
  }
}

function refusal(message: string): PortError {
  return new PortError({ port: 'manifest-source', operation: 'open', retry: { kind: 'needs-human' }, message });
}
