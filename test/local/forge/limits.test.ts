import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GITHUB_COM_BUDGET } from '../../../src/local/forge/http/limits.ts';
import { appToken } from '../../support/forge/app-token.ts';
import { type SmallForge, startSmallForge } from '../../support/forge/small-forge.ts';

/** Both sides of the limits that GitHub has and a bot meets. */
let world: SmallForge;
let now = Date.parse('2026-11-21T08:00:00Z');
const R = '/repos/acme/fleet';

beforeEach(async () => {
  now = Date.now();
  world = await startSmallForge(
    { now: () => now },
    { pull: { branch: 'change', title: 'Change', body: '', author: 'bob', changes: new Map([['README.md', 'x\n']]) } },
  );
});

afterEach(() => world.close());

async function send(
  authorization: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers }> {
  const response = await fetch(`${world.forge.apiUrl}${path}`, {
    method,
    headers: { authorization },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>, headers: response.headers };
}

const asBob = (method: string, path: string, body?: unknown): ReturnType<typeof send> =>
  send(`token ${world.tokens.bob}`, method, path, body);

async function botToken(body: object = {}): Promise<string> {
  const answer = await send(`Bearer ${appToken(world.forge.app.privateKeyPem, 42)}`, 'POST', '/app/installations/1/access_tokens', body);
  expect(answer.status).toBe(201);
  return `token ${String(answer.body['token'])}`;
}

const headSha = async (): Promise<string> => ((await asBob('GET', `${R}/pulls/1`)).body['head'] as { sha: string }).sha;

describe('texts', () => {
  it.each([
    ['65,536 characters', 'x'.repeat(65_536), 201],
    ['65,537 characters', 'x'.repeat(65_537), 422],
    ['65,536 characters of four bytes each', '🛶'.repeat(65_536), 201],
    ['nothing but spaces', '  \n', 422],
  ])('a comment of %s', async (_what, body, status) => {
    const answer = await asBob('POST', `${R}/issues/1/comments`, { body });
    expect(answer.status).toBe(status);
  });

  it('an edit has the limit too, and says it in GitHub’s words', async () => {
    const made = await asBob('POST', `${R}/issues/1/comments`, { body: 'short' });
    const answer = await asBob('PATCH', `${R}/issues/comments/${String(made.body['id'])}`, { body: 'x'.repeat(65_537) });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'body', message: 'body is too long (maximum is 65536 characters)' }] },
    });
  });
});

describe('checks', () => {
  const annotation = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'warning', message: 'm' };
  const action = { label: 'l'.repeat(20), description: 'd'.repeat(40), identifier: 'i'.repeat(20) };
  const output = { title: 't', summary: 's' };

  it.each([
    ['a summary at its limit', { output: { ...output, summary: 's'.repeat(65_535) } }, 201],
    ['a summary over its limit', { output: { ...output, summary: 's'.repeat(65_536) } }, 422],
    ['a text at its limit', { output: { ...output, text: 's'.repeat(65_535) } }, 201],
    ['a text over its limit', { output: { ...output, text: 's'.repeat(65_536) } }, 422],
    ['a text over its limit in bytes', { output: { ...output, text: '⚪'.repeat(21_846) } }, 422],
    ['output without a title', { output: { summary: 's' } }, 422],
    ['50 annotations', { output: { ...output, annotations: Array(50).fill(annotation) } }, 201],
    ['51 annotations', { output: { ...output, annotations: Array(51).fill(annotation) } }, 422],
    ['columns on several lines', { output: { ...output, annotations: [{ ...annotation, end_line: 2, start_column: 1 }] } }, 422],
    ['an annotation on line 0', { output: { ...output, annotations: [{ ...annotation, start_line: 0 }] } }, 422],
    ['3 buttons', { actions: Array(3).fill(action) }, 201],
    ['4 buttons', { actions: Array(4).fill(action) }, 422],
    ['a label of 21', { actions: [{ ...action, label: 'l'.repeat(21) }] }, 422],
    ['a description of 41', { actions: [{ ...action, description: 'd'.repeat(41) }] }, 422],
    ['an identifier of 21', { actions: [{ ...action, identifier: 'i'.repeat(21) }] }, 422],
    ['completed without a conclusion', { status: 'completed' }, 422],
    ['a conclusion that only GitHub gives', { conclusion: 'stale' }, 422],
    ['a conclusion alone', { conclusion: 'success' }, 201],
    ['an address that is no web address', { details_url: 'javascript:alert(1)' }, 422],
  ])('%s', async (_what, fields, status) => {
    const token = await botToken();
    const answer = await send(token, 'POST', `${R}/check-runs`, { name: 'plan', head_sha: await headSha(), ...fields });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  });
});

