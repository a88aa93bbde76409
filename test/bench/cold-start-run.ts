/** One cold start in a process of its own, so that its memory is its own: `REPOSITORY.git [CACHE]`. Prints JSON. */
import { ParseCacheOnDisk } from '../../src/adapters/git/parse-cache.ts';
import { RepositoryGit } from '../../src/adapters/git/repository-git.ts';
import { createLog } from '../../src/app/log.ts';
import { buildModel } from '../../src/core/manifest/build-model.ts';
import { MAX_FILE_BYTES } from '../../src/core/manifest/limits.ts';
import type { ManifestFile, ParsedFile } from '../../src/core/manifest/model.ts';
import { parseFile } from '../../src/core/manifest/parse-file.ts';
import { invariant } from '../../src/core/model/assert.ts';
import type { BlobId } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';

const READ_BATCH = 2_000;
const [folder = '', cacheFolder] = process.argv.slice(2);
const began = performance.now();
const repository = new RepositoryGit(folder);
const cache = cacheFolder === undefined ? undefined : await ParseCacheOnDisk.open(cacheFolder, createLog('silent', []));
const files = await repository.files(await repository.commit('main'));
const parsed = await parseAll(files);
const { model, problems, fileProblems } = buildModel(
  files.map((file) => ({ file, parsed: parsedOf(file) })),
  { now: instant(Date.now()) },
);
const ms = performance.now() - began;
invariant(model !== undefined, `the generated fleet is valid: ${JSON.stringify([...problems, ...fileProblems].slice(0, 3))}`);
process.stdout.write(JSON.stringify({ ms, clusters: model.clusters.size, peakMiB: process.resourceUsage().maxRSS / 1024 }));
repository.close();
await cache?.close();

async function parseAll(listed: readonly ManifestFile[]): Promise<Map<BlobId, ParsedFile>> {
  const known = new Map<BlobId, ParsedFile>();
  const missing: BlobId[] = [];
  for (const { blob } of listed) {
    const cached = cache?.get(blob);
    if (cached === undefined) missing.push(blob);
    else known.set(blob, cached);
  }
  for (let start = 0; start < missing.length; start += READ_BATCH) {
    for (const [blob, text] of await repository.read(missing.slice(start, start + READ_BATCH), MAX_FILE_BYTES)) {
      const file = parseFile(text);
      known.set(blob, file);
      cache?.put(blob, file);
    }
  }
  return known;
}

function parsedOf({ path, blob }: ManifestFile): ParsedFile {
  const file = parsed.get(blob);
  invariant(file !== undefined, `${path} was parsed`);
  return file;
}
