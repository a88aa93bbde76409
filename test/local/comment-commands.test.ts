import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { atVersion, checkOf, hang, land, PLAN_CHECK, propose, ROLLOUT_CHECK, replacing, type Scene, setScene } from './support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS } from './support/small-fleet.ts';
import { api, rolloutOf, stops, tokenOf, versions } from './support/watch.ts';

let scene: Scene;
let people: Readonly<Record<'bob' | 'eve', Person>>;

beforeAll(async () => {
  scene = await setScene();
  const { run } = scene;
  people = { bob: new Person(run.home, run.state, 'bob'), eve: new Person(run.home, run.state, 'eve') };
});
afterAll(async () => {
  for (const person of Object.values(people)) person.remove();
  await scene.remove();
});

/** What we said to a comment: our reactions, and our reply where there is one. */
async function answered(person: Person, pull: number, id: number, reaction: 'rocket' | 'confused') {
  return await eventually(`${reaction} on comment ${id}`, async () => {
    const all = await person.comments(pull);
    const given = all.find((one) => one.id === id);
    if (given?.reactions?.[reaction] !== 1) throw new Error(JSON.stringify(given?.reactions));
    const reply = all.find(({ body }) => body?.includes(`kind=reply comment=${id} `) === true);
    return { eyes: given.reactions.eyes, reply: reply?.body };
  });
}

const isOurs = (body: string | undefined) => body?.includes('<!-- flotilla:v1 kind=pull -->') === true;

test('a person pauses, reads who may go on, and goes on, all in the pull request', async () => {
  const { run, person } = scene;
  await hang(person, 'connect-canary', '8.0.1');
  const { pull, commit } = await land(person, 'talk', CONNECT, atVersion('8.0.1'));
  await rolloutOf(run, commit, 'running');

  const pause = await people.bob.say(pull, 'It looks slow.\n\n/fleet pause --reason "latency is up"');
  expect(await answered(person, pull, pause, 'rocket')).toEqual({ eyes: 1, reply: undefined });
  await rolloutOf(run, commit, 'paused');
  await eventually('the comment to say so', async () =>
    (await person.comments(pull)).find(({ body }) => isOurs(body) && body?.includes('latency is up') === true && body.includes('bob')),
  );
  const [stop] = await stops(run);
  expect(stop?.reason).toBe('latency is up');

  // She may read, and is told who could.
  const resume = await people.eve.say(pull, '/fleet resume');
  const refused = await answered(person, pull, resume, 'confused');
  expect(refused).toMatchObject({ eyes: 1, reply: expect.stringMatching(/eve may not resume this.*members of team streaming/s) });
  expect(await stops(run)).toHaveLength(1);

  // All or nothing: the pause before it is not set a second time either.
  const half = await people.bob.say(pull, '/fleet abort --reason "over"\n/fleet resmue');
  expect((await answered(person, pull, half, 'confused')).reply).toMatch(
    /did you mean.*resume.*No command in this comment was carried out/s,
  );
  await rolloutOf(run, commit, 'paused');

  // Neither an edit, nor a quote, nor code commands.
  const edited = await people.bob.say(pull, 'Shall we?');
  await people.bob.octokit.rest.issues.updateComment({ owner: 'flotilla-demo', repo: 'fleet', comment_id: edited, body: '/fleet resume' });
  await people.bob.say(pull, '> /fleet resume\n\n`/fleet resume`');

  const help = await people.bob.say(pull, '/fleet help');
  expect((await answered(person, pull, help, 'rocket')).reply).toContain('/fleet take-over');
  expect(await stops(run)).toHaveLength(1);

  await hang(person, 'connect-canary', 'none');
  const go = await people.bob.say(pull, '/fleet resume');
  await answered(person, pull, go, 'rocket');
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));

  // The audit says who, and why they could.
  const { body } = await api(run, 'GET', '/audit', tokenOf(run));
  const lines = (body as unknown as readonly Record<string, string>[]).filter(({ kind }) => kind === 'command');
  expect(lines.map(({ actor, to, why }) => `${actor} ${to}: ${why}`)).toEqual([
    `bob resume: asked in #${pull} (member of team streaming)`,
    'bob pause: latency is up (member of team on-call)',
  ]);
});

const FLEET_FILE = 'fleet-manifests/fleet.yaml';
/** Our comment on a pull request in which people and we have said other things too. */
const planOf = async (person: Person, pull: number, saying: string): Promise<string> =>
  await eventually(`the plan of #${pull} to say ${saying}`, async () =>
    (await person.comments(pull)).map(({ body }) => body).find((body) => isOurs(body) && body?.includes(saying) === true),
  );
