import type { ParsedFile } from '../../src/core/manifest/model.ts';
import { parseFile } from '../../src/core/manifest/parse-file.ts';
import type { BlobId } from '../../src/core/model/ids.ts';
import type { InMemoryGitRepository } from '../../src/ports/in-memory/git-repository.ts';
import type { ParseCache } from '../../src/ports/ports.ts';

/** The same text is parsed once in all schedules of a process. */
const parsedBefore = new Map<BlobId, ParsedFile>();

/** Knows every file already, so that what schedules before this one have parsed changes nothing of what the bot does. */
export function parsedFiles(git: InMemoryGitRepository): ParseCache {
  return {
    get(blob) {
      const known = parsedBefore.get(blob);
      const text = known === undefined ? git.read(blob, Number.POSITIVE_INFINITY) : undefined;
      const parsed = text === undefined ? known : parseFile(text);
      if (parsed !== undefined) parsedBefore.set(blob, parsed);
      return parsed;
    },
    put: (blob, parsed) => void parsedBefore.set(blob, parsed),
  };
}
