import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, commentOf, PLAN_CHECK, propose, ROLLOUT_CHECK, replacing, type Scene, setScene } from './support/scene.ts';
import { CLUSTERS, cluster, KAFKA, KAFKA_CLUSTERS } from './support/small-fleet.ts';
import { clusters, epochs, liftAll, type Rollout, rollouts, versions } from './support/watch.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

const all = (version: string) => KAFKA_CLUSTERS.map((name) => `${name} ${version}`);

describe('whatever way a change comes to the default branch, it makes one rollout and one check', () => {
  test.each([
    ['merge', '4.0.1'],
    ['squash', '4.1.0'],
  ] as const)('%s', async (method, version) => {
    const { person, run } = scene;
    const before = (await rollouts(run)).length;
    const { pull, head } = await propose(person, `by-${method}`, KAFKA, atVersion(version));
    await checkOf(person, head, PLAN_CHECK, 'success');
    const commit = await person.merge(pull, method);
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    await commentOf(person, pull, 'completed');
    expect(await versions(run, KAFKA_CLUSTERS)).toEqual(all(version));
    expect((await rollouts(run)).slice(before)).toMatchObject([{ commit, pull, status: 'completed' }]);
  });

  test('a rebase of several commits: one rollout to the state after the last', async () => {
    const { person, run } = scene;
    const before = (await rollouts(run)).length;
    const { pull } = await propose(person, 'by-rebase', KAFKA, atVersion('4.1.1'));
    await person.push('by-rebase', KAFKA, replacing('some.setting: 1', 'some.setting: 2'), 'And a setting');
    const head = await person.push('by-rebase', KAFKA, replacing('some.setting: 2', 'some.setting: 3'), 'Another one');
    await checkOf(person, head, PLAN_CHECK, 'success');
    const commit = await person.merge(pull, 'rebase');
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    await commentOf(person, pull, 'completed');
    expect(await versions(run, KAFKA_CLUSTERS)).toEqual(all('4.1.1'));
    expect((await rollouts(run)).slice(before)).toMatchObject([{ commit, pull, status: 'completed' }]);
    const parents = (await person.git('fetch', '-q', 'origin').then(() => person.git('rev-list', '-n', '3', 'origin/main'))).split('\n');
    for (const earlier of parents.slice(1))
      expect(await person.check(earlier, 'flotilla / rollout').then((checks) => checks.length)).toBeLessThan(2);
  });

  test('a push straight to it: no pull request, and all the same', async () => {
    const { person, run } = scene;
    const before = (await rollouts(run)).length;
    const commit = await person.push('main', KAFKA, replacing('some.setting: 3', 'some.setting: 4'), 'Straight to main');
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    const made = (await rollouts(run)).slice(before);
    expect(made).toMatchObject([{ commit, status: 'completed' }]);
    expect(made[0]?.pull).toBeUndefined();
  });

  test('each order was given once: one epoch for every rollout', async () => {
    expect(new Set(await epochs(scene.run, KAFKA_CLUSTERS)).size).toBe(1);
  });
});

describe('what happens to the branch and the fleet', () => {
  test('a merged branch that is deleted takes nothing with it', async () => {
    const { person } = scene;
    const { pull, head } = await propose(person, 'short-lived', KAFKA, replacing('some.setting: 4', 'some.setting: 5'));
    await checkOf(person, head, PLAN_CHECK, 'success');
    const commit = await person.merge(pull, 'squash');
    await person.git('push', '-q', 'origin', '--delete', 'short-lived');
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    await commentOf(person, pull, 'completed');
  });

  test('the default branch forced back to an older commit goes back to what that describes', async () => {
    const { person, run } = scene;
    await person.git('fetch', '-q', 'origin');
    await person.git('checkout', '-q', '-B', 'main', 'origin/main');
    const [newer, older] = [await person.git('rev-parse', 'origin/main'), await person.git('rev-parse', 'origin/main~1')];
    const before = (await rollouts(run)).length;
    await person.git('push', '-q', '--force', 'origin', `${older}:main`);
    await eventually('a rollout back', async () => (isNewest(await rollouts(run), older, before) ? true : undefined));
    // What was gone back from stays away until a person says otherwise.
    await liftAll(run);
    // Forth, and back again: the same commits with the same plans, and each time a rollout of its own.
    await person.git('push', '-q', '--force', 'origin', `${newer}:main`);
    await eventually('a rollout forth', async () => (isNewest(await rollouts(run), newer, before + 1) ? true : undefined));
    await person.git('push', '-q', '--force', 'origin', `${older}:main`);
    await eventually('a rollout back again', async () => (isNewest(await rollouts(run), older, before + 2) ? true : undefined));
    await liftAll(run);
  });

  test('a new cluster is created, and a removed one is no longer touched', async () => {
    const { person, run } = scene;
    const joined = await propose(person, 'joiner', CLUSTERS, (text) => `${text}---\n${cluster('kafka', 'd', 0, '')}`);
    await checkOf(person, joined.head, PLAN_CHECK, 'success');
    await person.merge(joined.pull, 'squash');
    await eventually('kafka-d to run', async () => ((await clusters(run)).get('kafka-d')?.whole === true ? true : undefined));
    const left = await propose(person, 'leaver', CLUSTERS, replacing(`---\n${cluster('kafka', 'd', 0, '')}`, ''));
    await checkOf(person, left.head, PLAN_CHECK, 'success');
    const { body } = await commentOf(person, left.pull, 'kafka-d');
    expect(body).toContain('kafka-d');
    await person.merge(left.pull, 'squash');
    await eventually('an issue about the cluster that runs and is described nowhere', async () =>
      (await person.issues('open')).find(({ title }) => title.includes('kafka-d') && title.includes('in no manifest')),
    );
  });
});

const isNewest = (all: readonly Rollout[], commit: string, before: number): boolean =>
  all.length === before + 1 && all.at(-1)?.commit === commit && all.at(-1)?.status === 'completed';
