import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { digestOf } from '../../../src/http/token.ts';
import { planAndCarryOut } from '../../../src/loop/carry-out-commands.ts';
import { checkDrift } from '../../../src/loop/check-drift.ts';
import { apiRoutes } from '../../../src/web/api-routes.ts';
import { addApiDescription } from '../../../src/web/describe-api.ts';
import { COMMANDS, OPENAPI, READS } from '../../../src/web/openapi/document.ts';
import { closeServers, serve } from '../../support/http/serve.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';

const TOKEN = 'a-token-of-some-length';
const headers = { authorization: `Bearer ${TOKEN}` };
const WHO = { by: 'lead', reason: 'because a test says so' };

let bot: TestBot;
let base: string;
let api: ReturnType<typeof apiRoutes>;
let isHeld = true;
const names = new Map<string, string>();

beforeAll(async () => {
  bot = await TestBot.begin();
  // Something of everything: a canary that fails, stops, drift, commands, and their history.
  bot.planes.break(bot.cluster('k-canary'), { kind: 'crash-loop', version: '3.9.0' });
  await bot.merge({ version: '3.9.0', approval: true }, 7);
  await bot.passUntil(([first]) => first?.status === 'paused');
  bot.planes.restore({ ...bot.planes.state(trusted.cluster('k-one')), cluster: trusted.cluster('stranger') });
  bot.planes.changeByHand(trusted.cluster('k-one'), { replicas: 5 });
  await checkDrift(bot.loop, FLEET);
  const loop = bot.withStore({
    accept: async (fleet, given, jobs) => {
      const accepted = await bot.store.accept(fleet, given, jobs);
      if (isHeld) void planAndCarryOut(bot.loop, FLEET);
      return accepted;
    },
  });
  api = apiRoutes({ loop: () => loop, desk: () => loop.ports, tokens: [{ login: 'lead', sha256: digestOf(TOKEN) }] });
  ({ url: base } = await serve((app) => {
    addApiDescription(app);
    app.route('/api/fleets', api);
  }));
  const [owner = '', name = ''] = FLEET.split('/');
  for (const [key, value] of Object.entries({
    owner,
    name,
    id: (await bot.newest()).id,
    cluster: 'k-canary',
    verb: 'skip',
    release: 'kafka',
  }))
    names.set(key, value);
});
afterAll(closeServers);

const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': true } });
ajv.addSchema({ $id: 'doc', components: OPENAPI.components });
const errorsOf = (schema: object, value: unknown): string => {
  const text = JSON.stringify(schema).replaceAll('#/components', 'doc#/components');
  const check = ajv.compile(JSON.parse(text));
  return check(value) ? '' : ajv.errorsText(check.errors);
};

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${String(value)}`);
  return { ...value };
}
/** What stands under these keys, one below the other. */
const under = (value: unknown, ...keys: readonly string[]): unknown => keys.reduce((at, key) => fieldsOf(at)[key], value);
const objectUnder = (value: unknown, ...keys: readonly string[]): object => fieldsOf(under(value, ...keys));

const addressOf = (path: string, given: Readonly<Record<string, string>> = {}): string =>
  `${base}${path.replace(/\{(\w+)\}/g, (_, name: string) => given[name] ?? names.get(name) ?? '')}`;

async function post(path: string, body: object, given: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(addressOf(path, given), { method: 'POST', headers, body: JSON.stringify({ ...WHO, ...body }) });
  return { status: answer.status, body: await answer.json() };
}

const [LIFT, STOP, ROLLOUT] = ['stops/{id}/lift', 'stop', 'rollouts/{id}/{verb}'].map((tail) => `/api/fleets/{owner}/{name}/${tail}`);

describe('the description of the API', () => {
  it('has every route that reads, and none that is not there', () => {
    const routes = api.routes
      .filter(({ method, path }) => method === 'GET' && !path.endsWith('*'))
      .map(({ path }) => `/api/fleets${path === '/' ? '' : path}`.replace(/:(\w+)/g, '{$1}'));
    expect(new Set(routes)).toEqual(new Set(Object.keys(READS)));
  });

  it('is served to anybody, and so is the list of what there is', async () => {
    const served = await (await fetch(`${base}/api/openapi.json`)).json();
    expect(served).toEqual(JSON.parse(JSON.stringify(OPENAPI)));
    const list = fieldsOf(await (await fetch(`${base}/api`)).json());
    expect(list['openapi']).toBe('/api/openapi.json');
    expect(list['routes']).toHaveLength(Object.keys(READS).length + Object.keys(COMMANDS).length);
  });

  it('names only schemas that it has', () => {
    const named = [...JSON.stringify(OPENAPI).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !(name !== undefined && name in OPENAPI.components.schemas))).toEqual([]);
    expect(Object.keys(OPENAPI.components.schemas).filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('what the API answers is as described', () => {
  const reads = Object.entries(READS).filter(([path]) => !path.includes('/commands/'));
  it.each(reads)('GET %s', async (path, { answer }) => {
    const response = await fetch(addressOf(path), { headers });
    const body = await response.json();
    expect(response.status).toBe(200);
    // An empty list would fit anything.
    if (Array.isArray(body)) expect(body.length).toBeGreaterThan(0);
    expect(errorsOf(answer, body)).toBe('');
  });

  it('is strict: an answer with a field more, or one less, does not fit', async () => {
    const [, { answer } = { answer: {} }] = reads.find(([path]) => path.endsWith('{id}')) ?? [];
    const body = fieldsOf(await (await fetch(addressOf('/api/fleets/{owner}/{name}/rollouts/{id}'), { headers })).json());
    expect(errorsOf(answer, { ...body, more: 1 })).toContain('additional');
    const { holds: _, ...less } = body;
    expect(errorsOf(answer, less)).toContain('holds');
  });

  it('commands: carried out, refused, not understood, accepted, and what became of one', async () => {
    const fits = async (path: string | undefined, status: number, body: object, given: Readonly<Record<string, string>> = {}) => {
      const answer = await post(path ?? '', body, given);
      expect([path, answer.status, answer.body]).toEqual([path, status, answer.body]);
      const schema = objectUnder(OPENAPI.paths, path ?? '', 'post', 'responses', String(status), 'content', 'application/json', 'schema');
      expect(errorsOf(schema, answer.body)).toBe('');
    };
    await fits(STOP, 200, { scope: 'fleet', for: '1h' });
    await fits(STOP, 409, { scope: 'fleet', for: '1h' });
    await fits(STOP, 400, { scope: 'galaxy' });
    await fits(LIFT, 404, {}, { id: 'nothing' });
    await fits(ROLLOUT, 200, { cluster: 'k-canary' });
    isHeld = false;
    const accepted = await fetch(addressOf(STOP ?? ''), {
      method: 'POST',
      headers: { ...headers, prefer: 'respond-async' },
      body: JSON.stringify({ ...WHO, scope: 'cluster', name: 'k-one' }),
    });
    expect([accepted.status, errorsOf({ $ref: '#/components/schemas/CommandAccepted' }, await accepted.json())]).toEqual([202, '']);
    const look = async () => await (await fetch(`${base}${accepted.headers.get('location')}`, { headers })).json();
    const { answer } = READS['/api/fleets/{owner}/{name}/commands/{id}'] ?? { answer: {} };
    expect(errorsOf(answer, await look())).toBe('');
    await bot.work();
    const done = await look();
    expect([under(done, 'outcome', 'kind'), errorsOf(answer, done)]).toEqual(['done', '']);
  });
});
