import type { ModelFile } from './file-changes.ts';
import type { Fleet } from './generated.ts';
import { compileGlob } from './glob.ts';
import type { Located, UnlocatedProblem } from './model.ts';
import { placeIn, problemOf } from './problem-of.ts';

/** The globs of `ignore` and how many files each matches. */
export interface Ignored {
  readonly globs: readonly string[];
  readonly hits: readonly number[];
}

export interface Sifted {
  readonly kept: readonly ModelFile[];
  readonly hits: readonly number[];
}

/** Leaves out the files that a glob matches. Globs are relative to the manifest root; a file that holds the Fleet always stays. */
export function sift(files: readonly ModelFile[], globs: readonly string[], root: string): Sifted {
  const matchers = globs.map(compileGlob);
  const hits = globs.map(() => 0);
  if (matchers.length === 0) return { kept: files, hits };
  const kept = files.filter((entry) => {
    const path = entry.file.path.slice(root.length);
    let ignored = false;
    for (const [at, matches] of matchers.entries()) {
      if (!matches(path)) continue;
      hits[at] = (hits[at] ?? 0) + 1;
      ignored = true;
    }
    return !ignored || holdsFleet(entry);
  });
  return { kept, hits };
}

export const holdsFleet = ({ parsed }: ModelFile): boolean => parsed.documents.some((document) => document?.kind === 'Fleet');

export function globsOf(files: readonly ModelFile[]): readonly string[] {
  for (const { parsed } of files) {
    for (const document of parsed.documents) if (document?.kind === 'Fleet') return document.spec.ignore ?? [];
  }
  return [];
}

export function checkIgnore(fleet: Located<Fleet>, { globs, hits }: Ignored): readonly UnlocatedProblem[] {
  return globs.flatMap((glob, at) => {
    if (hits[at] !== 0) return [];
    const place = placeIn(fleet, 'spec', 'ignore', at);
    return [problemOf('ignore-unused', place, `no file matches \`${glob}\``, 'correct or remove it; globs begin at the manifest root')];
  });
}