const digestIn = (body: string | undefined): string => /\/fleet approve ([0-9a-f]{16})/.exec(body ?? '')?.[1] ?? 'none';

test('a loss of protection waits for somebody whom the rules name: by comment, or by the button of the check', async () => {
  const { person } = scene;
  const { pull, head } = await propose(person, 'looser', FLEET_FILE, replacing('maxConcurrent: 12', 'maxConcurrent: 20'));
  await checkOf(person, head, PLAN_CHECK, 'action_required');
  const digest = digestIn(await planOf(person, pull, 'before the merge'));

  // Whoever brings it may not, and neither may she who only reads.
  const own = await person.say(pull, `/fleet approve ${digest}`);
  expect((await answered(person, pull, own, 'confused')).reply).toContain('may not approve this');
  const stranger = await people.eve.say(pull, `/fleet approve ${digest}`);
  expect((await answered(person, pull, stranger, 'confused')).reply).toContain('members of team streaming');
  const approved = await people.bob.say(pull, `/fleet approve ${digest}`);
  expect(await answered(person, pull, approved, 'rocket')).toEqual({ eyes: 1, reply: undefined });
  await checkOf(person, head, PLAN_CHECK, 'success');
  await planOf(person, pull, 'member of team streaming, no part in the change');

  // A push that takes more away is another question, and this time he presses the button.
  const worse = await person.push(
    'looser',
    FLEET_FILE,
    replacing('kind: simulated, maxConcurrent: 10', 'kind: simulated, maxConcurrent: 11'),
    'More',
  );
  const { id } = await checkOf(person, worse, PLAN_CHECK, 'action_required');
  await planOf(person, pull, worse.slice(0, 12));
  const identifier = `ok:${digestIn(await planOf(person, pull, 'before the merge'))}`;
  expect(identifier).not.toBe(`ok:${digest}`);
  await people.bob.octokit.request(`POST /_forge/repos/flotilla-demo/fleet/check-runs/${id}/actions`, { identifier });
  await checkOf(person, worse, PLAN_CHECK, 'success');
});

test('the API judges by the same rules, and a token speaks for its person only', async () => {
  const { run } = scene;
  const stop = (login: string) => api(run, 'POST', '/stop', tokenOf(run, login), JSON.stringify({ scope: 'fleet', reason: 'because' }));
  expect(await stop('eve')).toMatchObject({ status: 403, body: { message: expect.stringContaining('members of team on-call, or alice') } });
  const line = (login: string, words: string) => api(run, 'POST', '/commands', tokenOf(run, login), JSON.stringify({ line: words }));
  expect(await line('eve', 'stop fleet')).toMatchObject({ status: 403 });
  expect(await line('bob', 'stop fleet for:4h')).toMatchObject({ status: 200 });
  const [set] = await stops(run);
  expect(await line('bob', `lift ${set?.id} --reason "it was a test"`)).toMatchObject({ status: 200 });
  expect(await line('bob', 'lfit')).toMatchObject({ status: 400, body: { message: expect.stringContaining('did you mean') } });
});

test('the command line gives the same commands, as whoever it says', async () => {
  const { run } = scene;
  const flotilla = async (...args: readonly string[]) => {
    const said: string[] = [];
    const say = (text: string): void => void said.push(text);
    const code = await main(args, { out: say, err: say, cwd: tmpdir(), env: { FLOTILLA_HOME: run.home } });
    return { code, said: said.join('') };
  };
  expect(await flotilla('stop', 'fleet', '--for', '2h', '--as', 'eve')).toMatchObject({
    code: 1,
    said: expect.stringContaining('members of team on-call'),
  });
  expect(await flotilla('stop', 'fleet', '--for', '2h', '--reason', 'a storm, perhaps', '--as', 'bob')).toMatchObject({ code: 0 });
  const [stop] = await stops(run);
  expect(stop?.reason).toBe('a storm, perhaps');
  expect(await flotilla('lift', stop?.id ?? '', '--reason=over')).toMatchObject({ code: 0, said: expect.stringContaining('lifted') });
  expect(await flotilla('abort')).toMatchObject({ code: 1, said: expect.stringContaining('say why') });
  expect(await flotilla('pause', '--help')).toMatchObject({ code: 0, said: expect.stringContaining('flotilla pause [release:NAME]') });
});
