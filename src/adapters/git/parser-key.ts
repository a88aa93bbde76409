import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What decides how a manifest is read: the schemas, the code that parses and checks a file, and its libraries. */
const SOURCES = ['../../../schemas/', '../../core/manifest/'];
const LOCK = '../../../package-lock.json';

/**
 * Changes whenever a blob could be read differently than before: what an older version of the parser made of it must
 * not outlive that version.
 */
export async function parserKey(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const folder = new URL(source, import.meta.url);
    const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(ts|json)$/.test(name)).sort();
    for (const name of names) hash.update(name).update(await readFile(new URL(name, folder)));
  }
  hash.update(await readFile(fileURLToPath(new URL(LOCK, import.meta.url))));
  return hash.digest('hex').slice(0, 32);
}
