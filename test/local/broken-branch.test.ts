import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, hang, land, PLAN_CHECK, ROLLOUT_CHECK, replacing, type Scene, setScene } from './support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, KAFKA_CLUSTERS } from './support/small-fleet.ts';
import { epochs, rollouts, versions } from './support/watch.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

const brokenIssue = async (state: 'open' | 'closed') =>
  (await scene.person.issues(state)).filter(({ title }) => title === 'The manifests on the default branch are broken');

test('broken manifests on the default branch stop no rollout and change no cluster; both reports heal with the next good commit', async () => {
  const { person, run } = scene;
  await hang(person, 'connect-canary', '8.0.1');
  const { commit: moving } = await land(person, 'moving', CONNECT, atVersion('8.0.1'));
  await eventually('the canary to be ordered', async () => ((await epochs(run, ['connect-canary']))[0] === 0 ? undefined : true));

  const broken = await person.push('main', KAFKA, (text) => atVersion('4.1.0')(text).replace('product:', 'prodct:'), 'In a hurry');
  const check = await checkOf(person, broken, PLAN_CHECK, 'failure');
  const annotations = await person.annotations(check.id);
  expect(annotations).toContainEqual(expect.objectContaining({ path: KAFKA, start_line: 6, start_column: 3 }));
  const [issue] = await eventually('an issue', async () => {
    const found = await brokenIssue('open');
    return found.length === 0 ? undefined : found;
  });
  expect(issue?.body).toContain(`${KAFKA}`);
  expect(issue?.body).toContain(broken.slice(0, 12));

  await hang(person, 'connect-canary', 'none');
  await checkOf(person, moving, ROLLOUT_CHECK, 'success');
  expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));
  expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.0.0`));
  expect(await epochs(run, KAFKA_CLUSTERS)).toEqual([0, 0, 0, 0]);

  const worse = await person.push('main', KAFKA, replacing('select: {}', 'select: 7'), 'Worse');
  await checkOf(person, worse, PLAN_CHECK, 'failure');
  await eventually('the same issue about the newest commit', async () => {
    const found = await brokenIssue('open');
    return found.length === 1 && found[0]?.number === issue?.number && found[0]?.body?.includes(worse.slice(0, 12)) ? true : undefined;
  });

  const fixed = await person.push(
    'main',
    KAFKA,
    (text) => text.replace('prodct:', 'product:').replace('select: 7', 'select: {}'),
    'Fix it',
  );
  await checkOf(person, fixed, ROLLOUT_CHECK, 'success');
  expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.1.0`));
  await eventually('the issue to be closed', async () => ((await brokenIssue('closed')).length === 1 ? true : undefined));
  expect(await brokenIssue('open')).toEqual([]);
  expect((await rollouts(run)).map(({ commit }) => commit)).toEqual([moving, fixed]);
});

test('it breaks again: the same issue is opened again', async () => {
  const { person } = scene;
  const broken = await person.push('main', KAFKA, (text) => `${text}---\nthis: [is, not`, 'Cut off');
  await checkOf(person, broken, PLAN_CHECK, 'failure');
  await eventually('the same issue, open again', async () => ((await brokenIssue('open')).length === 1 ? true : undefined));
  expect(await brokenIssue('closed')).toEqual([]);
  await person.push('main', KAFKA, (text) => text.replace('---\nthis: [is, not', ''), 'Fix it');
  await eventually('the issue to be closed', async () => ((await brokenIssue('closed')).length === 1 ? true : undefined));
});
