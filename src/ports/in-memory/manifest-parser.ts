import { locatorOf } from '../../core/manifest/locate.ts';
import { parseFile } from '../../core/manifest/parse-file.ts';
import type { ManifestParser } from '../manifest-parser.ts';

/** Reads at once, for those who have nobody to keep waiting. */
export const inMemoryManifestParser: ManifestParser = {
  parse: async (content) => parseFile(content),
  locate: async (text, places) => places.map(locatorOf(text)),
};
