/** G6 in a process of its own: `REPOSITORY.git FOLDER`. Commits 25 changed clusters, and times fetch to new plan. Prints JSON. */
import { execFileSync } from 'node:child_process';
import { ManifestSourceGit } from '../../src/adapters/git/manifest-source-git.ts';
import { createLog } from '../../src/app/log.ts';
import type { FleetRecords } from '../../src/core/change/apply-change.ts';
import type { DesiredState } from '../../src/core/desired/desired.ts';
import { adoptAll } from '../../src/core/landing/adopt.ts';
import { withEntries } from '../../src/core/ledger/record-observed.ts';
import type { ParsedFile } from '../../src/core/manifest/model.ts';
import { invariant } from '../../src/core/model/assert.ts';
import { type BlobId, type CommitSha, trusted } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';
import { loadManifests } from '../../src/loop/load-manifests.ts';
import type { Loop } from '../../src/loop/loop.ts';
import { memoryOf } from '../../src/loop/memory.ts';
import { planManifests } from '../../src/loop/plan-manifests.ts';
import { inMemoryManifestParser } from '../../src/ports/in-memory/manifest-parser.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { FleetRecord } from '../../src/ports/state-store.ts';

const RUNS = 9;
const FILES = 25;
const HEAD = trusted.commit('0'.repeat(40));
const [repository = '', folder = ''] = process.argv.slice(2);
const fleet: FleetRecord = {
  id: trusted.fleet('bench/fleet'),
  repository: 1_001,
  retired: undefined,
  installation: 1,
  owner: 'bench',
  name: 'fleet',
  defaultBranch: 'main',
  cloneUrl: `file://${repository}`,
  seenHead: undefined,
  goodHead: undefined,
  version: 0,
};
const source = new ManifestSourceGit({
  fleet: fleet.id,
  cloneUrl: fleet.cloneUrl,
  defaultBranch: 'main',
  folder,
  token: async () => undefined,
  allowFile: true,
});
const parsed = new Map<BlobId, ParsedFile>();
const loop: Loop = {
  // Of all ports a plan needs these: no cluster is new, so nobody is asked what it runs.
  ports: {
    clock: { now: () => instant(Date.now()) },
    log: createLog('silent', []),
    parsed: { get: (blob: BlobId) => parsed.get(blob), put: (blob: BlobId, file: ParsedFile) => void parsed.set(blob, file) },
    parser: inMemoryManifestParser,
    source: () => source,
  } as unknown as Ports,
  settings: { speed: 1, publishIntervalMs: 1_000, publicUrl: '' },
  memory: new Map(),
};
const memory = memoryOf(loop.memory, fleet.id);
let records: FleetRecords = {
  heads: { seen: undefined, good: undefined },
  desired: new Map(),
  ledger: new Map(),
  orders: new Map(),
  rollouts: [],
  stops: [],
  policy: undefined,
  lastSeq: 0,
};

home((await look()).desired);
const times: number[] = [];
const paths = git('ls-tree', '-r', '--name-only', 'main')
  .split('\n')
  .filter((path) => path.includes('clusters/'));
for (let run = 0; run < RUNS; run += 1) {
  commit(run);
  const began = performance.now();
  const { moved, desired } = await look();
  times.push(performance.now() - began);
  invariant(moved === FILES, `a plan of ${FILES} clusters, not ${moved}`);
  home(desired);
}
process.stdout.write(JSON.stringify({ times }));
await source.close();

/** What follows a push: fetch, read, validate, plan. */
async function look(): Promise<{ readonly moved: number; readonly desired: DesiredState }> {
  await source.fetch([]);
  const head = (await source.head()) as CommitSha;
  const loaded = await loadManifests(loop, fleet, head);
  invariant(loaded.model !== undefined, `valid: ${JSON.stringify(loaded.problems.slice(0, 2))}`);
  const planned = await planManifests(loop, fleet, records, loaded, []);
  invariant(planned.kind === 'planned', 'valid manifests have a plan');
  const { desired, plan } = planned;
  memory.manifests = loaded.snapshot;
  memory.computed = { model: loaded.model, desired };
  return { moved: plan?.rollouts.reduce((sum, { targets }) => sum + targets.size, 0) ?? 0, desired };
}

/** Everything has soaked before the next commit. */
function home(desired: DesiredState): void {
  const { ledger } = records;
  records = {
    ...records,
    heads: { seen: HEAD, good: HEAD },
    desired,
    ledger: withEntries(ledger, adoptAll(desired, ledger, instant(Date.now()))),
  };
}

/** Another number of replicas in 25 files spread over the fleet. */
function commit(run: number): void {
  const step = Math.floor(paths.length / FILES);
  const changes = Array.from({ length: FILES }, (_, index) => paths[index * step + run] ?? '').map((path) => {
    const text = git('show', `main:${path}`).replace(/replicas: (\d+)/, (_all, count: string) => `replicas: ${Number(count) + 1}`);
    return `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  });
  const stream = `commit refs/heads/main\ncommitter Bench <bench@example.com> ${1_800_000_000 + run} +0000\ndata 5\nbench\nfrom refs/heads/main^0\n${changes.join('')}\n`;
  execFileSync('git', ['-C', repository, 'fast-import', '--quiet'], { input: stream });
}

function git(...args: readonly string[]): string {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
}
