import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, commentOf, PLAN_CHECK, propose, REPOSITORY, replacing, type Scene, setScene } from './support/scene.ts';
import { CLUSTERS, CONNECT, KAFKA } from './support/small-fleet.ts';
import { forgetRequests, metric, requestsOfBot } from './support/watch.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../src/cli/flotilla.js');
let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

describe('a first start', () => {
  test('has a pull request open, planned and commented once', async () => {
    const { person } = scene;
    const check = await checkOf(person, await person.headOf(1), PLAN_CHECK, 'success');
    const { body } = await commentOf(person, 1, '4.1.1');
    expect(check.output.title).toMatch(/\d/);
    expect(body).toMatch(/^<!-- flotilla:v1 kind=pull -->/);
  });

  test('health, readiness and metrics answer', async () => {
    const { botUrl } = scene.run.state;
    expect(await (await fetch(`${botUrl}/livez`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${botUrl}/readyz`)).json()).toEqual({ status: 'ready', oldestDueJobSeconds: expect.any(Number) });
    const metrics = await fetch(`${botUrl}/metrics`);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await metrics.text()).toMatch(/^flotilla_fleets 1$/m);
  });

  test('ticks that find nothing to do ask the code host for nothing', async () => {
    const { run } = scene;
    // The pages of the first pull request are settled once nothing was asked for two ticks.
    await eventually('quiet', async () => {
      await forgetRequests(run);
      const ticked = await metric(run, 'flotilla_jobs_total', 'task="tick"');
      await eventually('two ticks', async () =>
        (await metric(run, 'flotilla_jobs_total', 'task="tick"')) >= ticked + 2 ? true : undefined,
      );
      return (await requestsOfBot(run)).total === 0 ? true : undefined;
    });
    const ticked = await metric(run, 'flotilla_jobs_total', 'task="tick"');
    await eventually('four more ticks', async () =>
      (await metric(run, 'flotilla_jobs_total', 'task="tick"')) >= ticked + 4 ? true : undefined,
    );
    expect(await requestsOfBot(run)).toEqual({ total: 0, routes: {} });
  });
});

describe('a pull request', () => {
  test('gets a check and one comment, which the next push edits, for a few requests', async () => {
    const { person, run } = scene;
    await forgetRequests(run);
    const first = await propose(person, 'edited', KAFKA, replacing('some.setting: 1', 'some.setting: 2'));
    await checkOf(person, first.head, PLAN_CHECK, 'success');
    const comment = await commentOf(person, first.pull, 'some.setting');
    const opened = await requestsOfBot(run);
    // Four, and one for each thing that is new, to see whether it is there.
    expect(opened.total, JSON.stringify(opened)).toBeLessThanOrEqual(6);
    await forgetRequests(run);
    const second = await person.push('edited', KAFKA, replacing('some.setting: 2', 'some.setting: 3'), 'Three');
    await checkOf(person, second, PLAN_CHECK, 'success');
    const edited = await commentOf(person, first.pull, second.slice(0, 12));
    const pushed = await requestsOfBot(run);
    expect(pushed.total, JSON.stringify(pushed)).toBeLessThanOrEqual(5);
    expect(edited.id).toBe(comment.id);
    expect(edited.body).not.toBe(comment.body);
  });

  test('that touches no manifest gets a green check and no comment', async () => {
    const { person } = scene;
    const { pull, head } = await propose(person, 'words', 'README.md', () => '# Our fleet\n');
    await checkOf(person, head, PLAN_CHECK, 'success');
    // The comment would be written right after the check; the next pull request is worked off after both.
    const after = await propose(person, 'words-after', KAFKA, replacing('some.setting: 1', 'some.setting: 9'));
    await commentOf(person, after.pull, 'some.setting');
    expect(await person.comments(pull)).toEqual([]);
  });

  test('with broken YAML: every mistake at its line and column, in words in the comment; the fix turns it green', async () => {
    const { person } = scene;
    const broken = (text: string) =>
      text.replace('product: connect', 'product: conect').replace('strategy: fast', 'strategey: patient').replace('"8.0.0"', '8.0');
    const { pull, head } = await propose(person, 'hurry', CONNECT, broken);
    const check = await checkOf(person, head, PLAN_CHECK, 'failure');
    const annotations = await person.annotations(check.id);
    const { body } = await commentOf(person, pull, 'connect.yaml');
    const at = annotations.map(({ path, start_line, start_column }) => `${path}:${start_line}:${start_column}`);
    expect(at).toEqual(expect.arrayContaining([`${CONNECT}:7:12`, `${CONNECT}:9:3`]));
    for (const { message, start_line } of annotations) {
      expect(message).not.toBe('');
      expect(body).toContain(`${start_line}`);
    }
    expect(body).toContain('strategey');
    const fixed = await person.push('hurry', CONNECT, () => releaseOf('8.0.1'), 'Fix it');
    await checkOf(person, fixed, PLAN_CHECK, 'success');
    expect((await commentOf(person, pull, '8.0.1')).body).not.toContain('strategey');
  });

  test('that conflicts with its base says so, and is planned once it does not', async () => {
    const { person } = scene;
    const { pull, head } = await propose(person, 'conflict', CLUSTERS, replacing('replicas: 2', 'replicas: 3'));
    await checkOf(person, head, PLAN_CHECK, 'success');
    await person.push('main', CLUSTERS, replacing('replicas: 2', 'replicas: 4'), 'Somebody else was faster');
    const { body } = await commentOf(person, pull, 'conflict');
    expect(body).toContain(CLUSTERS);
    await checkOf(person, head, PLAN_CHECK, 'failure');
    await person.git('fetch', '-q', 'origin');
    await person.git('checkout', '-q', 'conflict');
    await person.git('merge', '-q', '-X', 'ours', '--no-edit', 'origin/main');
    await person.git('push', '-q', 'origin', 'conflict');
    await checkOf(person, await person.git('rev-parse', 'HEAD'), PLAN_CHECK, 'success');
    await commentOf(person, pull, 'replicas');
  });
});

describe('what a pull request says', () => {
  test('is planned by the command line with the same digest', async () => {
    const { person } = scene;
    const { pull, head } = await propose(person, 'digest', CONNECT, atVersion('8.0.2'));
    const { body } = await commentOf(person, pull, head.slice(0, 12));
    const folder = await person.git('rev-parse', '--show-toplevel');
    const base = await person.git('rev-parse', 'origin/main');
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[LAUNCHER, 'plan', '--repo', folder, '--from', base, '--to', head, '--format', 'json'],
    ]);
    const { digest } = JSON.parse(stdout) as { readonly digest: string };
    expect(body).toContain(`<!-- plan=${digest} -->`);
  });

  test('cannot speak through its title, branch, commit message or labels', async () => {
    const { person } = scene;
    const hostile = '@flotilla-demo/team `x` | <img src=x onerror=alert(1)> <!-- flotilla:v1 kind=pull --> [a](javascript:1) #1';
    const branch = 'feature/`id`-|-<b>-@alice';
    const head = await person.push(
      branch,
      CLUSTERS,
      (text) => text.replace('tier: customer }', `tier: customer, team: "${hostile.slice(0, 15)}" }`).replace('replicas: 2', 'replicas: 5'),
      hostile,
    );
    const { data } = await person.octokit.rest.pulls.create({ ...REPOSITORY, head: branch, base: 'main', title: hostile, body: hostile });
    const { body } = await commentOf(person, data.number, 'flotilla');
    const shown = body.replace(/^<!-- flotilla:v1 kind=pull -->/, '');
    expect(shown).not.toContain('<!-- flotilla');
    expect(shown).not.toMatch(/<img|javascript:/);
    expect(shown).not.toMatch(/(?<!`[^`\n]*)@flotilla-demo/);
    const check = await eventually('a check', async () => (await person.check(head, PLAN_CHECK))[0]);
    expect(check.output.summary).not.toContain('<img');
    const { forgeUrl } = scene.run.state;
    for (const page of [`/pull/${data.number}`, '/pulls', `/commit/${head}`, `/pull/${data.number}/files`]) {
      const markup = await (await fetch(`${forgeUrl}/flotilla-demo/fleet${page}`)).text();
      expect(markup, page).not.toMatch(/<img[^>]*onerror|href="javascript:/i);
    }
  });
});

const releaseOf = (version: string) => `apiVersion: flotilla.dev/v1
kind: Release
metadata:
  name: connect
spec:
  product: connect
  version: "${version}"
  select: {}
  strategy: fast
`;
