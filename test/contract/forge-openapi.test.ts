import { afterAll, beforeAll, expect, it } from 'vitest';
import { forgeRoutes } from '../../src/local/forge/rest/routes.ts';
import { appToken } from '../support/forge/app-token.ts';
import { commitFile } from '../support/forge/commit-file.ts';
import { CheckedRest, describedOperations, type RestAnswer } from '../support/forge/github-description.ts';
import { git, type SmallForge, startSmallForge } from '../support/forge/small-forge.ts';

/** The whole API, walked once over HTTP; every answer is held against GitHub's own description. */
let world: SmallForge;
let rest: CheckedRest;
let installation = '';
const R = '/repos/acme/fleet';

beforeAll(async () => {
  world = await startSmallForge(
    {},
    { pull: { branch: 'change', title: 'Change', body: 'Why', author: 'bob', changes: new Map([['README.md', '# Fleet 2\n']]) } },
  );
  rest = new CheckedRest(world.forge.apiUrl);
  const app = world.forge.store.accounts.installations()[0];
  const token = await asApp('POST', `/app/installations/${app?.id}/access_tokens`);
  installation = `token ${field(token, 'token')}`;
});

afterAll(() => world.close());

const asApp = (method: string, path: string, body?: unknown): Promise<RestAnswer> =>
  rest.call(`Bearer ${appToken(world.forge.app.privateKeyPem, 42)}`, method, path, body);
const asBot = (method: string, path: string, body?: unknown): Promise<RestAnswer> => rest.call(installation, method, path, body);
const asAlice = (method: string, path: string, body?: unknown): Promise<RestAnswer> =>
  rest.call(`token ${world.tokens.alice}`, method, path, body);
const asEve = (method: string, path: string, body?: unknown): Promise<RestAnswer> =>
  rest.call(`token ${world.tokens.eve}`, method, path, body);

function field(answer: RestAnswer, name: string): string {
  const value = (answer.body as Record<string, unknown>)[name];
  if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`${name} is missing in ${JSON.stringify(answer.body)}`);
  return String(value);
}

const head = async (branch: string): Promise<string> =>
  (await git(`${world.home}/git/acme/fleet.git`, 'rev-parse', `refs/heads/${branch}`)).trim();

it('GitHub describes every operation that is served', () => {
  const served = forgeRoutes.filter(({ path }) => !path.startsWith('/_forge/'));
  expect(served.map(({ method, path }) => `${method} ${path}`).sort(), 'run: node test/tooling/trim-openapi.ts').toEqual(
    [...describedOperations].sort(),
  );
});

it('the app and its installations', async () => {
  expect((await asApp('GET', '/app')).status).toBe(200);
  const list = await asApp('GET', '/app/installations');
  expect(list.body).toMatchObject([{ app_id: 42, account: { login: 'acme' } }]);
  expect((await asApp('GET', '/app/installations/1')).status).toBe(200);
  expect((await asApp('GET', '/app/installations/99')).status).toBe(404);
  expect((await asApp('GET', `${R}/installation`)).body).toMatchObject({ id: 1 });
  expect((await asBot('GET', '/installation/repositories')).body).toMatchObject({ total_count: 1 });
  expect((await asAlice('GET', '/installation/repositories')).status).toBe(403);
  expect((await asAlice('GET', '/app')).status).toBe(401);
});

it('people, and what they may', async () => {
  expect((await asAlice('GET', '/user')).body).toMatchObject({ login: 'alice' });
  expect((await asBot('GET', '/user')).status).toBe(403);
  expect((await rest.call(undefined, 'GET', '/user')).status).toBe(401);
  expect((await asBot('GET', '/users/bob')).body).toMatchObject({ login: 'bob', type: 'User' });
  expect((await asBot('GET', '/users/nobody')).status).toBe(404);
  expect((await asBot('GET', `${R}/collaborators/bob/permission`)).body).toMatchObject({ permission: 'write', role_name: 'write' });
  expect((await asBot('GET', `${R}/collaborators/eve/permission`)).body).toMatchObject({ permission: 'read' });
  expect((await asBot('GET', `${R}/collaborators/nobody/permission`)).status).toBe(404);
  expect((await asBot('GET', '/orgs/acme/teams/sre/memberships/bob')).body).toMatchObject({ state: 'active' });
  for (const path of ['/orgs/acme/teams/sre/memberships/eve', '/orgs/acme/teams/no/memberships/bob', '/orgs/no/teams/sre/memberships/bob'])
    expect((await asBot('GET', path)).status).toBe(404);
  expect((await rest.call(undefined, 'GET', '/rate_limit')).status).toBe(200);
  expect((await asBot('GET', '/rate_limit')).status).toBe(200);
  expect((await rest.call(undefined, 'GET', '/meta')).status).toBe(200);
});

