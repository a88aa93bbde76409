import { createHmac, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, commentOf, hang, land, ROLLOUT_CHECK, type Scene, setScene } from '../local/support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, KAFKA_CLUSTERS } from '../local/support/small-fleet.ts';
import { epochs, rollouts, versions } from '../local/support/watch.ts';
import { Standstill } from '../support/state/standstill.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

function postmaster(): number {
  const folder = join(scene.run.home, 'postgres');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('postmaster.pid'));
  if (found === undefined) throw new Error('no postmaster.pid: the database does not run');
  return Number(readFileSync(join(folder, found), 'utf8').split('\n')[0]);
}

/** Everything that people see of one rollout says that it is done, once, and nothing was ordered more often than it should be. */
async function endsWell(
  landed: { readonly commit: string; readonly pull: number },
  clusters: readonly string[],
  version: string,
  nth: number,
) {
  const { person, run } = scene;
  await checkOf(person, landed.commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, landed.pull, 'completed');
  expect(await versions(run, clusters)).toEqual(clusters.map((name) => `${name} ${version}`));
  expect(await epochs(run, clusters)).toEqual(clusters.map(() => nth));
  expect((await rollouts(run)).filter(({ commit }) => commit === landed.commit)).toHaveLength(1);
  const titles = [...(await person.issues('open')), ...(await person.issues('closed'))].map(({ title }) => title);
  expect(titles.length).toBe(new Set(titles).size);
}

/** How long it stands is the fault itself: beyond the patience of a statement, of a lease, and of most people. */
test.each([
  [5, '8.0.1', 1],
  [40, '8.0.2', 2],
  [120, '8.1.0', 3],
])('a database that stands still for %i s in the middle of a rollout', async (seconds, version, nth) => {
  const { person, run } = scene;
  await hang(person, 'connect-canary', version);
  const landed = await land(person, `still-${seconds}`, CONNECT, atVersion(version));
  await eventually('the canary to be ordered', async () => ((await epochs(run, ['connect-canary']))[0] === nth ? true : undefined));
  const bot = run.botPid;
  const standstill = new Standstill(postmaster());
  try {
    await hang(person, 'connect-canary', 'none');
    await sleep(seconds * 1_000);
  } finally {
    standstill.end();
  }
  await endsWell(landed, CONNECT_CLUSTERS, version, nth);
  expect(run.botPid).toBe(bot);
  expect((await fetch(`${run.state.botUrl}/readyz`)).status).toBe(200);
});

const DELIVERIES = 10_000;
const AT_ONCE = 400;

test(`${DELIVERIES} signed deliveries at once, in the middle of a rollout: all are taken in, and it goes on`, async () => {
  const { person, run } = scene;
  await hang(person, 'kafka-canary', '4.0.1');
  const landed = await land(person, 'flood', KAFKA, atVersion('4.0.1'));
  const { botUrl, webhookSecret } = run.state;
  const body = JSON.stringify({ ref: 'refs/heads/main', repository: { id: 1, full_name: 'flotilla-demo/fleet', default_branch: 'main' } });
  const signature = `sha256=${createHmac('sha256', webhookSecret).update(body).digest('hex')}`;
  const answers = new Map<number, number>();
  let left = DELIVERIES;
  /** Who is told to come again does; whoever is not answered at all, too. */
  const deliver = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const headers = {
        'content-type': 'application/json',
        'x-github-delivery': randomUUID(),
        'x-github-event': 'push',
        'x-hub-signature-256': signature,
      };
      for (let status = 0; status !== 202; ) {
        status = await fetch(`${botUrl}/api/github/webhooks`, { method: 'POST', headers, body }).then(
          async (answer) => {
            await answer.arrayBuffer();
            return answer.status;
          },
          () => 0,
        );
        answers.set(status, (answers.get(status) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, deliver));
  await hang(person, 'kafka-canary', 'none');
  await endsWell(landed, KAFKA_CLUSTERS, '4.0.1', 1);
  console.log(`answers to ${DELIVERIES} deliveries, by status (0: none): ${JSON.stringify(Object.fromEntries(answers))}`);
  expect(answers.get(202)).toBe(DELIVERIES);
  expect([...answers.keys()].filter((status) => ![0, 202, 503].includes(status))).toEqual([]);
});
