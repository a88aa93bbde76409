import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, commentOf, hang, land, PLAN_CHECK, propose, ROLLOUT_CHECK, type Scene, setScene } from './support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, KAFKA_CLUSTERS, REGISTRY } from './support/small-fleet.ts';
import { epochs, rolloutOf, stops, versions } from './support/watch.ts';

const ALL = [...CONNECT_CLUSTERS, ...KAFKA_CLUSTERS];

let scene: Scene;
let backup: string;
let returned: Person | undefined;

beforeAll(async () => {
  scene = await setScene();
  backup = mkdtempSync(join(tmpdir(), 'flotilla-backup-'));
});
afterAll(async () => {
  returned?.remove();
  rmSync(backup, { recursive: true, force: true });
  await scene.remove();
});

/** With owners and permissions: a server that runs as another user than the bot owns its files. */
const copy = (from: string, to: string) => void execFileSync('cp', ['-Rp', from, to]);

/** A person in front of local mode that has been started again, whose forge has another address by now. */
async function personAgain(): Promise<Person> {
  returned?.remove();
  returned = new Person(scene.run.home, scene.run.state);
  await returned.clone();
  return returned;
}

/** Numbers of those that name it. */
const issuesAbout = async (person: Person, name: string, state: 'open' | 'closed') =>
  (await person.issues(state)).filter(({ title }) => title.includes(name)).map(({ number }) => number);

test('an old backup beside a forge and clusters that went on: nothing is said twice, epochs go up, and rollouts come home', async () => {
  const { run } = scene;
  const first = await land(scene.person, 'before-backup', CONNECT, atVersion('8.0.1'));
  await checkOf(scene.person, first.commit, ROLLOUT_CHECK, 'success');
  await run.stop();
  const database = join(run.home, 'postgres');
  copy(database, join(backup, 'postgres'));
  await run.start();

  // What the backup knows nothing of: a rollout that is over, one in the middle, a plan, an issue.
  const before = await personAgain();
  const over = await land(before, 'over', CONNECT, atVersion('8.0.2'));
  await checkOf(before, over.commit, ROLLOUT_CHECK, 'success');
  await hang(before, 'kafka-a', '4.0.1');
  const halfWay = await land(before, 'half-way', KAFKA, atVersion('4.0.1'));
  await rolloutOf(run, halfWay.commit, 'running');
  const open = await propose(before, 'open', REGISTRY, atVersion('1.0.1'));
  await checkOf(before, open.head, PLAN_CHECK, 'success');
  const comments = new Map<number, number>();
  for (const { pull } of [first, over, halfWay, open]) comments.set(pull, (await commentOf(before, pull, '')).id);
  await before.flotilla('set', 'registry-a', '--replicas', '4');
  const issue = await eventually('an issue about the cluster', async () => (await issuesAbout(before, 'registry-a', 'open'))[0]);
  const orderedBefore = await epochs(run, ALL);

  await run.stop();
  rmSync(database, { recursive: true });
  copy(join(backup, 'postgres'), database);
  await run.start();

  const after = await personAgain();
  await hang(after, 'kafka-a', 'none');
  for (const { commit, pull } of [over, halfWay]) {
    await rolloutOf(run, commit, 'completed');
    await checkOf(after, commit, ROLLOUT_CHECK, 'success');
    await commentOf(after, pull, 'completed');
  }
  expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.2`));
  expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.0.1`));
  const orderedAfter = await epochs(run, ALL);
  expect(orderedAfter.map((epoch, at) => epoch >= (orderedBefore[at] ?? 0))).toEqual(ALL.map(() => true));
  expect(await stops(run)).toEqual([]);

  // The open one is planned again under its one check and its one comment, and what comes next goes its way.
  await after.git('checkout', '-q', '-B', 'open', 'origin/open');
  const head = await after.push('open', REGISTRY, (text) => text.replace('some.setting: 1', 'some.setting: 2'), 'Another setting');
  await checkOf(after, head, PLAN_CHECK, 'success');
  await commentOf(after, open.pull, 'some.setting');
  await checkOf(after, open.head, PLAN_CHECK, 'success');
  const next = await land(after, 'next', CONNECT, atVersion('8.1.0'));
  await checkOf(after, next.commit, ROLLOUT_CHECK, 'success');
  const said = await Promise.all([first, over, halfWay, open].map(({ pull }) => after.reports(pull)));
  expect(said.map((some) => some.map(({ id }) => id))).toEqual([...comments.values()].map((id) => [id]));
  expect(await issuesAbout(after, 'registry-a', 'open')).toEqual([issue]);
  await after.flotilla('set', 'registry-a', '--replicas', '2');
  await eventually('the issue to close', async () => (await issuesAbout(after, 'registry-a', 'closed'))[0]);
  expect(await issuesAbout(after, 'registry-a', 'closed')).toEqual([issue]);
  expect(await issuesAbout(after, 'registry-a', 'open')).toEqual([]);
});
