import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appToken } from '../support/forge/app-token.ts';
import { commitFile } from '../support/forge/commit-file.ts';
import { describedWebhooks, expectValidWebhook } from '../support/forge/github-description.ts';
import { type Delivered, type SmallForge, startSmallForge } from '../support/forge/small-forge.ts';

/** Every webhook that the forge sends, held against GitHub's schemas and against the published examples. */
interface PublishedEvent {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}

// The package is one JSON file whose types claim a module with a default export.
const require = createRequire(import.meta.url);
const published = require('@octokit/webhooks-examples') as readonly PublishedEvent[];
const R = '/repos/acme/fleet';
let world: SmallForge;
let sent: ReadonlyMap<string, Delivered>;

beforeAll(async () => {
  const events = [
    'push',
    'pull_request',
    'pull_request_review',
    'issue_comment',
    'issues',
    'check_run',
    'check_suite',
    'label',
    'repository',
  ];
  world = await startSmallForge({ app: { id: 42, slug: 'flotilla', events } });
  await actEverything();
  await world.forge.deliveriesIdle();
  sent = new Map(world.receiver.delivered.map((delivery) => [delivery.name, delivery]));
});

afterAll(() => world.close());

/** Does one of everything that has an event. */
async function actEverything(): Promise<void> {
  const { forge } = world;
  const as = (login: string) => async (method: string, path: string, body: object) => {
    const answer = await forge.call(login, method, path, { ...body });
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body as { number: number; id: number };
  };
  const alice = as('alice');
  const bob = as('bob');
  const commit = (branch: string, path: string) => commitFile(forge, { by: 'alice', branch, path, text: 'a\n', message: `Write ${path}` });
  await commit('change', 'one.txt');
  await bob('POST', `${R}/labels`, { name: 'risky', color: 'ff0000' });
  const pull = await bob('POST', `${R}/pulls`, { title: 'Change', head: 'change', base: 'main' });
  await bob('PATCH', `${R}/pulls/${pull.number}`, { title: 'Changed', body: 'More' });
  await commit('change', 'two.txt');
  await bob('POST', `${R}/issues/${pull.number}/labels`, { labels: ['risky'] });
  await bob('DELETE', `${R}/issues/${pull.number}/labels/risky`, {});
  await bob('PATCH', `${R}/pulls/${pull.number}`, { state: 'closed' });
  await bob('PATCH', `${R}/pulls/${pull.number}`, { state: 'open' });
  const review = await alice('POST', `${R}/pulls/${pull.number}/reviews`, { event: 'APPROVE', body: 'Good' });
  await alice('PUT', `${R}/pulls/${pull.number}/reviews/${review.id}/dismissals`, { message: 'Too early' });
  await writeCheck();
  await alice('PUT', `${R}/pulls/${pull.number}/merge`, {});
  const issue = await bob('POST', `${R}/issues`, { title: 'Drift', body: 'Text' });
  await bob('POST', `${R}/issues/${issue.number}/labels`, { labels: ['risky'] });
  await bob('DELETE', `${R}/issues/${issue.number}/labels/risky`, {});
  await bob('PATCH', `${R}/issues/${issue.number}`, { title: 'Drift again', state: 'closed' });
  await bob('PATCH', `${R}/issues/${issue.number}`, { state: 'open' });
  const comment = await bob('POST', `${R}/issues/${issue.number}/comments`, { body: 'First' });
  await bob('PATCH', `${R}/issues/comments/${comment.id}`, { body: 'Second' });
  await bob('DELETE', `${R}/issues/comments/${comment.id}`, {});
  await alice('PATCH', R, { name: 'renamed' });
  await forge.seedRepository({
    owner: 'acme',
    name: 'other',
    files: new Map([['a', 'b']]),
    author: 'alice',
    collaborators: [{ login: 'alice', role: 'admin' }],
  });
}

/** A check with a button, completed, pressed and asked for again. */
async function writeCheck(): Promise<void> {
  const { forge } = world;
  const request = async (authorization: string, path: string, body: object) => {
    const response = await fetch(`${forge.apiUrl}${path}`, { method: 'POST', headers: { authorization }, body: JSON.stringify(body) });
    expect(response.status, `${path}: ${await response.clone().text()}`).toBe(201);
    return (await response.json()) as { token: string; id: number; check_suite: { id: number } };
  };
  const { token } = await request(`Bearer ${appToken(forge.app.privateKeyPem, forge.app.id)}`, '/app/installations/1/access_tokens', {});
  const [pull] = forge.store.pulls.openOf(1);
  const run = await request(`token ${token}`, `${R}/check-runs`, {
    name: 'flotilla / approve',
    head_sha: pull?.head_sha,
    conclusion: 'action_required',
    output: { title: 'Wait', summary: 'Somebody has to approve' },
    actions: [{ label: 'Approve', description: 'Starts the phase', identifier: 'approve' }],
  });
  await request(`token ${world.tokens.bob}`, `/_forge${R}/check-runs/${run.id}/actions`, { identifier: 'approve' });
  await request(`token ${world.tokens.bob}`, `${R}/check-runs/${run.id}/rerequest`, {});
  await request(`token ${world.tokens.bob}`, `${R}/check-suites/${run.check_suite.id}/rerequest`, {});
}

