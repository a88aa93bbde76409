import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, REPOSITORY, ROLLOUT_CHECK, type Scene, setScene } from './support/scene.ts';
import { KAFKA, KAFKA_CLUSTERS } from './support/small-fleet.ts';
import { rolloutOf, tokenOf, versions } from './support/watch.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

interface Fleet {
  readonly id: string;
  readonly repository: number;
  readonly name: string;
  readonly goodHead?: string;
}

async function fleets(): Promise<readonly Fleet[]> {
  const { botUrl } = scene.run.state;
  const answer = await fetch(`${botUrl}/api/fleets`, { headers: { authorization: `Bearer ${tokenOf(scene.run)}` } });
  return (await answer.json()) as readonly Fleet[];
}

test('a repository that is renamed stays the fleet that it was: what is merged then lands, under its new name', async () => {
  const { person, run } = scene;
  // What lands first is what the fleet is taken to be, and makes no rollout.
  const before = await eventually('its first look', async () => (await fleets()).find(({ goodHead }) => goodHead !== undefined));
  await person.octokit.rest.repos.update({ ...REPOSITORY, name: 'renamed' });
  await eventually('the new name to be known', async () => ((await fleets())[0]?.name === 'renamed' ? true : undefined));
  expect(await fleets()).toMatchObject([{ id: before.id, repository: before.repository, name: 'renamed' }]);
  const commit = await person.push('main', KAFKA, atVersion('4.0.1'), 'After the rename');
  await rolloutOf(run, commit, 'completed');
  expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.0.1`));
  await eventually('the check on the repository of the new name', async () => {
    const named = { owner: REPOSITORY.owner, repo: 'renamed', ref: commit, check_name: ROLLOUT_CHECK };
    const { data } = await person.octokit.rest.checks.listForRef(named);
    return data.check_runs.length === 1 && data.check_runs[0]?.conclusion === 'success' ? true : undefined;
  });
  expect((await fleets()).length).toBe(1);
});
