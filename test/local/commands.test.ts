import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, commentOf, hang, land, ROLLOUT_CHECK, replacing, type Scene, setScene } from './support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, REGISTRY } from './support/small-fleet.ts';
import { api, clusters, command, epochs, rolloutOf, stops, tokenOf, versions } from './support/watch.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

/** A rollout of Connect that hangs at its canary. */
async function hanging(branch: string, version: string) {
  const { person, run } = scene;
  await hang(person, 'connect-canary', version);
  const landed = await land(person, branch, CONNECT, atVersion(version));
  const { id } = await rolloutOf(run, landed.commit, 'running');
  await eventually('the canary to be ordered', async () =>
    (await clusters(run)).get('connect-canary')?.whole === false ? true : undefined,
  );
  return { ...landed, id };
}

describe('commands of the API', () => {
  test('pause holds everything, resume goes on', async () => {
    const { person, run } = scene;
    const { id, commit, pull } = await hanging('paused', '8.0.1');
    expect(await command(run, id, 'pause', { reason: 'latency is up' })).toMatchObject({
      status: 200,
      body: { changes: [{ subject: 'stop', to: 'person' }] },
    });
    await rolloutOf(run, commit, 'paused');
    const check = await checkOf(person, commit, ROLLOUT_CHECK, 'action_required');
    expect(check.output.summary).toContain('latency is up');
    expect(check.output.summary).toContain('alice');
    await commentOf(person, pull, 'latency is up');
    await hang(person, 'connect-canary', 'none');
    // The broker that was in its restart lands; the next one is not touched.
    await eventually('the canary to be held', async () => ((await person.status('connect-canary')).includes('hold') ? true : undefined));
    expect((await epochs(run, CONNECT_CLUSTERS)).slice(0, 3)).toEqual([0, 0, 0]);
    expect((await clusters(run)).get('connect-canary')?.whole).toBe(false);
    expect(await command(run, id, 'pause')).toMatchObject({ status: 409 });
    expect(await command(run, id, 'resume')).toMatchObject({ status: 200 });
    expect(await stops(run)).toEqual([]);
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));
  });

  test('a merge during a pause does not undo it', async () => {
    const { person, run } = scene;
    const older = await hanging('half-way', '8.0.2');
    expect(await command(run, older.id, 'pause')).toMatchObject({ status: 200 });
    const newer = await land(person, 'meanwhile', CONNECT, replacing('some.setting: 1', 'some.setting: 2'));
    await rolloutOf(run, newer.commit, 'pending');
    await hang(person, 'connect-canary', 'none');
    await eventually('the canary to be held', async () => ((await person.status('connect-canary')).includes('hold') ? true : undefined));
    const [stop, ...more] = await stops(run);
    expect([stop?.cause, more.length]).toEqual(['person', 0]);
    expect(await api(run, 'POST', `/stops/${stop?.id}/lift`, tokenOf(run, 'bob'), '{"reason":"fine again"}')).toMatchObject({
      status: 200,
    });
    await checkOf(person, older.commit, ROLLOUT_CHECK, 'success');
    await checkOf(person, newer.commit, ROLLOUT_CHECK, 'success');
    expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.2`));
  });

  test('merges wait in line, the newest for all of them; a person may let it take over', async () => {
    const { person, run } = scene;
    const first = await hanging('first', '8.1.0');
    const second = await land(person, 'second', CONNECT, replacing('some.setting: 2', 'some.setting: 3'));
    await rolloutOf(run, second.commit, 'pending');
    const third = await land(person, 'third', CONNECT, replacing('some.setting: 3', 'some.setting: 4'));
    const { id } = await rolloutOf(run, third.commit, 'pending');
    await rolloutOf(run, second.commit, 'superseded');
    expect((await commentOf(person, second.pull, 'uperseded')).body).toContain(`#${third.pull}`);
    expect((await commentOf(person, third.pull, 'Waits for')).body).toContain(`#${first.pull}`);
    expect(await command(run, id, 'take-over')).toMatchObject({ status: 200 });
    await hang(person, 'connect-canary', 'none');
    await checkOf(person, third.commit, ROLLOUT_CHECK, 'success');
    await checkOf(person, first.commit, ROLLOUT_CHECK, 'neutral');
    expect((await commentOf(person, first.pull, 'uperseded')).body).toContain(`#${third.pull}`);
    await rolloutOf(run, first.commit, 'superseded');
    expect(await command(run, first.id, 'pause')).toMatchObject({ status: 409 });
    expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.1.0`));
  });

  test('abort starts nothing more, what was left behind is reported as lagging, and lift and retry bring it home', async () => {
    const { person, run } = scene;
    const { id, commit } = await hanging('aborted', '8.0.1');
    expect(await command(run, id, 'abort', { reason: 'wrong version' })).toMatchObject({ status: 200 });
    await hang(person, 'connect-canary', 'none');
    await checkOf(person, commit, ROLLOUT_CHECK, 'cancelled');
    expect((await clusters(run)).get('connect-a')?.version).toBe('8.1.0');
    const issue = await eventually('an issue about a cluster that lags', async () =>
      (await person.issues('open')).find(({ title, body }) => title.includes('lag') && body?.includes('connect-a')),
    );
    expect(issue.body).toContain('aborted');
    expect(await command(run, id, 'resume')).toMatchObject({ status: 409 });
    expect(await command(run, id, 'retry')).toMatchObject({ status: 409 });
    const [stop] = await stops(run);
    expect(stop?.cause).toBe('aborted');
    expect(await api(run, 'POST', `/stops/${stop?.id}/lift`, tokenOf(run, 'bob'), '{"reason":"it was right"}')).toMatchObject({
      status: 200,
    });
    expect(await command(run, id, 'retry')).toMatchObject({ status: 200 });
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));
  });

  test('a phase that needs approval waits for it, and takes only the digest that runs', async () => {
    const { person, run } = scene;
    const { commit } = await land(person, 'agreed', REGISTRY, atVersion('1.0.1'));
    const check = await checkOf(person, commit, ROLLOUT_CHECK, 'action_required');
    expect(check.output.summary).toContain('waits for approval');
    const { id } = await rolloutOf(run, commit, 'awaiting-approval');
    const { body } = await api(run, 'GET', `/rollouts/${id}`, tokenOf(run));
    const { digest } = body['state'] as { readonly digest: string };
    expect(await command(run, id, 'approve', { digest })).toMatchObject({ status: 403 });
    expect(await command(run, id, 'approve', { by: 'bob' })).toMatchObject({ status: 409 });
    expect(await command(run, id, 'approve', { digest: '0123456789abcdef', by: 'bob' })).toMatchObject({ status: 409 });
    expect(await command(run, id, 'approve', { digest, by: 'bob' })).toMatchObject({ status: 200 });
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  });
});

describe('refusals', () => {
  let id: string;
  beforeAll(async () => {
    const { commit } = await land(scene.person, 'refusals', KAFKA, atVersion('4.0.1'));
    ({ id } = await rolloutOf(scene.run, commit, 'completed'));
  });
  const good = JSON.stringify({ reason: 'because' });
  const post = (path: string, token: string | undefined, body: string) => api(scene.run, 'POST', path, token, body);

  test('no token, a wrong one, one that only begins well: 401, for reading too', async () => {
    const token = tokenOf(scene.run);
    for (const wrong of [undefined, '', 'x', token.slice(0, -1), `${token}x`, token.toUpperCase()]) {
      expect((await post(`/rollouts/${id}/pause`, wrong, good)).status, String(wrong)).toBe(401);
      expect((await api(scene.run, 'GET', '/rollouts', wrong)).status, String(wrong)).toBe(401);
    }
  });

  test.each([
    ['a verb that there is not', () => `/rollouts/${id}/explode`, good, 400],
    ['a prototype for a verb', () => `/rollouts/${id}/__proto__`, good, 400],
    ['a rollout that there is not', () => '/rollouts/0123456789ab-0123456789abcdef/pause', good, 404],
    ['a rollout that cannot be one', () => '/rollouts/%00/pause', good, 404],
    ['nothing', () => `/rollouts/${id}/pause`, '', 400],
    ['no JSON', () => `/rollouts/${id}/pause`, '{"by":', 400],
    ['a list', () => `/rollouts/${id}/pause`, '[]', 400],
    ['null', () => `/rollouts/${id}/pause`, 'null', 400],
    ['the name of another person', () => `/rollouts/${id}/pause`, '{"by":"bob","reason":"x"}', 403],
    ['no reason', () => `/rollouts/${id}/pause`, '{"reason":"  "}', 400],
    ['a cluster that cannot be one', () => `/rollouts/${id}/skip`, '{"reason":"x","cluster":"../x"}', 400],
    ['a body of a megabyte', () => `/rollouts/${id}/pause`, JSON.stringify({ reason: 'x'.repeat(1_000_000) }), 413],
    ['a pause of what is over', () => `/rollouts/${id}/pause`, good, 409],
  ])('%s', async (_what, path, body, status) => {
    const answer = await post(path(), tokenOf(scene.run), body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(answer.body['message']).toMatch(/\w+ \w+/);
  });
});
