import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../../src/local/demo/person.ts';
import { atMost, type Figure, noGoal, quantile } from './figure.ts';
import { cpuSecondsOf, nextReplicas, type WatchedRun, withRun } from './watched-run.ts';

const PLAN = 'flotilla / plan';
const PUSHES = 30;
const LOOK_EVERY_MS = 5;

/** What a fleet of this many clusters may take, in seconds. */
const goalAt = (clusters: number): number => (clusters <= 2_000 ? 0.25 : 1);

/**
 * G14: somebody pushes to a pull request that is open; from the moment at which the forge has taken the push, and sends its webhook, to the
 * completed check on its head.
 */
export async function planLatency(sizes: readonly number[]): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const clusters of sizes) figures.push(...(await latencyAt(clusters)));
  return figures;
}

async function latencyAt(clusters: number): Promise<readonly Figure[]> {
  const { times, cpuSeconds } = await withRun(clusters, pushes);
  const at = `at ${clusters.toLocaleString('en')}`;
  return [
    atMost('G14', `push to completed plan check ${at}, p95`, quantile(times, 0.95), 's', goalAt(clusters)),
    noGoal('G14', `push to completed plan check ${at}, p50`, quantile(times, 0.5), 's'),
    noGoal('G14', `CPU of the bot for a push ${at}`, cpuSeconds, 's'),
  ];
}

/** One pull request, pushed to again and again: each push changes one cluster. The first plan, which reads the manifests, is not counted. */
async function pushes({ run, person }: WatchedRun): Promise<{ readonly times: readonly number[]; readonly cpuSeconds: number }> {
  const paths = (await person.git('ls-files', 'fleet-manifests/clusters')).split('\n');
  const push = (nth: number): Promise<string> => person.push('bench', paths[nth % paths.length] ?? '', nextReplicas, `Bench ${nth}`);
  const first = await push(0);
  await person.open('bench', 'Bench');
  await planned(person, first);
  const times: number[] = [];
  const before = cpuSecondsOf(run.botPid);
  for (let nth = 1; nth <= PUSHES; nth += 1) {
    // The comment follows the check, and is not waited for by anybody.
    await sleep(500);
    const head = await push(nth);
    const began = performance.now();
    await planned(person, head);
    times.push((performance.now() - began) / 1_000);
  }
  return { times, cpuSeconds: (cpuSecondsOf(run.botPid) - before) / PUSHES };
}

async function planned(person: Person, head: string): Promise<void> {
  for (;;) {
    if ((await person.check(head, PLAN)).some(({ status }) => status === 'completed')) return;
    await sleep(LOOK_EVERY_MS);
  }
}
