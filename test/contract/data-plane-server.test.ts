import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { revisionOf } from '../../src/core/model/hash.ts';
import { trusted } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';
import { type DataPlaneServer, startDataPlaneServer } from '../../src/local/data-plane/data-plane-server.ts';
import type { WorldStatus } from '../../src/local/data-plane/status.ts';
import { collectingLog } from './data-plane-support.ts';

const spec = { product: 'kafka', version: '4.0.1', image: undefined, replicas: 3, config: { 'a.b': 1 }, featureFlags: {} };
const seeded = (cluster: string, dataPlane = 'plane-1') => ({
  cluster: trusted.cluster(cluster),
  dataPlane,
  spec,
  revision: revisionOf(spec),
});
const order = (epoch: number, version: string, fields: object = {}) => ({
  cluster: 'kafka-orders',
  dataPlane: 'plane-1',
  revision: revisionOf({ ...spec, version }),
  spec: { ...spec, version },
  mode: 'run',
  epoch,
  orderedAt: 1,
  ...fields,
});

let home: string;
let server: DataPlaneServer;
let now = 1_800_000_000_000;
const start = () =>
  startDataPlaneServer({ home, port: 0, clock: { now: () => instant(now) }, speed: 10, seed: 'server', log: collectingLog() });

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'flotilla-data-plane-'));
  server = await start();
  server.seed([seeded('kafka-orders'), seeded('kafka-logs'), seeded('kafka-logs', 'plane-2')]);
});
afterEach(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
  });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
};
const message = (answer: { readonly text: string }): string => (JSON.parse(answer.text) as { error: { message: string } }).error.message;
const status = async (cluster: string): Promise<WorldStatus> =>
  (await (await fetch(`${server.url}/status?cluster=${cluster}`)).json()) as WorldStatus;

describe('time', () => {
  it('goes on while the program is down, at its speed', async () => {
    await post('/data-planes/plane-1/orders', { orders: [order(1, '4.1.1')] });
    await server.close();
    now += 27_000;
    server = await start();
    expect((await status('kafka-orders')).clusters[0]?.inside).toMatchObject({ rolled: true, running: { version: '4.1.1' } });
  });

  it('does not go back when the clock is set back', async () => {
    await post('/data-planes/plane-1/orders', { orders: [order(1, '4.1.1')] });
    now += 27_000;
    await server.close();
    now -= 3_600_000;
    server = await start();
    const { inside } = (await status('kafka-orders')).clusters[0] ?? {};
    expect(inside).toMatchObject({ rolled: true, sampledAt: now });
  });
});

