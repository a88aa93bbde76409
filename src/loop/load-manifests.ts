import { type BuiltModel, buildModel } from '../core/manifest/build-model.ts';
import { MAX_FILE_BYTES } from '../core/manifest/limits.ts';
import { locateProblems } from '../core/manifest/locate.ts';
import type { FleetModel, ManifestFile, ParsedFile, UnlocatedProblem } from '../core/manifest/model.ts';
import { parseFile } from '../core/manifest/parse-file.ts';
import { invariant } from '../core/model/assert.ts';
import type { BlobId } from '../core/model/ids.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import type { ManifestSource } from '../ports/manifest-source.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import type { Loop } from './loop.ts';
import { type ManifestSnapshot, memoryOf } from './memory.ts';

/** The manifests of one tree: a model where they are valid, and everything that is wrong or doubtful. */
export interface LoadedManifests {
  readonly model: FleetModel | undefined;
  readonly problems: readonly Problem[];
  readonly snapshot: ManifestSnapshot;
}

/** Blobs are read this many at a time, so that a first start at 100,000 files never holds all texts at once. */
const READ_BATCH = 2_000;

/**
 * Reads the manifests of a commit or tree. What was parsed before is not parsed again, and what differs
 * little from the default branch costs little: the price follows the change and not the fleet.
 *
 * @throws PortError when git fails; a broken manifest is no failure but a problem.
 */
export async function loadManifests(loop: Loop, fleet: FleetRecord, treeish: string): Promise<LoadedManifests> {
  const source = loop.ports.source(fleet);
  const known = memoryOf(loop.memory, fleet.id).manifests;
  const files = known === undefined ? await allFiles(source, treeish) : await filesFrom(source, known, treeish);
  await parseMissing(loop, source, [...files.values()]);
  const built: BuiltModel =
    known !== undefined && files === known.files
      ? known.built
      : buildModel(
          [...files.values()].map((file) => ({ file, parsed: parsedOf(loop, file) })),
          { now: loop.ports.clock.now(), previous: known?.built },
        );
  const problems = [...built.fileProblems, ...(await locateIn({ source, files }, built.problems))];
  const snapshot = { treeish, files, built };
  return { model: hasErrors(problems) ? undefined : built.model, problems, snapshot };
}

async function allFiles(source: ManifestSource, treeish: string): Promise<ReadonlyMap<string, ManifestFile>> {
  return new Map((await source.files(treeish)).map((file) => [file.path, file]));
}

/** @returns the very same map when nothing of ours differs. */
async function filesFrom(source: ManifestSource, known: ManifestSnapshot, treeish: string): Promise<ReadonlyMap<string, ManifestFile>> {
  if (known.treeish === treeish) return known.files;
  const changed = await source.changed(known.treeish, treeish);
  if (changed.length === 0) return known.files;
  const files = new Map(known.files);
  for (const { path, after } of changed) {
    if (after === undefined) files.delete(path);
    else files.set(path, { path, blob: after });
  }
  return files;
}

async function parseMissing(loop: Loop, source: ManifestSource, files: readonly ManifestFile[]): Promise<void> {
  const missing = [...new Set(files.filter(({ blob }) => loop.ports.parsed.get(blob) === undefined).map(({ blob }) => blob))];
  for (let start = 0; start < missing.length; start += READ_BATCH) {
    const texts = await source.read(missing.slice(start, start + READ_BATCH), MAX_FILE_BYTES);
    for (const [blob, text] of texts) loop.ports.parsed.put(blob, parseFile(text));
  }
}

function parsedOf(loop: Loop, file: ManifestFile): ParsedFile {
  const parsed = loop.ports.parsed.get(file.blob);
  invariant(parsed !== undefined, `${file.path}: its blob was parsed just now`);
  return parsed;
}

/** The files of one tree, of which a few may have to be read again. */
export interface ReadableFiles {
  readonly source: ManifestSource;
  readonly files: ReadonlyMap<string, ManifestFile>;
}

/**
 * Checks name a document and a path of keys; only the files concerned are read again for line and column.
 *
 * @throws PortError
 */
export async function locateIn({ source, files }: ReadableFiles, problems: readonly UnlocatedProblem[]): Promise<readonly Problem[]> {
  if (problems.length === 0) return [];
  const concerned = new Map<string, BlobId>();
  for (const { place } of problems) {
    const file = files.get(place.file);
    if (file !== undefined) concerned.set(place.file, file.blob);
  }
  const texts = await source.read([...new Set(concerned.values())], MAX_FILE_BYTES);
  return locateProblems(problems, (file) => {
    const blob = concerned.get(file);
    const text = blob === undefined ? undefined : texts.get(blob);
    return text?.kind === 'text' ? text.text : undefined;
  });
}
