import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, land, ROLLOUT_CHECK, type Scene, setScene } from './support/scene.ts';
import { CLUSTERS, CONNECT, cluster } from './support/small-fleet.ts';
import { api, command, rolloutOf, tokenOf } from './support/watch.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

async function about(name: string, state: 'open' | 'closed', saying = '') {
  const found = (await scene.person.issues(state)).filter(({ title, body }) => title.includes(name) && body?.includes(saying) === true);
  if (found.length > 1) throw new Error(`${found.length} issues about ${name}`);
  return found[0];
}

test('a cluster changed by hand: one issue opens, follows in place, closes, and is opened again when it recurs', async () => {
  const { person } = scene;
  await person.flotilla('set', 'kafka-a', '--version', '4.0.1');
  const opened = await eventually('an issue', () => about('kafka-a', 'open', '4.0.1'));
  expect(opened.body).toContain('4.0.0');
  await person.flotilla('set', 'kafka-a', '--replicas', '4');
  const updated = await eventually('the replicas in it', () => about('kafka-a', 'open', 'replicas'));
  expect(updated.number).toBe(opened.number);
  expect(updated.body).toContain('4.0.1');
  await person.flotilla('set', 'kafka-a', '--version', '4.0.0', '--replicas', '2');
  expect((await eventually('it to close', () => about('kafka-a', 'closed'))).number).toBe(opened.number);
  await person.flotilla('set', 'kafka-a', '--config', 'some.setting=7');
  const again = await eventually('it to be opened again', () => about('kafka-a', 'open', 'some.setting'));
  expect(again.number).toBe(opened.number);
  expect(await about('kafka-a', 'closed')).toBeUndefined();
  await person.flotilla('set', 'kafka-a', '--config', 'some.setting=1');
  await eventually('it to close again', () => about('kafka-a', 'closed'));
});

test('a pinned cluster stays behind in a rollout, is listed with its reason, and gets an issue once the pin has expired', async () => {
  const { person, run } = scene;
  const pinned = await person.push(
    'main',
    CLUSTERS,
    (text) =>
      text.replace(
        /(name: connect-c\n(?:.*\n)*? {2}replicas: 2\n)/,
        `$1  pin: { version: "8.0.0", reason: "waits for the vendor", expires: "2099-01-01T00:00:00Z" }\n`,
      ),
    'Pin connect-c',
  );
  expect(pinned).toMatch(/^[0-9a-f]{40}$/);
  const { commit } = await land(person, 'past', CONNECT, atVersion('8.0.1'));
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  const listed = async () => JSON.stringify((await api(run, 'GET', '/drifts', tokenOf(run))).body);
  await eventually('it to be listed', async () => ((await listed()).includes('waits for the vendor') ? true : undefined));
  expect(await about('connect-c', 'open')).toBeUndefined();
  expect(await person.status('connect-c')).toContain('8.0.0');
  await person.push('main', CLUSTERS, (text) => text.replace('2099-01-01', '2020-01-01'), 'Let the pin expire');
  const issue = await eventually('an issue', () => about('connect-c', 'open', 'waits for the vendor'));
  expect(issue.title).toContain('lags behind the fleet');
});

test('a cluster that runs and is in no manifest', async () => {
  const { person } = scene;
  await person.push('main', CLUSTERS, (text) => text.replace(`---\n${cluster('registry', 'a', 1, '')}`, ''), 'Forget one');
  const unknown = await eventually('an issue about the one that is in no manifest', () => about('registry-a', 'open', 'in no manifest'));
  expect(unknown.title).toContain('is in no manifest');
  await person.push('main', CLUSTERS, (text) => `${text.trimEnd()}\n---\n${cluster('registry', 'a', 1, '')}`, 'Remember it');
  await eventually('the issue to close', () => about('registry-a', 'closed'));
});

test('a cluster that is in a manifest and does not run, because a person aborted its rollout', async () => {
  const { person, run } = scene;
  const commit = await person.push('main', CLUSTERS, (text) => `${text.trimEnd()}\n---\n${cluster('registry', 'b', 0, '')}`, 'One more');
  const { id } = await rolloutOf(run, commit, 'awaiting-approval');
  expect(await command(run, id, 'abort')).toMatchObject({ status: 200 });
  const missing = await eventually('an issue', () => about('registry-b', 'open'));
  expect(missing.title).toContain('is in the manifests, but does not run');
  await person.push('main', CLUSTERS, (text) => text.replace(`---\n${cluster('registry', 'b', 0, '')}`, ''), 'Never mind');
  await eventually('the issue to close', () => about('registry-b', 'closed'));
});

test('a cluster whose manifest names a data plane that it is not on', async () => {
  const { person } = scene;
  const moved = (from: string, to: string) => (text: string) =>
    text.replace(new RegExp(`(name: kafka-b\\n(?:.*\\n)*? {2}dataPlane: )${from}`), `$1${to}`);
  await person.push('main', CLUSTERS, moved('east', 'west'), 'Move kafka-b in the manifest alone');
  const issue = await eventually('an issue', () => about('kafka-b', 'open'));
  expect(issue.body).toMatch(/on data plane east/);
  await person.push('main', CLUSTERS, moved('west', 'east'), 'Back');
  await eventually('the issue to close', () => about('kafka-b', 'closed'));
});

test('a data plane that does not answer is one issue, not one for each of its clusters', async () => {
  const { person } = scene;
  const before = (await person.issues('open')).length;
  await person.flotilla('break', '--data-plane', 'west', '--with', 'unreachable');
  const issue = await eventually('an issue', () => about('west', 'open'));
  expect(issue.title).toContain('data plane west does not answer');
  await person.flotilla('break', '--data-plane', 'west', '--with', 'none');
  await eventually('it to close', () => about('west', 'closed'));
  expect((await person.issues('open')).length).toBe(before);
});