it('a repository', async () => {
  expect((await asBot('GET', R)).body).toMatchObject({ full_name: 'acme/fleet', default_branch: 'main' });
  expect((await asBot('GET', '/repos/acme/nothing')).status).toBe(404);
  expect((await asBot('GET', '/repos/ACME/Fleet')).status).toBe(200);
});

it('a pull request from opening to merging', async () => {
  await commitFile(world.forge, { by: 'alice', branch: 'second', path: 'second.txt', text: 'second\n' });
  const draft = { title: 'Second', head: 'second', base: 'main', body: 'Text' };
  const opened = await asAlice('POST', `${R}/pulls`, draft);
  expect(opened.body).toMatchObject({ number: 2, state: 'open', mergeable: true, mergeable_state: 'clean', commits: 1, changed_files: 1 });
  expect((await asAlice('POST', `${R}/pulls`, draft)).status, 'exists').toBe(422);
  expect((await asAlice('POST', `${R}/pulls`, { ...draft, head: 'none' })).status).toBe(422);
  expect((await asAlice('POST', `${R}/pulls`, { ...draft, head: 'main' })).status, 'nothing to merge').toBe(422);
  expect((await asBot('GET', `${R}/pulls`)).body).toHaveLength(2);
  expect((await asBot('GET', `${R}/pulls?head=acme:second`)).body).toMatchObject([{ number: 2 }]);
  expect((await asBot('GET', `${R}/pulls/2`)).status).toBe(200);
  expect((await asBot('GET', `${R}/pulls/99`)).status).toBe(404);
  expect((await asAlice('PATCH', `${R}/pulls/2`, { title: 'Renamed', body: 'Other' })).body).toMatchObject({ title: 'Renamed' });
  expect((await asEve('PATCH', `${R}/pulls/2`, { title: 'Mine' })).status).toBe(403);
  expect((await asAlice('PATCH', `${R}/pulls/2`, { state: 'closed' })).body).toMatchObject({ state: 'closed', merged: false });
  expect((await asAlice('PATCH', `${R}/pulls/2`, { state: 'open' })).body).toMatchObject({ state: 'open' });
  expect((await rest.call(`token ${world.tokens.bob}`, 'POST', `${R}/pulls/2/reviews`, { event: 'APPROVE' })).body).toMatchObject({
    state: 'APPROVED',
  });
  const reviews = await asBot('GET', `${R}/pulls/2/reviews`);
  expect(reviews.body).toMatchObject([{ state: 'APPROVED', commit_id: expect.any(String) }]);
  const dismissal = `${R}/pulls/2/reviews/${(reviews.body as readonly { id: number }[])[0]?.id}/dismissals`;
  expect((await asEve('PUT', dismissal, { message: 'no' })).status).toBe(403);
  expect((await asAlice('PUT', dismissal, {})).status).toBe(422);
  expect((await asAlice('PUT', dismissal, { message: 'Too early' })).body).toMatchObject({ state: 'DISMISSED' });
  expect((await asAlice('PUT', dismissal, { message: 'Again' })).status).toBe(422);
  expect((await asAlice('PUT', `${R}/pulls/2/reviews/99/dismissals`, { message: 'Which' })).status).toBe(404);
  expect((await asBot('GET', `${R}/pulls/2/reviews`)).body).toMatchObject([{ state: 'DISMISSED' }]);
  expect((await asEve('PUT', `${R}/pulls/2/merge`)).status).toBe(403);
  expect((await asAlice('PUT', `${R}/pulls/2/merge`, { sha: 'f'.repeat(40) })).status).toBe(409);
  const activity = await asBot('GET', `${R}/activity?ref=refs/heads/second`);
  expect(activity.body).toMatchObject([{ activity_type: 'branch_creation', actor: { login: 'alice' }, after: await head('second') }]);
  expect((await asBot('GET', `${R}/activity?ref=second`)).body).toHaveLength(1);
  expect((await asBot('GET', `${R}/commits/second`)).body).toMatchObject({ sha: await head('second'), author: { login: 'alice' } });
  expect((await asBot('GET', `${R}/commits/${'9'.repeat(40)}`)).status).toBe(422);
  const commits = await asBot('GET', `${R}/pulls/2/commits`);
  expect(commits.body).toMatchObject([{ sha: expect.any(String), commit: { message: expect.any(String) } }]);
  const merged = await asAlice('PUT', `${R}/pulls/2/merge`, { merge_method: 'squash' });
  expect(merged.body).toMatchObject({ merged: true, sha: await head('main') });
  expect((await asAlice('PUT', `${R}/pulls/2/merge`)).status).toBe(405);
  expect((await asBot('GET', `${R}/activity?ref=main&per_page=1`)).body).toMatchObject([{ activity_type: 'pr_merge' }]);
  expect((await asBot('GET', `${R}/commits/${field(merged, 'sha')}/pulls`)).body).toMatchObject([{ number: 2 }]);
});