it.each(describedWebhooks)('%s has the shape of GitHub’s schema', (name) => {
  const delivery = sent.get(name);
  expect(delivery, `${name} was sent`).toBeDefined();
  expectValidWebhook(name, delivery?.payload);
});

it.each(describedWebhooks)('%s has every key that all published examples of it have, with the same types', (name) => {
  const [event = '', action] = name.split('.');
  const examples = published.find((candidate) => candidate.name === event)?.examples ?? [];
  const ofAction = examples.filter((example) => action === undefined || example['action'] === action);
  if (ofAction.length > 0) expect(differences(ofAction, sent.get(name)?.payload, name)).toEqual([]);
});

type Kind = 'null' | 'array' | 'object' | 'string' | 'number' | 'boolean' | 'undefined';

const kindOf = (value: unknown): Kind => (value === null ? 'null' : Array.isArray(value) ? 'array' : (typeof value as Kind));

/** Places where ours lacks what all examples have. A null says nothing of a type; instants are numbers in some examples and text in others. */
function differences(examples: readonly unknown[], ours: unknown, path: string): readonly string[] {
  const kinds = new Set(examples.map(kindOf).filter((kind) => kind !== 'null'));
  const kind = kindOf(ours);
  if (kinds.size !== 1 || kind === 'null') return kind === 'undefined' ? [`${path} is missing`] : [];
  if (kind === 'undefined') return [`${path} is missing`];
  if (!kinds.has(kind)) return /_at$/.test(path) ? [] : [`${path} is ${kind}, not ${[...kinds].join()}`];
  if (kind === 'array') {
    const items = examples.flatMap((example) => (example as readonly unknown[] | null) ?? []);
    const [first] = ours as readonly unknown[];
    return first === undefined || items.length === 0 ? [] : differences(items, first, `${path}[]`);
  }
  if (kind !== 'object') return [];
  const objects = examples.filter((example): example is Record<string, unknown> => kindOf(example) === 'object');
  const [some = {}] = objects;
  const shared = Object.keys(some).filter((key) => objects.every((object) => key in object) && !isOfExample(path, key));
  return shared.flatMap((key) =>
    differences(
      objects.map((object) => object[key]),
      (ours as Record<string, unknown>)[key],
      `${path}.${key}`,
    ),
  );
}

/** What the examples have because of the repository or app that they were taken from. */
function isOfExample(path: string, key: string): boolean {
  // Permissions are those of the app in the example; an app's webhook has no test or ping address of a repository's.
  return (
    path.endsWith('permissions') ||
    (path === 'ping' && (key === 'repository' || key === 'sender')) ||
    (path === 'ping.hook' && /^(url|test_url|ping_url|last_response)$/.test(key))
  );
}

it('deliveries are signed and named as GitHub’s', () => {
  const secret = world.forge.app.webhookSecret;
  for (const { headers, text, name } of world.receiver.delivered) {
    expect(headers['x-hub-signature-256'], name).toBe(`sha256=${createHmac('sha256', secret).update(text).digest('hex')}`);
    expect(headers, name).toMatchObject({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//),
      'x-github-delivery': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-github-hook-installation-target-type': 'integration',
      'x-github-hook-installation-target-id': '42',
    });
  }
  const guids = world.receiver.delivered.map((delivery) => delivery.headers['x-github-delivery']);
  expect(new Set(guids).size).toBe(guids.length);
});

it('a merge sends the closed pull request and the push', () => {
  const merged = sent.get('pull_request.closed')?.payload['pull_request'];
  expect(merged).toMatchObject({ merged: true, merged_by: { login: 'alice' }, state: 'closed' });
  const push = world.receiver.delivered.find(
    (delivery) => delivery.name === 'push' && delivery.payload['after'] === (merged as { merge_commit_sha: string }).merge_commit_sha,
  );
  expect(push?.payload).toMatchObject({ ref: 'refs/heads/main', forced: false, created: false, pusher: { name: 'alice' } });
  expect(push?.payload['commits'], 'two commits of the branch and the merge').toHaveLength(3);
});
