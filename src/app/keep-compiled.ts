import { mkdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

/**
 * What is imported from here on is compiled once, and not at each start: that is more than half of the time until a bot that was killed
 * takes commands again. Where the folder cannot be written, it is as if this were not here.
 *
 * @returns writes what was compiled by now: whoever is killed cannot do so at the end.
 */
export function keepCompiled(home: string): () => void {
  try {
    // As everything in the folder: for its owner alone.
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch {
    // Whoever needs the folder says what is wrong with it.
    return () => undefined;
  }
  enableCompileCache(join(home, 'compiled'));
  return flushCompileCache;
}
