import type { RepositoryGit } from '../adapters/git/repository-git.ts';
import { type BuiltModel, buildModel } from '../core/manifest/build-model.ts';
import { MAX_FILE_BYTES } from '../core/manifest/limits.ts';
import { inReadingOrder } from '../core/manifest/load.ts';
import { locateProblems } from '../core/manifest/locate.ts';
import type { FleetModel, ManifestText, ParsedFile, UnlocatedProblem } from '../core/manifest/model.ts';
import { parseFile } from '../core/manifest/parse-file.ts';
import { invariant } from '../core/model/assert.ts';
import type { BlobId, CommitSha } from '../core/model/ids.ts';
import type { Problem } from '../core/model/problem.ts';
import type { Instant } from '../core/model/time.ts';

/** The manifests of one commit. */
export interface CommitModel {
  /** `undefined` when any problem is an error. */
  readonly model: FleetModel | undefined;
  readonly problems: readonly Problem[];
  /** Gives problems that were found later their lines in these files. */
  readonly locate: (problems: readonly UnlocatedProblem[]) => readonly Problem[];
}

/** Reads the manifests of one commit after another; a file that two of them share is read and parsed once. */
export class RepositoryModels {
  readonly #repository: RepositoryGit;
  readonly #now: Instant;
  readonly #files = new Map<BlobId, { readonly text: ManifestText; readonly parsed: ParsedFile }>();
  #previous: BuiltModel | undefined;

  constructor(repository: RepositoryGit, now: Instant) {
    this.#repository = repository;
    this.#now = now;
  }

  async at(commit: CommitSha): Promise<CommitModel> {
    const listed = await this.#repository.files(commit);
    const readable = listed.filter(({ link }) => link === undefined);
    await this.#read([...new Set(readable.map(({ blob }) => blob))].filter((blob) => !this.#files.has(blob)));
    const built = buildModel(
      listed.map((file) => ({
        file,
        parsed: file.link === undefined ? this.#file(file.blob).parsed : parseFile({ kind: 'link', link: file.link }),
      })),
      { now: this.#now, previous: this.#previous },
    );
    this.#previous = built;
    const blobs = new Map(readable.map(({ path, blob }) => [path, blob]));
    const locate = (problems: readonly UnlocatedProblem[]): readonly Problem[] =>
      locateProblems(problems, (path) => {
        const blob = blobs.get(path);
        const text = blob === undefined ? undefined : this.#file(blob).text;
        return text?.kind === 'text' ? text.text : undefined;
      });
    return { model: built.model, problems: inReadingOrder([...built.fileProblems, ...locate(built.problems)]), locate };
  }

  async #read(blobs: readonly BlobId[]): Promise<void> {
    if (blobs.length === 0) return;
    for (const [blob, text] of await this.#repository.read(blobs, MAX_FILE_BYTES)) this.#files.set(blob, { text, parsed: parseFile(text) });
  }

  #file(blob: BlobId) {
    const file = this.#files.get(blob);
    invariant(file !== undefined, `${blob} was read`);
    return file;
  }
}