describe('signing in', () => {
  it.each([
    ['a good one', {}, 200],
    ['one of another app', { iss: 7 }, 401],
    ['one that has expired', { exp: Math.floor(Date.now() / 1_000) - 1 }, 401],
    ['one that lives too long', { exp: Math.floor(Date.now() / 1_000) + 900 }, 401],
    ['one from the future', { iat: Math.floor(Date.now() / 1_000) + 300 }, 401],
  ])('the app’s token: %s', async (_what, claims, status) => {
    expect((await send(`Bearer ${appToken(world.forge.app.privateKeyPem, 42, claims)}`, 'GET', '/app')).status).toBe(status);
  });

  it('a changed token, one without a signature and one that is no token are refused', async () => {
    const [header, , signature] = appToken(world.forge.app.privateKeyPem, 42).split('.');
    const claims = Buffer.from(JSON.stringify({ iss: 42, iat: 0, exp: 9_999_999_999 })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [`${header}.${claims}.${signature}`, `${none}.${claims}.`, 'nonsense', 'a.b.c']) {
      expect((await send(`Bearer ${token}`, 'GET', '/app')).status, token).toBe(401);
    }
  });

  it('a token of an installation ends after an hour', async () => {
    const token = await botToken();
    now += 3_599_000;
    expect((await send(token, 'GET', R)).status).toBe(200);
    now += 1_000;
    expect((await send(token, 'GET', R)).status).toBe(401);
  });

  it('a token with fewer permissions cannot do more', async () => {
    const token = await botToken({ permissions: { checks: 'read', issues: 'write' } });
    expect(await send(token, 'POST', `${R}/check-runs`, { name: 'plan', head_sha: await headSha() })).toMatchObject({
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    });
    expect((await send(token, 'GET', `${R}/pulls`)).status).toBe(403);
    expect((await send(token, 'POST', `${R}/issues/1/comments`, { body: 'x' })).status).toBe(201);
  });

  it('more permissions than the app has are refused', async () => {
    const app = `Bearer ${appToken(world.forge.app.privateKeyPem, 42)}`;
    const ask = (body: object): ReturnType<typeof send> => send(app, 'POST', '/app/installations/1/access_tokens', body);
    expect((await ask({ permissions: { contents: 'write' } })).status).toBe(422);
  });

  it('an installation does not reach another owner', async () => {
    await world.forge.seedRepository({ owner: 'other', name: 'fleet', files: new Map([['a', 'b']]), author: 'alice', collaborators: [] });
    expect((await send(await botToken(), 'GET', '/repos/other/fleet')).status).toBe(404);
  });
});

