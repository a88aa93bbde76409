import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { atVersion, checkOf, commentOf, hang, land, ROLLOUT_CHECK, type Scene, setScene } from '../local/support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS } from '../local/support/small-fleet.ts';
import { command, epochs, metric, rolloutOf, versions } from '../local/support/watch.ts';

const SHIFTED = pathToFileURL(join(import.meta.dirname, '../local/support/shifted-clock.ts')).href;
const HOUR_S = 3_600;

let scene: Scene | undefined;
afterEach(async () => {
  await scene?.remove();
  scene = undefined;
});

/** Forge and data planes have the clock of the bot; the database has that of the machine. */
test.each([
  ['an hour behind', 1],
  ['an hour ahead of', -1],
])('a database %s the bot: a rollout, a pause and a restart in its middle go as ever', async (_where, hours) => {
  const aheadMs = String(hours * HOUR_S * 1_000);
  scene = await setScene({ NODE_OPTIONS: `--import=${SHIFTED} --disable-warning=ExperimentalWarning`, TEST_CLOCK_AHEAD_MS: aheadMs });
  const { person, run } = scene;
  const distance = await metric(run, 'flotilla_database_clock_ahead_seconds');
  expect(Math.abs(distance + hours * HOUR_S)).toBeLessThan(HOUR_S / 2);

  await hang(person, 'connect-canary', '8.0.1');
  const { commit, pull } = await land(person, 'clock', CONNECT, atVersion('8.0.1'));
  const { id } = await rolloutOf(run, commit, 'running');
  expect((await command(run, id, 'pause')).status).toBe(200);
  await rolloutOf(run, commit, 'paused');
  await run.kill();
  await run.start();
  await hang(person, 'connect-canary', 'none');
  expect((await command(run, id, 'resume')).status).toBe(200);
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, pull, 'completed');
  expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));
  // Nobody was ordered anything but the canary, which was held and let go.
  expect((await epochs(run, CONNECT_CLUSTERS)).map((epoch, at) => (CONNECT_CLUSTERS[at] === 'connect-canary' ? 1 : epoch))).toEqual([
    1, 1, 1, 1,
  ]);
  expect((await fetch(`${run.state.botUrl}/readyz`)).status).toBe(200);
});
