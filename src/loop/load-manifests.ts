import { type BuiltModel, buildModel } from '../core/manifest/build-model.ts';
import type { ModelFile } from '../core/manifest/file-changes.ts';
import { MAX_CHARS_AT_ONCE, MAX_FILE_BYTES } from '../core/manifest/limits.ts';
import { locatorOf } from '../core/manifest/locate.ts';
import type { FleetModel, ManifestFile, ParsedFile, UnlocatedProblem } from '../core/manifest/model.ts';
import { parseAtOnce, parseFile } from '../core/manifest/parse-file.ts';
import type { Position } from '../core/manifest/positions.ts';
import { invariant } from '../core/model/assert.ts';
import type { BlobId, CommitSha } from '../core/model/ids.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import type { ManifestParser } from '../ports/manifest-parser.ts';
import type { ManifestSource } from '../ports/manifest-source.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { pauses, yieldToEventLoop } from './event-loop.ts';
import type { LoopWith } from './loop.ts';
import { type ManifestSnapshot, memoryOf } from './memory.ts';

/** The manifests of one tree: a model where they are valid, and everything that is wrong or doubtful. */
export interface LoadedManifests {
  readonly model: FleetModel | undefined;
  readonly problems: readonly Problem[];
  readonly snapshot: ManifestSnapshot;
}

type LoadingLoop = LoopWith<'clock' | 'source' | 'parsed' | 'parser'>;

/** Blobs are read this many at a time, so that a first start at 100,000 files never holds all texts at once. */
const READ_BATCH = 2_000;

/**
 * Reads the manifests of a commit or tree. What was parsed before is not parsed again, and what differs
 * little from the default branch costs little: the price follows the change and not the fleet.
 *
 * @throws PortError when git fails; a broken manifest is no failure but a problem.
 */
export async function loadManifests(loop: LoadingLoop, fleet: FleetRecord, treeish: string): Promise<LoadedManifests> {
  const snapshot = await snapshotOf(loop, fleet, treeish);
  const { files, built } = snapshot;
  const problems = [
    ...built.fileProblems,
    ...(await locateIn({ source: loop.ports.source(fleet), parser: loop.ports.parser, files }, built.problems)),
  ];
  return { model: hasErrors(problems) ? undefined : built.model, problems, snapshot };
}

/**
 * The model of the commit that is in force; `undefined` where a force-push took that commit away for good. Where warnings stand is not looked for: who asks for the model has no use for it.
 * Kept from the first look after a start: no landing may come for days.
 *
 * @throws PortError when git fails.
 */
export async function loadModelInForce(loop: LoadingLoop, fleet: FleetRecord, commit: CommitSha): Promise<FleetModel | undefined> {
  if (!(await loop.ports.source(fleet).has(commit))) return undefined;
  const snapshot = await snapshotOf(loop, fleet, commit);
  const { model } = snapshot.built;
  if (model !== undefined) memoryOf(loop.memory, fleet.id).manifests ??= snapshot;
  return model;
}

async function snapshotOf(loop: LoadingLoop, fleet: FleetRecord, treeish: string): Promise<ManifestSnapshot> {
  const source = loop.ports.source(fleet);
  const known = await readBefore(loop, fleet);
  const files = known === undefined ? await allFiles(loop, source, treeish) : await filesFrom(loop, source, known, treeish);
  const built: BuiltModel =
    known !== undefined && files === known.files
      ? known.built
      : buildModel([...files.values()], { now: loop.ports.clock.now(), previous: known?.built });
  return { treeish, files, built };
}

/** What was read before, unless a force-push took that commit away for good: nothing can be compared with it then. */
async function readBefore(loop: LoadingLoop, fleet: FleetRecord): Promise<ManifestSnapshot | undefined> {
  const own = memoryOf(loop.memory, fleet.id);
  const { manifests } = own;
  if (manifests === undefined || (await loop.ports.source(fleet).has(manifests.treeish))) return manifests;
  if (own.manifests === manifests) own.manifests = undefined;
  return undefined;
}

type ModelFiles = ManifestSnapshot['files'];

