import { TextDecoder } from 'node:util';
import type { ManifestFile } from '../../core/manifest/model.ts';
import type { BlobId } from '../../core/model/ids.ts';
import type { BlobText } from '../../ports/manifest-source.ts';
import type { GitPlace } from './git-environment.ts';
import { GitFailed, runGit } from './git-process.ts';
import type { ObjectReader } from './object-reader.ts';
import { parseTree } from './tree-listing.ts';

/** Folder of the manifests where a repository has it; else the whole repository is the manifest root. */
const ROOT_FOLDER = 'fleet-manifests';
/** Listing 100,000 files takes a quarter of a second. */
const LISTING_MS_MAX = 60_000;

/** `fleet-manifests/`, or nothing. A link or a submodule of that name is no folder. */
export async function manifestRoot(reader: ObjectReader, treeish: string): Promise<string> {
  const found = await reader.resolve(`${treeish}:${ROOT_FOLDER}`);
  return found?.type === 'tree' ? `${ROOT_FOLDER}/` : '';
}

/** The YAML files under a manifest root. @throws GitFailed */
export async function listManifests(place: GitPlace, root: string, treeish: string): Promise<readonly ManifestFile[]> {
  const { stdout } = await runGit(place, ['ls-tree', '-r', '-z', '--full-tree', `${treeish}:${root.slice(0, -1)}`], LISTING_MS_MAX);
  return parseTree(stdout, root);
}

/** Texts of blobs, in as many reads as they need. @throws GitFailed when one is missing. */
export async function readTexts(reader: ObjectReader, blobs: readonly BlobId[], maxBytes: number): Promise<ReadonlyMap<BlobId, BlobText>> {
  const texts = new Map<BlobId, BlobText>();
  const small: BlobId[] = [];
  // Sizes first: a hostile blob of gigabytes that packs into kilobytes is never unpacked.
  await reader.ask('info', blobs, (index, answer) => {
    const blob = blobs[index];
    if (blob === undefined || answer.kind === 'missing') return;
    if (answer.bytes > maxBytes) texts.set(blob, { kind: 'too-large', bytes: answer.bytes });
    else small.push(blob);
  });
  await reader.ask('contents', small, (index, answer) => {
    const blob = small[index];
    if (blob !== undefined && answer.kind === 'object' && answer.content !== undefined) texts.set(blob, textOf(answer.content));
  });
  const missing = blobs.find((blob) => !texts.has(blob));
  if (missing !== undefined) throw new GitFailed('exit', `object ${missing} is missing`);
  return texts;
}

/** Refuses what is not UTF-8 instead of replacing it; a byte order mark is dropped. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(content: Buffer): BlobText {
  try {
    return { kind: 'text', text: utf8.decode(content) };
  } catch {
    return { kind: 'not-utf8' };
  }
}
