import { trusted } from '../model/ids.ts';
import type { Problem } from '../model/problem.ts';
import type { Instant } from '../model/time.ts';
import { buildModel } from './build-model.ts';
import { locateProblems } from './locate.ts';
import { isManifestLink, isManifestPath, manifestRootOf } from './manifest-root.ts';
import type { FleetModel, ManifestText } from './model.ts';
import { parseFile } from './parse-file.ts';

export interface FileEntry {
  /** With `/` between folders; relative to the repository, or to the manifest root itself. */
  readonly path: string;
  readonly content: ManifestText;
}

export interface LoadedFiles {
  /** `undefined` when any problem is an error. */
  readonly model: FleetModel | undefined;
  readonly problems: readonly Problem[];
}

/**
 * The whole way from texts to a model, with every problem at its line, in order of file and place.
 * Files outside the manifest root, in hidden folders, and such that are no YAML are left out.
 */
export function validateFiles(entries: readonly FileEntry[], now: Instant): LoadedFiles {
  const root = manifestRootOf(entries.map(({ path }) => path));
  const ours = entries.filter(({ path, content }) =>
    content.kind === 'link' ? isManifestLink(root, path, content.link) : isManifestPath(root, path),
  );
  const built = buildModel(
    // Without git there is no blob id; the path serves, because nothing is cached by it.
    ours.map(({ path, content }) => ({ file: { path, blob: trusted.blob(path) }, parsed: parseFile(content) })),
    { now },
  );
  const texts = new Map(ours.map(({ path, content }) => [path, content]));
  const located = locateProblems(built.problems, (file) => {
    const content = texts.get(file);
    return content?.kind === 'text' ? content.text : undefined;
  });
  return { model: built.model, problems: inReadingOrder([...built.fileProblems, ...located]) };
}

/** By file, then line, column and code. */
export function inReadingOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.code, b.code));
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