describe('memory', () => {
  it('keeps what was accepted when the process is killed right after its answer', async () => {
    await server.close();
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./data-plane-process.ts', import.meta.url)), home],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [url] = (await once(child.stdout, 'data')) as [Buffer];
    const send = (path: string, body: unknown) =>
      fetch(url.toString().trim() + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    expect((await send('/faults', { cluster: 'kafka-logs', dataPlane: 'plane-2', with: 'slow' })).status).toBe(200);
    const answer = await (await send('/data-planes/plane-1/orders', { orders: [order(7, '4.1.1')] })).json();
    child.kill('SIGKILL');
    await once(child, 'exit');
    server = await start();
    expect(answer).toMatchObject({ replies: [{ kind: 'accepted', epoch: 7 }] });
    expect((await status('kafka-orders')).clusters[0]?.inside.accepted).toMatchObject({ epoch: 7 });
    expect((await status('kafka-logs&dataPlane=plane-2')).clusters[0]?.faults).toEqual(['slow']);
  });

  it('refuses a second program on the same folder', async () => {
    await expect(start()).rejects.toThrow('another process has it open; stop that one first');
  });

  it.each([
    [
      'damaged',
      (file: string) => writeFileSync(file, 'this is no database, whatever its name says; it is a text that is longer than a header'),
      'it is damaged',
    ],
    ['of a newer format', (file: string) => new DatabaseSync(file).exec('pragma user_version = 99'), 'written by a newer version'],
  ])('says what to do about a file that is %s', async (_name, spoil, words) => {
    const other = mkdtempSync(join(tmpdir(), 'flotilla-data-plane-'));
    spoil(join(other, 'data-plane.db'));
    const opening = startDataPlaneServer({
      home: other,
      port: 0,
      clock: { now: () => instant(now) },
      speed: 1,
      seed: '',
      log: collectingLog(),
    });
    await expect(opening).rejects.toThrow(words);
    rmSync(other, { recursive: true, force: true });
  });

  it('seeds a cluster once', () => {
    expect(server.seed([seeded('kafka-orders'), seeded('kafka-new')])).toBe(1);
  });
});

describe('a whole data plane', () => {
  it('answers nobody while it is unreachable, and its clusters go on', async () => {
    expect((await post('/faults', { dataPlane: 'plane-1', with: 'unreachable' })).status).toBe(200);
    expect((await post('/data-planes/plane-1/observe', { clusters: ['kafka-orders'] })).status).toBe(503);
    expect((await fetch(`${server.url}/data-planes/plane-1/watch`)).status).toBe(503);
    expect((await post('/data-planes/plane-2/observe', { clusters: ['kafka-logs'] })).status).toBe(200);
    await post('/faults', { dataPlane: 'plane-1', with: 'none' });
    expect((await post('/data-planes/plane-1/observe', { clusters: ['kafka-orders'] })).status).toBe(200);
  });
});

describe('bad input', () => {
  it.each([
    ['an unknown cluster', '/faults', { cluster: 'kafka-ordres', with: 'slow' }, 404, 'did you mean kafka-orders?'],
    ['an unknown cluster to change', '/set', { cluster: 'kafka-log', version: '4.1.1' }, 404, 'did you mean kafka-logs?'],
    ['an unknown data plane', '/faults', { dataPlane: 'plane-3', with: 'unreachable' }, 404, 'did you mean plane-1?'],
    ['a cluster that two data planes have', '/faults', { cluster: 'kafka-logs', with: 'slow' }, 409, 'plane-1, plane-2'],
    ['a broker that is not there', '/faults', { cluster: 'kafka-orders', with: 'slow', broker: 3 }, 400, 'brokers 0 to 2'],
    ['an unknown fault', '/faults', { cluster: 'kafka-orders', with: 'explode' }, 400, 'crash-loop, stuck, slow, unreachable, none'],
    ['nobody named', '/faults', { with: 'slow' }, 400, 'name one of'],
    ['all and one', '/faults', { all: true, cluster: 'kafka-orders', with: 'slow' }, 400, 'name one of'],
    ['a version that is a number', '/faults', { all: true, with: 'crash-loop', version: 4.1 }, 400, '"version" must be a text'],
    ['a slow data plane', '/faults', { dataPlane: 'plane-1', with: 'slow' }, 400, 'unreachable'],
    ['nothing to change', '/set', { cluster: 'kafka-orders' }, 400, 'say what to change'],
    ['no replicas', '/set', { cluster: 'kafka-orders', replicas: 0 }, 400, 'from 1 to 1000'],
    ['a setting with a bad name', '/set', { cluster: 'kafka-orders', config: { __proto: 1 } }, 400, 'not the name of a setting'],
    ['no JSON', '/faults', '{', 400, 'not JSON'],
    [
      'an order with everything wrong',
      '/data-planes/plane-1/orders',
      { orders: [{ spec: {} }] },
      400,
      'orders[0]: cluster: a text expected',
    ],
    ['an order to another data plane', '/data-planes/plane-2/orders', { orders: [order(1, '4.1.1')] }, 400, '"dataPlane" must be plane-2'],
    ['too many orders', '/data-planes/plane-1/orders', { orders: Array(2_001).fill({}) }, 400, 'at most 2000'],
    ['a data plane with a bad name', '/data-planes/..%2Fetc/orders', {}, 400, 'not a cluster name'],
    ['an unknown address', '/nowhere', {}, 404, 'there is no POST /nowhere'],
  ])('refuses %s, and says why', async (_name, path, body, code, words) => {
    const answer = await post(path, body);
    expect([answer.status, message(answer)]).toEqual([code, expect.stringContaining(words)]);
  });

  it('takes a batch of the largest size, and refuses a body above its limit', async () => {
    const large = { cluster: 'kafka-orders', config: { key: 'x'.repeat(70_000) } };
    expect((await post('/set', large)).status).toBe(413);
    expect((await post('/data-planes/plane-1/observe', { clusters: Array(2_000).fill('kafka-orders') })).status).toBe(200);
  });

  it('changes nothing of a batch in which one order is wrong', async () => {
    await post('/data-planes/plane-1/orders', { orders: [order(1, '4.1.1'), order(2, 'four')] });
    expect((await status('kafka-orders')).clusters[0]?.inside.accepted).toBeUndefined();
  });
});

describe('the page', () => {
  const page = async (query = '') => (await fetch(`${server.url}/${query}`)).text();
  const token = async () => /name="token" value="([0-9a-f]+)"/.exec(await page())?.[1] ?? '';
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    post('/faults', new URLSearchParams(fields).toString(), { 'content-type': 'application/x-www-form-urlencoded', ...headers });
  const stuck = { cluster: 'kafka-orders', with: 'stuck', version: '', broker: '' };

  it('breaks a cluster by a form, goes back to the list as it was filtered, and says what was done', async () => {
    const answer = await form({ ...stuck, token: await token(), back: 'q=orders' });
    expect(answer.status).toBe(303);
    expect(answer.location).toMatch(/^\/\?q=orders&notice=/);
    const after = await page(answer.location?.slice(1));
    expect(after).toContain('Done. kafka-orders: stuck');
    expect(after).toContain('fault: stuck');
    expect(after).not.toContain('kafka-logs');
  });

  it('says on the page what was wrong with a form', async () => {
    const answer = await form({ ...stuck, broker: '17', token: await token() });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('Nothing was changed: kafka-orders has brokers 0 to 2')]);
  });

  it.each([
    ['a form without its token', {}, 403],
    ['a form of another site', { origin: 'http://evil.example' }, 403],
    ['JSON of another site', { origin: 'http://evil.example', 'content-type': 'application/json' }, 403],
    ['a request that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a body of another type', { 'content-type': 'text/plain' }, 415],
  ])('refuses %s', async (_name, headers, code) => {
    expect((await form(stuck, headers)).status).toBe(code);
    expect((await status('kafka-orders')).clusters[0]?.faults).toEqual([]);
  });

  it('answers only under names of this machine', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const ask = request({ port: server.port, host: '127.0.0.1', path: '/', headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      ask.on('error', reject).end();
    });
    expect(answer).toBe(403);
  });

  it('keeps text of others inert', async () => {
    await post('/data-planes/plane-1/orders', { orders: [order(1, '4.0.1', { spec: { ...spec, image: '"><script>alert(1)</script>' } })] });
    now += 3_600_000;
    const html = await page(`?q=${encodeURIComponent('"><img src=x>')}`);
    expect(html + (await page())).not.toMatch(/<script>|<img/);
    expect(await page()).toContain('&quot;&gt;&lt;script&gt;');
  });

  it('labels every field', async () => {
    const html = await page();
    const fields = html.match(/<(?:input|select)\b[^>]*>/g)?.filter((tag) => !tag.includes('type="hidden"')) ?? [];
    const labelled = html.match(/<label\b[^>]*>[^<]*<(?:input|select)\b|<label class="check"><input/g) ?? [];
    expect(fields.length).toBeGreaterThan(10);
    expect(labelled.length).toBe(fields.length);
  });
});
