import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalRun } from '../../src/local/demo/local-run.ts';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { atMost, type Figure } from './figure.ts';
import { withSetting } from './watched-run.ts';

const GENERATOR = join(import.meta.dirname, '../../src/cli/generate-fleet.ts');
const PLAN = 'flotilla / plan';
const PULLS = 20;
const IDLE_MS = 20_000;

/** Start and requests of local mode: with the example fleet, and with 2,000 clusters. */
export async function localMode(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'));
  try {
    const small = await measure(undefined);
    const manifests = join(folder, 'fleet');
    execFileSync(process.execPath, [GENERATOR, '--clusters', '2000', '--out', manifests], { stdio: ['ignore', 'ignore', 'inherit'] });
    const large = await measure(manifests);
    return [
      atMost('start', 'first start to ready, example fleet', small.firstStartMs / 1_000, 's', 10),
      atMost('start', 'later start to ready', small.laterStartMs / 1_000, 's', 3),
      atMost('G12', 'requests while idle for several ticks', Math.max(small.idleRequests, large.idleRequests), 'requests', 0),
      atMost('G12', 'requests for a pull request event, most', Math.max(small.requestsPerPull, large.requestsPerPull), 'requests', 4),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(manifests: string | undefined) {
  const run = await LocalRun.create(60, manifests === undefined ? {} : { FLOTILLA_MANIFESTS: manifests });
  let person: Person | undefined;
  try {
    const firstStartMs = await run.start();
    await run.stop();
    const laterStartMs = await run.start();
    person = new Person(run.home, run.state);
    await person.clone();
    const requestsPerPull = await openPulls(run, person);
    await sleep(2_000);
    const before = await requests(run);
    await sleep(IDLE_MS);
    const idleRequests = (await requests(run)) - before;
    return { firstStartMs, laterStartMs, idleRequests, requestsPerPull };
  } finally {
    person?.remove();
    await run.remove();
  }
}

/** One pull request after another, each changing one release. @returns the most requests that one of them cost. */
async function openPulls(run: LocalRun, person: Person): Promise<number> {
  const [path = ''] = (await person.git('ls-files', 'fleet-manifests/releases')).split('\n');
  // What the start brings with it (tokens, drift issues) is not what a pull request costs.
  await sleep(3_000);
  const counts: number[] = [];
  for (let index = 0; index < PULLS; index += 1) {
    const branch = `bench-${index}`;
    const head = await person.push(branch, path, (text) => withSetting(text, index), `Bench ${index}`);
    const before = await requests(run);
    await person.open(branch, `Bench ${index}`);
    await eventually(`the plan of ${branch}`, async () => (await person.check(head, PLAN)).find(({ status }) => status === 'completed'));
    // The comment follows the check.
    await sleep(500);
    counts.push((await requests(run)) - before);
  }
  return Math.max(...counts);
}

/** Requests that the bot has made to the forge, by its own count. */
async function requests(run: LocalRun): Promise<number> {
  const text = await (await fetch(`${run.state.botUrl}/metrics`)).text();
  return [...text.matchAll(/^flotilla_code_host_requests_total\{.*\} (\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
}
