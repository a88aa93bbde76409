import type { ManifestText, ParsedFile } from '../core/manifest/model.ts';
import type { Position } from '../core/manifest/positions.ts';
import type { DocumentPlace } from '../core/model/problem.ts';

/** Where in one file. */
export type PlaceInFile = Pick<DocumentPlace, 'index' | 'path'>;

/**
 * Reads texts that take a while: a file of a megabyte that was written to be slow takes seconds. Whoever waits for the answer is kept
 * waiting, and nobody else.
 */
export interface ManifestParser {
  /** As `parseFile`. @throws PortError */
  parse(content: ManifestText): Promise<ParsedFile>;
  /** Line and column of each of these places, as `locatorOf`. @throws PortError */
  locate(text: string, places: readonly PlaceInFile[]): Promise<readonly Position[]>;
}
