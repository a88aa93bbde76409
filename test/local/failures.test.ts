import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, commentOf, land, ROLLOUT_CHECK, type Scene, setScene } from './support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, KAFKA_CLUSTERS } from './support/small-fleet.ts';
import { clusters, command, epochs, rolloutOf, versions } from './support/watch.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

describe('a release that does not work', () => {
  let bad: { readonly pull: number; readonly commit: string };

  test('fails its canary, pauses, and touches not one later cluster', async () => {
    const { person, run } = scene;
    await person.flotilla('break', '--all', '--with', 'crash-loop', '--version', '4.0.1', '--broker', '1');
    bad = await land(person, 'bad', KAFKA, atVersion('4.0.1'));
    const check = await checkOf(person, bad.commit, ROLLOUT_CHECK, 'action_required');
    const { body } = await commentOf(person, bad.pull, 'paused');
    for (const report of [body, `${check.output.summary}\n${check.output.text}`]) {
      expect(report).toContain('kafka-canary');
      expect(report).toMatch(/broker 1/i);
      expect(report).toMatch(/crash/i);
      expect(report).toContain('**Not touched:** 3 of 4 clusters');
    }
    expect(body).toContain('revert the merge');
    const [notice, ...more] = await eventually('people to be told', async () => {
      const told = await person.notices(bad.pull);
      return told.length > 0 ? told : undefined;
    });
    expect([notice?.body, more]).toEqual([
      expect.stringContaining('\n@flotilla-demo/streaming: nothing goes on until somebody decides.'),
      [],
    ]);
    await rolloutOf(run, bad.commit, 'paused');
    expect((await versions(run, KAFKA_CLUSTERS)).slice(0, 3)).toEqual(['kafka-a 4.0.0', 'kafka-b 4.0.0', 'kafka-c 4.0.0']);
    expect((await epochs(run, KAFKA_CLUSTERS)).slice(0, 3)).toEqual([0, 0, 0]);
  });

  test('goes on after the cause is fixed and a person retries and resumes', async () => {
    const { person, run } = scene;
    await person.flotilla('break', '--all', '--with', 'none');
    const { id } = await rolloutOf(run, bad.commit, 'paused');
    expect(await command(run, id, 'retry')).toMatchObject({ status: 200 });
    expect(await command(run, id, 'resume')).toMatchObject({ status: 200 });
    await checkOf(person, bad.commit, ROLLOUT_CHECK, 'success');
    await commentOf(person, bad.pull, 'completed');
    expect(await person.notices(bad.pull)).toHaveLength(1);
    expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.0.1`));
  });
});

describe('the way back', () => {
  test('a revert puts the broken canary back at once', async () => {
    const { person, run } = scene;
    await person.flotilla('break', '--all', '--with', 'crash-loop', '--version', '4.1.0');
    const bad = await land(person, 'worse', KAFKA, atVersion('4.1.0'));
    await checkOf(person, bad.commit, ROLLOUT_CHECK, 'action_required');
    await person.revert('revert-worse', bad.commit);
    const pull = await person.open('revert-worse', 'Revert it');
    await commentOf(person, pull, '4.0.1');
    const back = await person.merge(pull, 'merge');
    const check = await checkOf(person, back, ROLLOUT_CHECK, 'success');
    expect(check.output.title).toMatch(/^Rollback/);
    expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.0.1`));
    // The one it went back from is over, and says by what.
    await checkOf(person, bad.commit, ROLLOUT_CHECK, 'neutral');
    await commentOf(person, bad.pull, `#${pull}`);
    await person.flotilla('break', '--all', '--with', 'none');
  });

  test('a cluster that cannot be reached pauses a canary, and the report says that nothing is known', async () => {
    const { person, run } = scene;
    await person.flotilla('break', 'connect-canary', '--with', 'unreachable');
    const { commit, pull } = await land(person, 'silent', CONNECT, atVersion('8.0.1'));
    await checkOf(person, commit, ROLLOUT_CHECK, 'action_required');
    const { body } = await commentOf(person, pull, 'unreachable');
    expect(body).toContain('connect-canary');
    expect((await epochs(run, CONNECT_CLUSTERS)).slice(0, 3)).toEqual([0, 0, 0]);
    await person.flotilla('break', 'connect-canary', '--with', 'none');
    const { id } = await rolloutOf(run, commit, 'paused');
    await command(run, id, 'retry');
    await command(run, id, 'resume');
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    expect((await clusters(run)).get('connect-canary')).toMatchObject({ version: '8.0.1', whole: true });
  });
});
