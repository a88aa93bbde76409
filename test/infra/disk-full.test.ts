import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalRun } from '../../src/local/demo/local-run.ts';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, commentOf, hang, land, ROLLOUT_CHECK } from '../local/support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, writeSmallFleet } from '../local/support/small-fleet.ts';
import { epochs, rollouts, versions } from '../local/support/watch.ts';

/** Database, mirrors, parsed manifests, forge and data planes are all on it. */
const DISK_MIB = 400;
const manifests = writeSmallFleet();
let run: LocalRun;
let person: Person;

beforeAll(async () => {
  run = await LocalRun.create(600, { FLOTILLA_MANIFESTS: manifests });
  // Needs root, as .ci/run has it.
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=755`, 'tmpfs', run.home]);
  await run.start();
  person = new Person(run.home, run.state);
  await person.clone();
  await eventually('the fleet to be known', () => rollouts(run));
});
afterAll(async () => {
  person?.remove();
  await run.stop();
  execFileSync('umount', ['--lazy', run.home]);
  rmSync(run.home, { recursive: true, force: true });
  rmSync(manifests, { recursive: true, force: true });
});

/** Takes every byte that is left. */
function fill(file: string): void {
  for (const size of [1024 * 1024, 4096]) {
    const chunk = Buffer.alloc(size);
    try {
      for (;;) appendFileSync(file, chunk);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}

test('a full disk in the middle of a rollout: it goes on when there is room again, and nothing is told or ordered twice', async () => {
  await hang(person, 'connect-canary', '8.0.1');
  const { commit, pull } = await land(person, 'full', CONNECT, atVersion('8.0.1'));
  await eventually('the canary to be ordered', async () => ((await epochs(run, ['connect-canary']))[0] === 1 ? true : undefined));
  const bot = run.botPid;
  const ballast = join(run.home, 'ballast');
  fill(ballast);
  expect(statfsSync(run.home).bavail).toBe(0);
  // Whatever is asked for now may fail, as long as it is said: a push, and what the canary does once it is let go.
  const tried = await Promise.allSettled([
    person.push('no-room', KAFKA, atVersion('4.0.1'), 'There is no room for this'),
    hang(person, 'connect-canary', 'none'),
  ]);
  console.log(`on a full disk: push ${tried[0].status}, change of a data plane ${tried[1].status}`);
  expect((await fetch(`${run.state.botUrl}/livez`)).status).toBe(200);
  rmSync(ballast);
  await hang(person, 'connect-canary', 'none');
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, pull, 'completed');
  expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));
  expect(await epochs(run, CONNECT_CLUSTERS)).toEqual([1, 1, 1, 1]);
  expect(await rollouts(run)).toHaveLength(1);
  expect(run.botPid).toBe(bot);
});
