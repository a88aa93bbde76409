import { Octokit } from '@octokit/rest';
import { Probot } from 'probot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SmallForge, startSmallForge } from '../../support/forge/small-forge.ts';

/** GitHub's own clients, pointed at the forge by nothing but its address. */
let world: SmallForge;
const fleet = { owner: 'acme', repo: 'fleet' };

beforeAll(async () => {
  world = await startSmallForge(
    {},
    { pull: { branch: 'change', title: 'Change', body: 'Why', author: 'bob', changes: new Map([['README.md', '# Other\n']]) } },
  );
});

afterAll(() => world.close());

it('@octokit/rest in the name of a person', async () => {
  const octokit = new Octokit({ baseUrl: world.forge.apiUrl, auth: world.tokens.bob });
  expect((await octokit.rest.users.getAuthenticated()).data.login).toBe('bob');
  expect((await octokit.rest.pulls.get({ ...fleet, pull_number: 1 })).data.mergeable).toBe(true);
  expect((await octokit.rest.repos.get(fleet)).data.full_name).toBe('acme/fleet');
  for (let index = 0; index < 45; index += 1)
    await octokit.rest.issues.createComment({ ...fleet, issue_number: 1, body: `Comment ${index}` });
  expect(await octokit.paginate(octokit.rest.issues.listComments, { ...fleet, issue_number: 1 })).toHaveLength(45);
  await expect(octokit.rest.pulls.get({ ...fleet, pull_number: 9 })).rejects.toMatchObject({ status: 404 });
});

it('Probot as the app: signs in, finds its installation, writes a check and a comment', async () => {
  const { forge } = world;
  const probot = new Probot({
    appId: forge.app.id,
    privateKey: forge.app.privateKeyPem,
    secret: forge.app.webhookSecret,
    baseUrl: forge.apiUrl,
    logLevel: 'fatal',
  });
  await probot.ready();
  const app = await probot.auth();
  const { data: installation } = await app.rest.apps.getRepoInstallation(fleet);
  const octokit = await probot.auth(installation.id);
  const { data: pull } = await octokit.rest.pulls.get({ ...fleet, pull_number: 1 });
  const { data: run } = await octokit.rest.checks.create({
    ...fleet,
    name: 'flotilla / plan',
    head_sha: pull.head.sha,
    status: 'in_progress',
  });
  const done = await octokit.rest.checks.update({
    ...fleet,
    check_run_id: run.id,
    conclusion: 'success',
    output: { title: 'Fine', summary: 'Nothing changes' },
  });
  expect(done.data).toMatchObject({ status: 'completed', conclusion: 'success', app: { slug: 'flotilla' } });
  const comment = await octokit.rest.issues.createComment({ ...fleet, issue_number: 1, body: 'The plan' });
  expect(comment.data.user?.login).toBe('flotilla[bot]');
  expect((await octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...fleet, commit_sha: pull.head.sha })).data).toHaveLength(1);
  await forge.deliveriesIdle();
  const deliveries = await app.paginate(app.rest.apps.listWebhookDeliveries, { per_page: 20 });
  expect(deliveries.some((delivery) => delivery.event === 'pull_request' && delivery.status === 'OK')).toBe(true);
});

it('Probot takes the forge’s webhooks as GitHub’s, and a redelivery keeps its GUID', async () => {
  const { forge, receiver } = world;
  const probot = new Probot({
    appId: forge.app.id,
    privateKey: forge.app.privateKeyPem,
    secret: forge.app.webhookSecret,
    baseUrl: forge.apiUrl,
    logLevel: 'fatal',
  });
  await probot.ready();
  const titles: string[] = [];
  probot.on('pull_request.edited', async (context) => {
    titles.push(context.payload.pull_request.title);
  });
  receiver.clear();
  await forge.call('bob', 'PATCH', '/repos/acme/fleet/pulls/1', { title: 'Renamed' });
  await forge.deliveriesIdle();
  const [delivery] = receiver.delivered;
  const text = (name: string): string => String(delivery?.headers[name]);
  await probot.webhooks.verifyAndReceive({
    id: text('x-github-delivery'),
    name: 'pull_request',
    signature: text('x-hub-signature-256'),
    payload: delivery?.text ?? '',
  });
  expect(titles).toEqual(['Renamed']);
  const app = await probot.auth();
  const { data } = await app.rest.apps.listWebhookDeliveries({ per_page: 1 });
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: data[0]?.id ?? 0 });
  await forge.deliveriesIdle();
  expect(receiver.delivered.map((again) => again.headers['x-github-delivery'])).toEqual([
    text('x-github-delivery'),
    text('x-github-delivery'),
  ]);
  expect((await app.rest.apps.listWebhookDeliveries({ per_page: 2 })).data).toMatchObject([{ redelivery: true }, { redelivery: false }]);
});

it('a receiver that fails is not asked again, and the log shows it', async () => {
  const { forge, receiver } = world;
  receiver.clear();
  receiver.answerWith(500);
  await forge.call('bob', 'POST', '/repos/acme/fleet/issues', { title: 'One' });
  await forge.deliveriesIdle();
  receiver.answerWith(200);
  await forge.call('bob', 'POST', '/repos/acme/fleet/issues', { title: 'Two' });
  await forge.deliveriesIdle();
  expect(receiver.delivered.map((delivery) => delivery.name)).toEqual(['issues.opened', 'issues.opened']);
  const failed = forge.store.deliveries.sent(Number.MAX_SAFE_INTEGER, 10, true);
  expect(failed).toMatchObject([{ status: 'Invalid HTTP Response: 500', status_code: 500 }]);
});