describe('requests', () => {
  it('what is not JSON, not UTF-8 or not an object', async () => {
    expect((await asBob('POST', `${R}/issues`, '{"title":')).body).toMatchObject({ message: 'Problems parsing JSON' });
    expect((await asBob('POST', `${R}/issues`, '"text"')).status).toBe(400);
    expect((await asBob('POST', `${R}/issues`, { title: 7 })).status).toBe(422);
    expect((await asBob('POST', `${R}/issues`, {})).body).toMatchObject({ message: expect.stringContaining(`"title" wasn't supplied`) });
  });

  it('a body over 25 MB, also when its length is not said', async () => {
    expect(await sendBody(26 * 1_024 * 1_024)).toBe(413);
    expect((await asBob('GET', R)).status, 'the forge lives').toBe(200);
  });

  it('headers that never end', async () => {
    const { port } = new URL(world.forge.url);
    const socket = connect(Number(port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined).resume();
    socket.write(`GET /api/v3/meta HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}`);
    await closed;
    expect((await asBob('GET', R)).status).toBe(200);
  });

  it('hostile names of commits', async () => {
    for (const ref of ['--upload-pack=x', '-x', 'a..b', 'HEAD~1', 'main^{tree}', '@{-1}'])
      expect((await asBob('GET', `${R}/commits/${encodeURIComponent(ref)}/pulls`)).status, ref).toBe(422);
    expect((await asBob('GET', `${R}/commits/..%2F..%2Fetc%2Fpasswd/pulls`)).status).toBe(422);
    expect((await asBob('GET', `${R}/commits/%E0%A4%A/pulls`)).status).toBe(422);
  });

  it('issues that are turned off', async () => {
    await world.forge.seedRepository({
      owner: 'acme',
      name: 'quiet',
      hasIssues: false,
      files: new Map([['a', 'b']]),
      author: 'alice',
      collaborators: [{ login: 'bob', role: 'write' }],
    });
    expect((await asBob('POST', '/repos/acme/quiet/issues', { title: 'x' })).status).toBe(410);
    expect((await asBob('GET', '/repos/acme/quiet/issues/1')).status).toBe(410);
  });

  it('a page is 30 long, at most 100, and leads to the others', async () => {
    for (let index = 0; index < 35; index += 1) await asBob('POST', `${R}/issues/1/comments`, { body: `${index}` });
    const first = await asBob('GET', `${R}/issues/1/comments`);
    expect(first.body).toHaveLength(30);
    expect(first.headers.get('link')).toBe(
      `<${world.forge.apiUrl}${R}/issues/1/comments?page=2>; rel="next", <${world.forge.apiUrl}${R}/issues/1/comments?page=2>; rel="last"`,
    );
    expect((await asBob('GET', `${R}/issues/1/comments?page=2`)).body).toHaveLength(5);
    expect((await asBob('GET', `${R}/issues/1/comments?per_page=1000`)).body).toHaveLength(35);
    expect((await asBob('GET', `${R}/issues/1/comments?page=9`)).body).toEqual([]);
  });

  it('an answer that the client has already is 304', async () => {
    const first = await asBob('GET', R);
    const again = await fetch(`${world.forge.apiUrl}${R}`, {
      headers: { authorization: `token ${world.tokens.bob}`, 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  it('are counted by caller and route', async () => {
    const address = `${world.forge.url}/_forge/requests`;
    await fetch(address, { method: 'DELETE' });
    await asBob('GET', `${R}/pulls/1`);
    await asBob('GET', `${R}/pulls/1`);
    const counted: unknown = await (await fetch(address)).json();
    expect(counted).toEqual({ total: 2, callers: { 'user:bob': { total: 2, routes: { 'GET /repos/:owner/:repo/pulls/:number': 2 } } } });
  });

  it('fail when they are told to: before anything is done, or after', async () => {
    const route = '/repos/:owner/:repo/issues/:number/comments';
    world.forge.addFault({ method: 'POST', route, when: 'before', status: 502, times: 1 });
    world.forge.addFault({ method: 'POST', route, when: 'after', status: 502, times: 1 });
    expect((await asBob('POST', `${R}/issues/1/comments`, { body: 'lost' })).status).toBe(502);
    expect((await asBob('POST', `${R}/issues/1/comments`, { body: 'kept' })).status).toBe(502);
    expect((await asBob('GET', `${R}/issues/1/comments`)).body).toMatchObject([{ body: 'kept' }]);
  });
});

describe('budgets of github.com, when they are turned on', () => {
  beforeEach(async () => {
    await world.close();
    world = await startSmallForge({ now: () => now, budget: GITHUB_COM_BUDGET });
  });

  it('80 writes in a minute, then Retry-After', async () => {
    for (let index = 0; index < 80; index += 1) expect((await asBob('POST', `${R}/labels`, { name: `l${index}` })).status).toBe(201);
    const refused = await asBob('POST', `${R}/labels`, { name: 'one more' });
    expect(refused).toMatchObject({ status: 403, body: { message: expect.stringContaining('secondary rate limit') } });
    expect(refused.headers.get('retry-after')).toBe('60');
    now += 60_000;
    expect((await asBob('POST', `${R}/labels`, { name: 'one more' })).status).toBe(201);
  });

  it('5,000 requests in an hour, told in headers', async () => {
    const first = await asBob('GET', R);
    expect(first.headers.get('x-ratelimit-remaining')).toBe('4999');
    for (let index = 1; index < 5_000; index += 1) await world.forge.call('bob', 'GET', '/meta');
    expect((await asBob('GET', R)).status).toBe(403);
    now += 3_600_000;
    expect((await asBob('GET', R)).status).toBe(200);
  });
});

/** Sends so many bytes in chunks, as far as the forge takes them. @returns the status of its answer. */
function sendBody(bytes: number): Promise<number | undefined> {
  const chunk = Buffer.alloc(64 * 1_024, 32);
  return new Promise((resolve, reject) => {
    const headers = { authorization: `token ${world.tokens.bob}` };
    const sent = httpRequest(`${world.forge.apiUrl}${R}/issues`, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode);
      sent.destroy();
    });
    sent.on('error', reject);
    let left = bytes;
    const write = (): void => {
      while (left > 0 && !sent.destroyed) {
        left -= chunk.length;
        if (!sent.write(chunk)) return void sent.once('drain', write);
      }
      sent.end();
    };
    write();
  });
}
