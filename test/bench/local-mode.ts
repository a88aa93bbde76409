import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalRun } from '../../src/local/demo/local-run.ts';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { atMost, type Figure, quantile } from './figure.ts';

const GENERATOR = join(import.meta.dirname, '../../src/cli/generate-fleet.ts');
const PLAN = 'flotilla / plan';
const PULLS = 20;
const IDLE_MS = 20_000;

/** Start, memory, requests and latency of local mode: with the example fleet, and with 2,000 clusters. */
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
      atMost('G11', 'resident memory of the bot, example fleet', small.residentMiB, 'MiB', 250),
      atMost('G11', 'resident memory of the bot, 2,000 clusters', large.residentMiB, 'MiB', 400),
      atMost('G12', 'requests while idle for several ticks', small.idleRequests, 'requests', 0),
      atMost('G12', 'requests for a pull request event, most', small.requestsPerPull, 'requests', 4),
      atMost('G14', 'push to completed plan check at 2,000 clusters, p95', large.planP95Ms / 1_000, 's', 1),
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
    const pulls = await openPulls(run, person);
    await sleep(2_000);
    const before = await requests(run);
    await sleep(IDLE_MS);
    const idleRequests = (await requests(run)) - before;
    return { firstStartMs, laterStartMs, idleRequests, residentMiB: residentMiB(run.botPid), ...pulls };
  } finally {
    person?.remove();
    await run.remove();
  }
}

/** One pull request after another, each changing one release; from its opening to the completed check. */
async function openPulls(run: LocalRun, person: Person) {
  const [path = ''] = (await person.git('ls-files', 'fleet-manifests/releases')).split('\n');
  // What the start brings with it (tokens, drift issues) is not what a pull request costs.
  await sleep(3_000);
  const times: number[] = [];
  const counts: number[] = [];
  for (let index = 0; index < PULLS; index += 1) {
    const branch = `bench-${index}`;
    const head = await person.push(branch, path, (text) => withSetting(text, index), `Bench ${index}`);
    const before = await requests(run);
    const began = performance.now();
    await person.open(branch, `Bench ${index}`);
    await eventually(`the plan of ${branch}`, async () => (await person.check(head, PLAN)).find(({ status }) => status === 'completed'));
    times.push(performance.now() - began);
    // The comment follows the check.
    await sleep(500);
    counts.push((await requests(run)) - before);
  }
  return { planP95Ms: quantile(times, 0.95), requestsPerPull: Math.max(...counts) };
}

/** One more setting in the first release of the file. */
function withSetting(text: string, value: number): string {
  const setting = `bench.value: ${value}`;
  return /^ {2}config:$/m.test(text)
    ? text.replace(/^ {2}config:$/m, `  config:\n    ${setting}`)
    : text.replace(/^ {2}select:/m, `  config: { ${setting} }\n  select:`);
}

/** Requests that the bot has made to the forge, by its own count. */
async function requests(run: LocalRun): Promise<number> {
  const text = await (await fetch(`${run.state.botUrl}/metrics`)).text();
  return [...text.matchAll(/^flotilla_code_host_requests_total\{.*\} (\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
}

function residentMiB(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) / 1024;
}