async function allFiles(loop: LoadingLoop, source: ManifestSource, treeish: string): Promise<ModelFiles> {
  const parsed = await parse(loop, source, await source.files(treeish));
  return new Map(parsed.map((file) => [file.file.path, file]));
}

/** @returns the very same map when nothing of ours differs. */
async function filesFrom(loop: LoadingLoop, source: ManifestSource, known: ManifestSnapshot, treeish: string): Promise<ModelFiles> {
  if (known.treeish === treeish) return known.files;
  const changed = await source.changed(known.treeish, treeish);
  if (changed.length === 0) return known.files;
  const present = changed.flatMap(({ path, after, link }) =>
    after === undefined ? [] : [{ path, blob: after, ...(link === undefined ? {} : { link }) }],
  );
  // A copy of the map is quicker to read in full, as is done next, than layers would be.
  const files = new Map(known.files);
  for (const { path, after } of changed) if (after === undefined) files.delete(path);
  for (const file of await parse(loop, source, present)) files.set(file.file.path, file);
  return files;
}

/** Each blob is parsed once, whatever it is called and however often it comes back. */
async function parse(loop: LoadingLoop, source: ManifestSource, files: readonly ManifestFile[]): Promise<readonly ModelFile[]> {
  const parsed = new Map<BlobId, ParsedFile>();
  const missing = new Set<BlobId>();
  for (const { blob, link } of files) {
    if (link !== undefined) continue;
    const known = loop.ports.parsed.get(blob);
    if (known === undefined) missing.add(blob);
    else parsed.set(blob, known);
  }
  const blobs = [...missing];
  for (let start = 0; start < blobs.length; start += READ_BATCH) {
    const pause = pauses();
    for (const [blob, text] of await source.read(blobs.slice(start, start + READ_BATCH), MAX_FILE_BYTES)) {
      const file = parseAtOnce(text) ?? (await loop.ports.parser.parse(text));
      loop.ports.parsed.put(blob, file);
      parsed.set(blob, file);
      // Many that are quick take long together: what has to stop a rollout comes in between.
      await pause();
    }
    await yieldToEventLoop();
  }
  return files.map((file) => {
    if (file.link !== undefined) return { file, parsed: parseFile({ kind: 'link', link: file.link }) };
    const found = parsed.get(file.blob);
    invariant(found !== undefined, `${file.path}: its blob was parsed just now`);
    return { file, parsed: found };
  });
}

/** The files of one tree, of which a few may have to be read again. */
export interface ReadableFiles {
  readonly source: ManifestSource;
  readonly parser: ManifestParser;
  readonly files: ModelFiles;
}

/**
 * Checks name a document and a path of keys; only the files concerned are read again for line and column.
 *
 * @throws PortError
 */
export async function locateIn(
  { source, parser, files }: ReadableFiles,
  problems: readonly UnlocatedProblem[],
): Promise<readonly Problem[]> {
  if (problems.length === 0) return [];
  const byFile = Map.groupBy(problems, ({ place }) => place.file);
  const blobOf = (path: string): BlobId | undefined => {
    const { file } = files.get(path) ?? {};
    return file?.link === undefined ? file?.blob : undefined;
  };
  const texts = await source.read([...new Set([...byFile.keys()].map(blobOf).filter((blob) => blob !== undefined))], MAX_FILE_BYTES);
  const located = new Map<UnlocatedProblem, Position>();
  const pause = pauses();
  for (const [path, own] of byFile) {
    const blob = blobOf(path);
    const text = blob === undefined ? undefined : texts.get(blob);
    const positions = text?.kind === 'text' ? await placesIn(parser, text.text, own) : [];
    for (const [at, problem] of own.entries()) located.set(problem, positions[at] ?? TOP);
    await pause();
  }
  return problems.map((problem) => {
    const { place, ...said } = problem;
    return { file: place.file, ...(located.get(problem) ?? TOP), ...said };
  });
}

const TOP: Position = { line: 1, column: 1 };

async function placesIn(parser: ManifestParser, text: string, problems: readonly UnlocatedProblem[]): Promise<readonly Position[]> {
  const places = problems.map(({ place: { index, path } }) => ({ index, path }));
  return text.length <= MAX_CHARS_AT_ONCE ? places.map(locatorOf(text)) : await parser.locate(text, places);
}