it('issues, labels and comments', async () => {
  const opened = await asBot('POST', `${R}/issues`, { title: 'Drift', body: 'Text', labels: ['drift', 'urgent'] });
  expect(opened.body).toMatchObject({
    number: 3,
    user: { login: 'flotilla[bot]' },
    performed_via_github_app: null,
    labels: [{ name: 'drift' }, { name: 'urgent' }],
  });
  expect((await asBot('GET', `${R}/issues?labels=drift`)).body).toHaveLength(1);
  expect((await asBot('GET', `${R}/issues?creator=Flotilla[bot]`)).body).toHaveLength(1);
  expect((await asBot('GET', `${R}/issues?creator=alice`)).body).not.toContainEqual(expect.objectContaining({ title: 'Drift' }));
  expect((await asBot('GET', `${R}/issues?state=all`)).body).toHaveLength(3);
  expect((await asBot('GET', `${R}/issues/3`)).status).toBe(200);
  expect((await asBot('GET', `${R}/issues/1`)).body).toMatchObject({ pull_request: { merged_at: null } });
  expect((await asBot('PATCH', `${R}/issues/3`, { state: 'closed', title: 'Drift!', labels: ['drift'] })).body).toMatchObject({
    state: 'closed',
    state_reason: 'completed',
  });
  expect((await asBot('PATCH', `${R}/issues/3`, { state: 'open' })).body).toMatchObject({
    state: 'open',
    state_reason: 'reopened',
    closed_at: null,
  });
  expect((await asBot('GET', `${R}/labels`)).body).toHaveLength(2);
  expect((await asAlice('POST', `${R}/labels`, { name: 'paused', color: '#ff0000' })).status).toBe(201);
  expect((await asAlice('POST', `${R}/labels`, { name: 'Paused', color: 'ff0000' })).status).toBe(422);
  expect((await asBot('POST', `${R}/issues/3/labels`, { labels: ['paused'] })).body).toHaveLength(2);
  expect((await asBot('PATCH', `${R}/issues/3`, { labels: ['urgent'] })).body).toMatchObject({ labels: [{ name: 'urgent' }] });
  expect((await asBot('GET', `${R}/issues/3/labels`)).body).toHaveLength(1);
  expect((await asBot('DELETE', `${R}/issues/3/labels/urgent`)).body).toEqual([]);
  expect((await asBot('DELETE', `${R}/issues/3/labels/urgent`)).status).toBe(404);

  const comment = await asBot('POST', `${R}/issues/1/comments`, { body: 'The plan' });
  expect(comment.body).toMatchObject({ user: { type: 'Bot' }, performed_via_github_app: { slug: 'flotilla' } });
  const path = `${R}/issues/comments/${field(comment, 'id')}`;
  expect((await asBot('GET', path)).status).toBe(200);
  expect((await asBot('PATCH', path, { body: 'The new plan' })).body).toMatchObject({ body: 'The new plan' });
  expect((await asEve('PATCH', path, { body: 'Mine' })).status).toBe(403);
  expect((await asBot('GET', `${R}/issues/1/comments`)).body).toHaveLength(1);
  expect((await asBot('POST', `${path}/reactions`, { content: 'eyes' })).status).toBe(201);
  expect((await asBot('POST', `${path}/reactions`, { content: 'eyes' })).status).toBe(200);
  expect((await asBot('POST', `${path}/reactions`, { content: 'wink' })).status).toBe(422);
  expect((await asBot('GET', path)).body).toMatchObject({ reactions: { total_count: 1, eyes: 1 } });
  expect((await asBot('DELETE', path)).status).toBe(204);
  expect((await asBot('GET', path)).status).toBe(404);
});

