import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instant } from '../../../src/core/model/time.ts';
import { untouched } from '../../../src/core/reconcile/state.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';
import { digestOf } from '../../../src/http/token.ts';
import { planAndCarryOut } from '../../../src/loop/carry-out-commands.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { apiRoutes } from '../../../src/web/api-routes.ts';
import { formToken } from '../../../src/web/door.ts';
import { addStatusRoutes } from '../../../src/web/status-routes.ts';
import { closeServers, serve } from '../../support/http/serve.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';

const TOKEN = 'a-token-of-some-length';
const TOKENS = [
  { login: 'ada', sha256: digestOf(TOKEN) },
  { login: 'eve', sha256: digestOf('the-token-of-eve,-who-may-read') },
];
const SECRET = 'ties forms to our pages';
const FORM = formToken(SECRET, 'local mode');
const WHO = { by: 'ada', reason: 'because a test says so' };

let bot: TestBot;
let base: string;
let id: string;
let isHeld = true;

beforeAll(async () => {
  bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.work();
  ({ id } = await bot.newest());
  // Somebody works on the fleet.
  const loop = bot.withStore({
    accept: async (fleet, given, jobs) => {
      const accepted = await bot.store.accept(fleet, given, jobs);
      if (isHeld) planAndCarryOut(bot.loop, FLEET).catch(() => undefined);
      return accepted;
    },
  });
  const options = { loop: () => loop, desk: () => loop.ports, tokens: TOKENS };
  ({ url: base } = await serve((app) => {
    app.route('/api/fleets', apiRoutes(options));
    addStatusRoutes(app, { ...options, local: true, formSecret: SECRET, speed: 1 });
  }));
});
afterAll(closeServers);

const bearer = { authorization: `Bearer ${TOKEN}` };

async function post(
  path: string,
  body: object = {},
  headers: Record<string, string> = bearer,
): Promise<{ status: number; message: string }> {
  const answer = await fetch(`${base}/api/fleets/${FLEET}${path}`, { method: 'POST', headers, body: JSON.stringify({ ...WHO, ...body }) });
  return { status: answer.status, message: await answer.text() };
}

