import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitFile } from '../support/forge/commit-file.ts';
import { git } from '../support/forge/small-forge.ts';
import { newVisitor, type Visitor } from '../support/forge-pages/browser.ts';
import { type PagesForge, RELEASE, RELEASE_TEXT, startPagesForge } from '../support/forge-pages/forge.ts';

let site: PagesForge;

beforeAll(async () => {
  site = await startPagesForge();
});

afterAll(async () => {
  await site.close();
  expect(site.errors).toEqual([]);
});

async function visitorAs(login: string): Promise<Visitor> {
  const visitor = newVisitor(site.url);
  const home = await visitor.get('/');
  const switched = await visitor.send(home, '/_forge/session', { user: login });
  expect(switched.said).toBe(`You are ${login} now.`);
  return visitor;
}

/** Changes the version on a new branch and opens a pull request by the form. @returns its path. */
async function openPull(visitor: Visitor, version: string, branch: string): Promise<string> {
  await commitFile(site.forge, { by: 'bob', branch, path: RELEASE, text: RELEASE_TEXT.replace('4.0.1', version) });
  const form = await visitor.get(`/acme/fleet/compare/main...${branch}`);
  const opened = await visitor.send(form, '/acme/fleet/compare', { base: 'main', head: branch, title: `Kafka ${version}`, body: '' });
  expect(opened.path).toMatch(/^\/acme\/fleet\/pull\/\d+$/);
  return opened.path;
}

/** What the release is on `main` now. */
const release = async (): Promise<string> => {
  const { world } = site.forge;
  return (await git(`${world.home}/git/acme/fleet.git`, 'show', `main:${RELEASE}`)).trim();
};

const eventsOf = (): readonly string[] =>
  site.forge.store.deliveries
    .sent(Number.MAX_SAFE_INTEGER, 100, undefined)
    .map((delivery) => `${delivery.event}${delivery.action === null ? '' : `.${delivery.action}`}`);

describe('a pull request', () => {
  it('is opened for a pushed branch, and the bot hears of both', async () => {
    const alice = await visitorAs('alice');
    const page = await alice.get(await openPull(alice, '4.0.2', 'alice/kafka-4-0-2'));
    expect(page.text).toContain('version: &quot;4.0.2&quot;');
    expect(page.text).toContain('1 file changed, 1 line added, 1 line removed.');
    await site.forge.deliveriesIdle();
    expect(eventsOf()).toEqual(expect.arrayContaining(['push', 'pull_request.opened']));
  });

  it.each(['merge', 'squash', 'rebase'])('is merged by %s, and taken back by its revert', async (method) => {
    const bob = await visitorAs('bob');
    const before = await release();
    const path = await openPull(bob, `4.1.${method.length}`, `bob/${method}`);
    const merged = await bob.send(await bob.get(path), `${path}/merge`, { method });
    expect(merged.said).toContain('Merged.');
    expect(await release()).toContain(`4.1.${method.length}`);
    const reverting = await bob.send(merged, `${path}/revert`, {});
    expect(reverting.text).toContain('Revert &quot;Kafka');
    await bob.send(reverting, `${reverting.path}/merge`, { method: 'merge' });
    expect(await release()).toBe(before);
    expect((await bob.get(path)).text).toContain('taken back by');
  });

  it('is not merged when it was pushed to after the page was read', async () => {
    const bob = await visitorAs('bob');
    const path = await openPull(bob, '4.2.0', 'bob/moving');
    const read = await bob.get(path);
    await commitFile(site.forge, { by: 'bob', branch: 'bob/moving', path: RELEASE, text: 'kind: Other\n' });
    expect((await bob.send(read, `${path}/merge`, { method: 'merge' })).said).toContain('Head branch was modified');
  });

  it('is commented, closed with a word, and reopened', async () => {
    const eve = await visitorAs('eve');
    const bob = await visitorAs('bob');
    const path = await openPull(bob, '4.3.0', 'bob/talk');
    const said = await eve.send(await eve.get(path), `${path}/comment`, { body: 'what about **this**?', do: 'comment' });
    expect(said.text).toContain('what about <strong>this</strong>?');
    expect((await eve.send(said, `${path}/comment`, { body: ' ', do: 'comment' })).said).toContain('Write something');
    expect((await eve.send(said, `${path}/merge`, { method: 'merge' })).said).toContain('write access');
    const closed = await bob.send(await bob.get(path), `${path}/comment`, { body: 'not now', do: 'close' });
    expect(closed.text).toContain('<p>not now</p>');
    expect(closed.text).toContain('closed this');
    expect((await bob.send(closed, `${path}/comment`, { body: '', do: 'reopen' })).said).toBe('Reopened.');
  });
});

describe('forms from elsewhere', () => {
  const session = '/_forge/session';

  it.each([
    ['without the token', { csrf: '' }, {}],
    ['with a token of another session', { csrf: 'x'.repeat(43) }, {}],
    ['from another site', {}, { origin: 'https://evil.example' }],
    ['from a page without an origin', {}, { origin: 'null' }],
    ['from another port of this machine', {}, { origin: 'http://127.0.0.1:1' }],
  ])('are refused: %s', async (_name, fields, headers) => {
    const visitor = newVisitor(site.url);
    const refused = await visitor.send(await visitor.get('/'), session, { user: 'bob', ...fields }, headers as Record<string, string>);
    expect(refused.status).toBe(403);
    expect((await visitor.get('/')).text).toContain('<option value="alice" selected>');
  });

  it('do not send the browser to another site', async () => {
    const visitor = newVisitor(site.url);
    for (const back of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
      expect((await visitor.send(await visitor.get('/'), session, { user: 'bob', back })).path).toBe('/');
    }
  });

  it('are refused when they are too long, or not forms', async () => {
    const length = 3 * 1_024 * 1_024;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await fetch(`${site.url}${session}`, { method: 'POST', headers: form, body: 'x'.repeat(length) })).status).toBe(413);
    expect(
      (await fetch(`${site.url}${session}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status,
    ).toBe(415);
  });
});

describe('addresses', () => {
  it.each([
    ['/nobody', 404],
    ['/acme/fleet/tree/main', 404],
    ['/acme/fleet/pull/../../../forge.db', 404],
    ['/acme/fleet/pull/%2e%2e%2f%2e%2e%2fconfig', 404],
    ['/acme/fleet/compare/main...%00', 200],
    ['/acme/none', 404],
    ['/acme/fleet/pull/999', 404],
    ['/acme/fleet/pull/x', 404],
    ['/acme/fleet/issues/0', 404],
    ['/acme/fleet/runs/1', 404],
    ['/acme/fleet/compare/main...--help', 200],
    ['/acme/fleet/%E0%A4%A', 404],
    ['/ACME/Fleet', 200],
  ])('%s is answered with %i', async (path, status) => {
    expect((await newVisitor(site.url).get(path)).status).toBe(status);
  });

  it('leads from an issue number to the pull request that has it', async () => {
    expect((await newVisitor(site.url).get('/acme/fleet/issues/1')).path).toBe('/acme/fleet/pull/1');
  });

  it('gives no body to HEAD, and no page to other methods', async () => {
    const head = await fetch(`${site.url}/acme/fleet`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${site.url}/acme/fleet`, { method: 'DELETE' })).status).toBe(405);
  });

  it('answers only to its own name', async () => {
    const { hostname, port } = new URL(site.url);
    const status = await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path: '/', headers: { host: 'rebound.example' } }, (response) =>
        resolve(response.resume().statusCode),
      );
      sent.on('error', reject).end();
    });
    expect([403, 421]).toContain(status);
  });
});