it('check runs and suites', async () => {
  const sha = await head('change');
  const output = {
    title: 'Plan',
    summary: 'Two clusters',
    annotations: [
      {
        path: 'a.yaml',
        start_line: 3,
        end_line: 3,
        start_column: 5,
        end_column: 9,
        annotation_level: 'failure',
        message: 'No such version',
      },
    ],
  };
  const queued = await asBot('POST', `${R}/check-runs`, { name: 'flotilla / plan', head_sha: sha, external_id: 'd1' });
  expect(queued.body).toMatchObject({ status: 'queued', conclusion: null, pull_requests: [{ number: 1 }] });
  const path = `${R}/check-runs/${field(queued, 'id')}`;
  expect((await asBot('PATCH', path, { status: 'in_progress' })).body).toMatchObject({ status: 'in_progress' });
  expect((await asAlice('GET', `${R}/pulls/1`)).body, 'a pending check').toMatchObject({ mergeable_state: 'unstable' });
  expect((await asBot('PATCH', path, { conclusion: 'failure', output })).body).toMatchObject({
    status: 'completed',
    output: { annotations_count: 1 },
  });
  expect((await asBot('PATCH', path, { output })).body, 'annotations are added').toMatchObject({ output: { annotations_count: 2 } });
  expect((await asBot('GET', path)).status).toBe(200);
  expect((await asBot('GET', `${path}/annotations`)).body).toHaveLength(2);
  expect((await asBot('GET', `${R}/commits/${sha}/check-runs`)).body).toMatchObject({
    total_count: 1,
    check_runs: [{ name: 'flotilla / plan' }],
  });
  const suite = world.forge.store.checks.suiteOf(1, sha)?.id;
  expect((await asAlice('POST', `${path}/rerequest`)).status).toBe(201);
  expect((await asAlice('POST', `${R}/check-suites/${suite}/rerequest`)).status).toBe(201);
  expect((await asAlice('POST', `${R}/check-runs`, { name: 'x', head_sha: sha })).status, 'only apps write checks').toBe(403);
  expect((await asBot('POST', `${R}/check-runs`, { name: 'x', head_sha: 'f'.repeat(40) })).status).toBe(422);
});

it('the log of deliveries', async () => {
  await world.forge.deliveriesIdle();
  const first = await asApp('GET', '/app/hook/deliveries?per_page=2');
  expect(first.body).toHaveLength(2);
  const next = /<http:\/\/[^/]+\/api\/v3([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  const second = await asApp('GET', next);
  const ids = [...(first.body as { id: number }[]), ...(second.body as { id: number }[])].map((item) => item.id);
  expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  expect(new Set(ids).size).toBe(4);
  expect((await asApp('GET', `/app/hook/deliveries/${ids[0]}`)).body).toMatchObject({
    status: 'OK',
    status_code: 200,
    response: { payload: 'ok' },
  });
  expect((await asApp('POST', `/app/hook/deliveries/${ids[0]}/attempts`)).status).toBe(202);
  expect((await asApp('GET', '/app/hook/deliveries?cursor=nonsense')).status).toBe(422);
});

it('trees and blobs', async () => {
  const whole = await asBot('GET', `${R}/git/trees/main?recursive=1`);
  const { tree } = whole.body as { tree: { path: string; type: string; sha: string }[] };
  expect(whole.body).toMatchObject({ truncated: false });
  const readme = tree.find(({ path }) => path === 'README.md');
  expect(readme?.type).toBe('blob');
  const blob = (await asBot('GET', `${R}/git/blobs/${readme?.sha}`)).body as { content: string; encoding: string };
  expect([blob.encoding, Buffer.from(blob.content, 'base64').toString('utf8')]).toEqual(['base64', expect.stringContaining('# Fleet')]);
  expect((await asBot('GET', `${R}/git/trees/none`)).status).toBe(404);
  expect((await asBot('GET', `${R}/git/blobs/${'0'.repeat(40)}`)).status).toBe(404);
});

it('a repository that is renamed, and the name that it had', async () => {
  const renamed = await asAlice('PATCH', R, { name: 'renamed' });
  expect(renamed.body).toMatchObject({ id: 1, full_name: 'acme/renamed' });
  expect((await asAlice('PATCH', '/repos/acme/renamed', { name: '../etc' })).status).toBe(422);
  expect((await asEve('PATCH', '/repos/acme/renamed', { name: 'mine' })).status).toBe(403);
  const url = `${world.forge.apiUrl}${R}/pulls?state=all`;
  const old = await fetch(url, { redirect: 'manual', headers: { authorization: installation } });
  expect([old.status, old.headers.get('location')]).toEqual([301, `${world.forge.apiUrl}/repositories/1/pulls?state=all`]);
  const page = `${world.forge.url}/acme/fleet.git/info/refs?service=git-upload-pack`;
  const refs = await fetch(page, { redirect: 'manual' });
  expect([refs.status, refs.headers.get('location')]).toEqual([301, page.replace('fleet.git', 'renamed.git')]);
  expect((await fetch(page)).status).toBe(200);
  expect((await asBot('GET', '/repos/acme/renamed/pulls?state=all')).status).toBe(200);
  expect((await asAlice('PATCH', '/repos/acme/renamed', { name: 'fleet' })).status).toBe(200);
  expect((await asBot('GET', R)).body).toMatchObject({ id: 1, full_name: 'acme/fleet' });
});

it('every operation that is served has answered well at least once', () => {
  expect(describedOperations.filter((name) => !rest.succeeded.has(name))).toEqual([]);
});