async function form(path: string, fields: Record<string, string>): Promise<Response> {
  return await fetch(`${base}${path}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ ...WHO, ...fields }) });
}

const stops = async (): Promise<readonly Stop[]> => (await bot.store.stops(FLEET)).filter(({ cause }) => cause === 'person');
const status = async (): Promise<string> => (await bot.newest()).status;
const get = async (path: string): Promise<string> => await (await fetch(`${base}${path}`, { headers: bearer })).text();

describe('the API', () => {
  it('pauses a rollout, lists the stop, and lifts it', async () => {
    expect(await post(`/rollouts/${id}/pause`)).toMatchObject({ status: 200 });
    await bot.work();
    expect(await status()).toBe('paused');
    const [stop] = await stops();
    expect(JSON.parse(await get(`/api/fleets/${FLEET}/stops`))).toMatchObject([
      { id: stop?.id, scope: { kind: 'release', release: 'kafka' } },
    ]);
    expect(await post(`/stops/${stop?.id}/lift`)).toMatchObject({ status: 200 });
    await bot.work();
    expect([await status(), await stops()]).toEqual(['running', []]);
  });

  it('stops the fleet, and says where a name is wrong', async () => {
    expect(await post('/stop', { scope: 'fleet', for: '1h' })).toMatchObject({ status: 200 });
    expect(await post('/stop', { scope: 'fleet', for: '1h' })).toMatchObject({ status: 409 });
    expect(await post('/stop', { scope: 'product', name: 'kafak' })).toMatchObject({ status: 409 });
    const [stop] = await stops();
    expect(await post(`/rollouts/${id}/resume`)).toMatchObject({ status: 409 });
    expect(await post(`/rollouts/${id}/resume`, { stop: stop?.id })).toMatchObject({ status: 200 });
    expect(await stops()).toEqual([]);
  });

  it('answers 202 with where to look when nobody works on the fleet, and what became of it there', async () => {
    isHeld = false;
    const headers = { ...bearer, prefer: 'respond-async', 'idempotency-key': 'one' };
    const give = (path: string) =>
      fetch(`${base}/api/fleets/${FLEET}${path}`, { method: 'POST', headers, body: JSON.stringify({ ...WHO, scope: 'fleet' }) });
    const first = await give('/stop');
    const where = first.headers.get('location') ?? '';
    expect([first.status, where]).toEqual([202, expect.stringMatching(/^\/api\/fleets\/acme\/clusters\/commands\/\d+$/)]);
    expect(JSON.parse(await get(where))).toMatchObject({ verb: 'stop', by: 'ada', key: 'one', scope: { kind: 'fleet' } });
    expect(JSON.parse(await get(where)).outcome).toBeUndefined();
    await bot.work();
    expect(JSON.parse(await get(where)).outcome).toMatchObject({ kind: 'done', changes: [{ subject: 'stop' }] });
    // The same again is the same: it is not refused as stopped already.
    const again = await give('/stop');
    expect([again.status, again.headers.get('location')]).toEqual([200, where]);
    expect((await give('/releases/kafka/reconcile')).status).toBe(422);
    isHeld = true;
    for (const { id: stop } of await stops()) expect(await post(`/stops/${stop}/lift`)).toMatchObject({ status: 200 });
    expect((await fetch(`${base}/api/fleets/${FLEET}/commands/999`, { headers: bearer })).status).toBe(404);
  });

  it('takes commands while the rest of the bot is still starting', async () => {
    const early = await serve((app) => {
      app.route('/api/fleets', apiRoutes({ loop: () => undefined, desk: () => bot.loop.ports, tokens: TOKENS }));
    });
    const url = `${early.url}/api/fleets/${FLEET}`;
    const given = await fetch(`${url}/stop`, { method: 'POST', headers: bearer, body: JSON.stringify({ ...WHO, scope: 'fleet' }) });
    const read = await fetch(`${url}/stops`, { headers: bearer });
    expect([given.status, read.status]).toEqual([202, 503]);
    await bot.work();
    for (const { id: stop } of await stops()) expect(await post(`/stops/${stop}/lift`)).toMatchObject({ status: 200 });
  });

  it('refuses to plan anew what is on its way', async () => {
    const { status: code, message } = await post('/releases/kafka/reconcile');
    expect([code, message]).toEqual([409, expect.stringContaining(`rollout ${id} brings release kafka there already`)]);
  });

  it('shows a rollout with its plan, and why each cluster waits', async () => {
    const shown = JSON.parse(await get(`/api/fleets/${FLEET}/rollouts/${id}`));
    expect(shown).toMatchObject({
      summary: { id, release: 'kafka' },
      planned: { release: 'kafka', targets: { 'k-one': { change: 'update' } } },
      targets: { 'k-one': { status: 'waiting' } },
      holds: { 'k-one': { reason: { kind: 'earlier-phase', phase: 'canary' } } },
      stops: [],
    });
  });

  it('says how often a cluster failed, and since when it has looked', async () => {
    const fleet = await bot.store.fleet(FLEET);
    const rollout = await bot.newest();
    const at = instant(bot.clock.now() - 1_000);
    const failed = { ...untouched(at), status: 'failed' as const, attempt: 1, detail: 'crash loop' };
    const read = await bot.store.rollout(FLEET, rollout.id);
    if (fleet === undefined || read === undefined) throw new Error('it has landed');
    const elsewhere = { ...read.state, phases: new Map(), targets: new Map([[bot.cluster('k-two'), failed]]) };
    await bot.store.commit({ fleet: FLEET, expectedVersion: fleet.version, at, rollouts: [elsewhere] });
    const history = `/api/fleets/${FLEET}/clusters/k-two/history`;
    expect(JSON.parse(await get(history))).toEqual({
      cluster: 'k-two',
      since: bot.clock.now() - 183 * 86_400_000,
      failed: 1,
      unreachable: 0,
      failures: [{ cluster: 'k-two', at, status: 'failed', rollout: rollout.id, attempt: 1, detail: 'crash loop' }],
    });
    expect(JSON.parse(await get(`/api/fleets/${FLEET}/clusters/k-one/history?days=1`))).toMatchObject({ failed: 0, failures: [] });
    for (const days of ['0', '1.5', 'x', '99999']) expect(await get(`${history}?days=${days}`)).toContain('days is a whole number');
    expect(await get(`/api/fleets/${FLEET}/clusters/K%20x/history`)).toContain('message');
  });

  it.each([
    ['no token', {}, 401],
    ['another token', { authorization: 'Bearer other' }, 401],
    ['a token that a browser adds by itself', { authorization: `Basic ${btoa(`x:${TOKEN}`)}` }, 403],
  ])('%s: no command', async (_name, headers, want) => {
    for (const path of [`/rollouts/${id}/pause`, '/stop', '/releases/kafka/reconcile', '/stops/0123456789abcdef/lift'])
      expect((await post(path, { scope: 'fleet' }, headers)).status, path).toBe(want);
    expect(await stops()).toEqual([]);
  });

  it('is given by the person whose token it is, and judged by the rules', async () => {
    const eve = { authorization: 'Bearer the-token-of-eve,-who-may-read' };
    const refused = await post('/stop', { by: undefined, scope: 'fleet' }, eve);
    expect([refused.status, refused.message]).toEqual([403, expect.stringContaining('people with the role write or more')]);
    const other = await post('/stop', { by: 'eve', scope: 'fleet' });
    expect([other.status, other.message]).toEqual([403, expect.stringContaining('this token speaks for ada, and not for eve')]);
    expect(await stops()).toEqual([]);
    expect((await bot.store.waitingCommands(FLEET)).length).toBe(0);
  });

  it('may be a line as in a comment', async () => {
    expect(await post('/commands', { line: 'stop fleet for:1h' })).toMatchObject({ status: 200 });
    const [stop] = await stops();
    expect(stop).toMatchObject({ by: 'ada', scope: { kind: 'fleet' } });
    expect(await post('/commands', { line: `lift ${stop?.id}` })).toMatchObject({ status: 200 });
    const wrong = await post('/commands', { line: 'lfit' });
    expect([wrong.status, wrong.message]).toEqual([400, expect.stringContaining('did you mean')]);
    expect((await post('/commands')).status).toBe(400);
  });

  it.each([
    ['another fleet', '/api/fleets/acme/other/stop', 404],
    ['no rollout', `/api/fleets/${FLEET}/rollouts/0123456789ab-0123456789abcdef/pause`, 404],
    ['another path', `/api/fleets/${FLEET}/stops/0123456789abcdef/drop`, 404],
    ['no stop', `/api/fleets/${FLEET}/stops/0123456789abcdef/lift`, 409],
  ])('%s', async (_name, path, want) => {
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers: bearer, body: JSON.stringify({ ...WHO, scope: 'fleet' }) });
    expect(answer.status).toBe(want);
  });
});

describe('the pages of local mode', () => {
  const page = `/fleets/${FLEET}/rollouts/`;

  it('pause by button, and lift on the page of the stop', async () => {
    const paused = await form(`${page}${id}`, { token: FORM, verb: 'pause' });
    expect([paused.status, paused.headers.get('location')]).toEqual([303, `${page}${id}`]);
    const [stop] = await stops();
    expect(await get(`${page}${id}`)).toContain(`stop <code>${stop?.id}</code>`);
    const lifted = await form(`/fleets/${FLEET}/stops/${stop?.id}`, { token: FORM, back: id });
    expect([lifted.status, lifted.headers.get('location')]).toEqual([303, `${page}${id}`]);
    expect(await stops()).toEqual([]);
  });

  it('stop and reconcile by button', async () => {
    expect((await form(`/fleets/${FLEET}`, { token: FORM, verb: 'stop', scope: 'product', name: 'kafka' })).status).toBe(303);
    const [stop] = await stops();
    for (const path of ['/', `/fleets/${FLEET}`]) expect(await get(path)).toContain(stop?.id);
    const away = await form(`/fleets/${FLEET}/stops/${stop?.id}`, { token: FORM, back: '//evil.example' });
    expect(away.headers.get('location')).toBe('/');
    expect((await form(`/fleets/${FLEET}`, { token: FORM, verb: 'reconcile', release: 'kafka' })).status).toBe(409);
  });

  it('know who presses the button: one of the people of local mode, by their rights', async () => {
    const fields = { token: FORM, verb: 'pause' };
    expect((await form(`${page}${id}`, { ...fields, by: 'eve' })).status).toBe(403);
    expect((await form(`${page}${id}`, { ...fields, by: 'root' })).status).toBe(403);
    expect(await stops()).toEqual([]);
  });

  it('away from local mode ask for a token, and their forms are of the person that it names', async () => {
    const away = await serve((app) =>
      addStatusRoutes(app, {
        ...{ loop: () => bot.loop, desk: () => bot.loop.ports, tokens: TOKENS },
        ...{ local: false, formSecret: SECRET, speed: 1 },
      }),
    );
    const url = `${away.url}/fleets/${FLEET}`;
    expect((await fetch(url)).status).toBe(401);
    const authorization = `Basic ${btoa(`x:${TOKEN}`)}`;
    const shown = await (await fetch(url, { headers: { authorization } })).text();
    expect(shown).toContain(formToken(SECRET, 'ada'));
    const press = (fields: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: { authorization },
        body: new URLSearchParams({ ...WHO, verb: 'stop', scope: 'x', ...fields }),
      });
    // What another site has the browser post lacks the token of the form, or has that of its own visitor.
    for (const fields of [{}, { token: FORM }, { token: formToken(SECRET, 'eve'), by: 'eve' }])
      expect((await press(fields)).status).toBe(403);
    expect((await press({ token: formToken(SECRET, 'ada') })).status).toBe(400);
  });

  it.each([
    ['without the token', {}],
    ['with another one', { token: 'other' }],
  ])('%s: no command', async (_name, fields) => {
    for (const path of [`${page}${id}`, `/fleets/${FLEET}`, `/fleets/${FLEET}/stops/0123456789abcdef`])
      expect((await form(path, { ...fields, verb: 'pause', scope: 'fleet' })).status, path).toBe(403);
    expect(await stops()).toEqual([]);
  });

  it.each(['/fleets/acme/other', `${'/fleets/'}${FLEET}/rollouts/x`, `/fleets/${FLEET}/stops/0123456789abcdef`])(
    '%s: not found',
    async (path) => {
      expect((await fetch(`${base}${path}`)).status).toBe(404);
    },
  );
});

/** GitHub does not answer: nobody can say who anybody is. */
async function withGitHubAway<T>(work: () => Promise<T>): Promise<T> {
  bot.clock.advance(60_000);
  bot.onCall = (name) => {
    if (name.startsWith('code-host.'))
      throw new PortError({ port: 'code-host', operation: name, retry: { kind: 'retry-later' }, message: 'GitHub is away' });
  };
  try {
    return await work();
  } finally {
    bot.onCall = undefined;
  }
}

describe('while GitHub is away', () => {
  it('a command by the API is stored, and carried out once it is known who gave it', async () => {
    const eve = { authorization: 'Bearer the-token-of-eve,-who-may-read', prefer: 'respond-async' };
    const [mine, hers] = await withGitHubAway(() =>
      Promise.all([
        post('/stop', { scope: 'fleet' }, { ...bearer, prefer: 'respond-async' }),
        post('/stop', { by: 'eve', scope: 'fleet' }, eve),
      ]),
    );
    expect([mine.status, mine.message]).toEqual([202, expect.stringContaining('the code host has said who gave it')]);
    expect([hers.status, (await bot.store.waitingCommands(FLEET)).length, await stops()]).toEqual([202, 2, []]);
    bot.clock.advance(60_000);
    await bot.work();
    const [stop] = await stops();
    expect([stop?.by, (await stops()).length]).toEqual(['ada', 1]);
    const refused = JSON.parse(await get(JSON.parse(hers.message).path));
    expect(refused.outcome).toMatchObject({ kind: 'refused', mayNot: true, why: expect.stringContaining('eve may not stop this') });
    expect(await post(`/stops/${stop?.id}/lift`)).toMatchObject({ status: 200 });
  });

  it('a button leads to a page that says so plainly, and later what became of it', async () => {
    const pressed = await withGitHubAway(() => form(`/fleets/${FLEET}`, { token: FORM, verb: 'stop', scope: 'fleet' }));
    const page = pressed.headers.get('location') ?? '';
    expect([pressed.status, page]).toEqual([303, expect.stringMatching(/^\/fleets\/acme\/clusters\/commands\/\d+$/)]);
    expect(await get(page)).toContain('It is stored and cannot be lost, and has changed nothing yet.');
    bot.clock.advance(60_000);
    await bot.work();
    expect(await get(page)).toContain('done</span>');
    const [stop] = await stops();
    expect((await form(`/fleets/${FLEET}/stops/${stop?.id}`, { token: FORM })).status).toBe(303);
    expect(await stops()).toEqual([]);
    const hers = await form(`/fleets/${FLEET}`, { token: FORM, by: 'eve', verb: 'stop', scope: 'fleet' });
    expect([hers.status, await hers.text()]).toEqual([403, expect.stringContaining('eve may not stop this')]);
    expect((await fetch(`${base}${page.replace(/\d+$/, '999')}`)).status).toBe(404);
  });
});
