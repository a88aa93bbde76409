import { setTimeout as sleep } from 'node:timers/promises';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from '../../src/local/seed.ts';
import { atMost, type Figure, noGoal } from './figure.ts';
import { nextReplicas, peakMiB, residentMiB, type WatchedRun, withRun, withSetting } from './watched-run.ts';

const LOOK_EVERY_MS = 250;
/** A push to an open pull request, and a look at every page that lists, this often. */
const ASK_EVERY_MS = 2_000;

const goalAt = (clusters: number): number => (clusters <= 2_000 ? 300 : 1.2 * 1_024);
const EXAMPLE_GOAL = 220;

/**
 * G11: resident memory of the bot while it works: a merge has set a rollout of a whole release going, somebody pushes to a pull request
 * every other second, and somebody else looks at the pages.
 */
export async function memory(sizes: readonly number[], seconds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const measure = async (clusters: number | undefined, name: string, goal: number): Promise<void> => {
    const { most, peak, last } = await withRun(clusters, (run) => underLoad(run, seconds * 1_000));
    figures.push(
      atMost('G11', `resident memory of the bot under load, most, ${name}`, most, 'MiB', goal),
      noGoal('G11', `at its end, ${name}`, last, 'MiB'),
      noGoal('G11', `most since the start, with the first reading of everything, ${name}`, peak, 'MiB'),
    );
  };
  await measure(undefined, 'example fleet', EXAMPLE_GOAL);
  for (const clusters of sizes) await measure(clusters, `${clusters.toLocaleString('en')} clusters`, goalAt(clusters));
  return figures;
}

interface Resident {
  readonly most: number;
  readonly last: number;
  readonly peak: number;
}

async function underLoad(watched: WatchedRun, lastsMs: number): Promise<Resident> {
  const { run, person } = watched;
  const until = performance.now() + lastsMs;
  let most = 0;
  const looking = (async () => {
    while (performance.now() < until) {
      most = Math.max(most, residentMiB(run.botPid));
      await sleep(LOOK_EVERY_MS);
    }
  })();
  const [release = ''] = (await person.git('ls-files', 'fleet-manifests/releases')).split('\n');
  await person.push('merged', release, (text) => withSetting(text, 1), 'Something for a whole release');
  await person.merge(await person.open('merged', 'Something for a whole release'), 'squash');
  const paths = (await person.git('ls-files', 'fleet-manifests/clusters')).split('\n');
  let isOpen = false;
  for (let nth = 0; performance.now() < until; nth += 1) {
    await person.push('open', paths[nth % paths.length] ?? '', nextReplicas, `Bench ${nth}`);
    if (!isOpen) await person.open('open', 'Bench');
    isOpen = true;
    await Promise.all([lookAtPages(watched), sleep(ASK_EVERY_MS)]);
  }
  await looking;
  return { most, last: residentMiB(run.botPid), peak: peakMiB(run.botPid) };
}

async function lookAtPages({ run }: WatchedRun): Promise<void> {
  const { botUrl, users } = run.state;
  const headers = { authorization: `Bearer ${users[0]?.token ?? ''}` };
  const fleet = `/fleets/${EXAMPLE_OWNER}/${EXAMPLE_NAME}`;
  for (const path of [fleet, `/api${fleet}/rollouts`, '/metrics']) await (await fetch(`${botUrl}${path}`, { headers })).arrayBuffer();
}
