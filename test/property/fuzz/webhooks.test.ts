import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Hono } from 'hono';
import type { Probot } from 'probot';
import { afterEach, expect, it } from 'vitest';
import { createMetrics } from '../../../src/app/metrics.ts';
import { createTasks } from '../../../src/app/tasks.ts';
import { addWebhookRoute, WEBHOOK_PATH } from '../../../src/app/webhook-route.ts';
import { storeDelivery } from '../../../src/app/webhooks.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { HttpEnv } from '../../../src/http/app.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { closeServers, quiet, serve } from '../../support/http/serve.ts';
import { TestBot } from '../../support/loop/bot.ts';
import { Random } from '../../support/small-world/random.ts';
import { fleetRecord } from '../../support/state/builders.ts';
import { mutatedJson } from './mutate-json.ts';
import { Unconnected } from './request.ts';
import { Effort, SEED } from './work.ts';

interface PublishedEvent {
  readonly name: string;
  readonly examples: readonly object[];
}

// The package is one JSON file whose types claim a module with a default export.
const published = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly PublishedEvent[];
const OURS = new Set(['push', 'pull_request', 'check_run', 'check_suite', 'installation', 'installation_repositories', 'repository']);
const examples = published.flatMap(({ name, examples: all }) => all.map((one) => ({ name, text: JSON.stringify(one) })));
/** Those that the bot acts on more often than the others. */
const chosen = [...examples, ...Array.from({ length: 4 }, () => examples.filter(({ name }) => OURS.has(name))).flat()];

const repositories = new Set(
  published.flatMap(({ examples: all }) =>
    all.flatMap((one) => {
      const id =
        'repository' in one && typeof one.repository === 'object' && one.repository !== null && 'id' in one.repository
          ? one.repository.id
          : 0;
      return typeof id === 'number' && id > 0 ? [id] : [];
    }),
  ),
);

const INPUTS = 30_000;
const OVER_SOCKETS = 300;
const SECRET = 'secret-of-the-webhook';
const EXPECTED = new Set([202, 400, 401, 413, 415]);
const metrics = createMetrics();

afterEach(closeServers);

const headersOf = (name: string, body: string, id: number): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  'x-github-delivery': `delivery-${id}`,
  'x-github-event': name,
  'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
});

/** As much of Probot as the route calls: it stores what it is given. */
function routeTo({ store, clock }: Pick<TestBot, 'store' | 'clock'>) {
  const take = storeDelivery(store, clock, metrics);
  const probot = { webhooks: { receive: take } } as unknown as Probot;
  return (app: Hono<HttpEnv>): void => addWebhookRoute(app, { probot: () => probot, secret: SECRET, metrics, log: quiet });
}

const inputOf = (random: Random) => {
  const { name = '', text = '{}' } = random.pickAny(chosen) ?? {};
  return { name, body: mutatedJson(text, random) };
};

it(`answers ${INPUTS} signed deliveries that are wrong in some way, and carries out what they ask for (FC_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  const effort = new Effort();
  const bot = new TestBot();
  // Each repository of the published deliveries is a fleet, or nothing of them would be carried out.
  for (const repository of repositories) await bot.store.saveFleet(fleetRecord(trusted.fleet(`octo/${repository}`), { repository }));
  const webhooks = new Unconnected(routeTo(bot));
  const tasks = createTasks(bot.loop, () => undefined);
  const statuses = new Map<number, number>();
  let jobs = 0;
  for (let input = 0; input < INPUTS; input += 1) {
    const { name, body } = inputOf(random);
    const told = (): string => `input ${input}: ${name} ${body.slice(0, 300)}`;
    const asked = { method: 'POST', path: WEBHOOK_PATH, headers: headersOf(name, body, input), body };
    const status = await effort.spent(told, () => webhooks.ask(asked));
    if (!EXPECTED.has(status)) throw new Error(`${told()}: answered ${status}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    for (const job of bot.store.jobs.takeDueJobs(bot.clock.now())) {
      jobs += 1;
      await effort.spent(told, () => tasks[job.task](job.payload).catch(onlyPorts));
      bot.store.jobs.done(job);
    }
  }
  console.log(`deliveries: ${JSON.stringify(Object.fromEntries(statuses))}, ${jobs} jobs; ${effort.words}`);
  expect(jobs).toBeGreaterThan(INPUTS / 20);
});

/** A remote that fails is no fault of ours. */
function onlyPorts(error: unknown): void {
  if (!(error instanceof PortError)) throw error;
}

it(`answers ${OVER_SOCKETS} of them over sockets (FC_SEED=${SEED})`, async () => {
  const random = new Random(SEED + 1);
  const { url } = await serve(routeTo(new TestBot()));
  for (let input = 0; input < OVER_SOCKETS; input += 1) {
    const { name, body } = inputOf(random);
    // A header takes no more than one byte for a character, and the body is sent as UTF-8.
    const { status } = await fetch(`${url}${WEBHOOK_PATH}`, { method: 'POST', headers: headersOf(name, body, input), body });
    expect([EXPECTED.has(status), status, body.slice(0, 300)]).toEqual([true, status, body.slice(0, 300)]);
  }
});
