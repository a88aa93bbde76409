import { expect, it } from 'vitest';
import { readBody, sendJson } from '../../../src/app/http-server.ts';
import { ROLLOUT_VERBS } from '../../../src/core/command/command.ts';
import { apiRoute } from '../../../src/web/api-route.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { Random } from '../../support/small-world/random.ts';
import { mutatedJson } from './mutate-json.ts';
import { mutateText } from './mutate-text.ts';
import { type Asked, ask } from './request.ts';
import { Effort, SEED } from './work.ts';

const INPUTS = 10_000;
const EXPECTED = new Set([200, 400, 401, 403, 404, 405, 409, 413]);
const TOKEN = 'a-token-of-some-length';
const BODIES = [
  { by: 'ada', reason: 'because', cluster: 'k-one', phase: 'canary', digest: 'a'.repeat(64), stop: 'x', product: 'kafka' },
  { by: 'ada', reason: 'because', for: '4h', until: '2026-12-24T18:00:00Z' },
  { by: 'ada', reason: 'because', scope: 'cluster', name: 'k-one', lets: 'nothing', for: '1h' },
  { by: 'ada', reason: 'because', scope: 'data-plane', name: 'east', lets: 'rollbacks' },
].map((body) => JSON.stringify(body));
const WORDS = ['rollouts', 'stops', 'stop', 'lift', 'releases', 'reconcile', 'audit', 'drifts', 'kafka', ...ROLLOUT_VERBS];

/** An address that there is, or one that is nearly so. */
function pathOf(random: Random, rollout: string, stop: string): string {
  const below = random.pick([
    `/rollouts/${rollout}/${random.pickAny(ROLLOUT_VERBS)}`,
    `/rollouts/${rollout}/${random.pickAny(ROLLOUT_VERBS)}`,
    `/rollouts/${rollout}/${random.pickAny(ROLLOUT_VERBS)}`,
    `/stops/${stop}/lift`,
    '/stop',
    '/releases/kafka/reconcile',
    '/audit?subject=k-one',
    '/drifts',
    '/rollouts',
  ]);
  const path = `/api/fleets/${FLEET}${below}`;
  return random.chance(0.7) ? path : mutateText(path, random, WORDS).replaceAll(/[\s\ud800]/g, '_');
}

it(`answers ${INPUTS} calls of the API that are wrong in some way (FC_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  const effort = new Effort();
  const bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.work();
  const { id } = await bot.newest();
  const route = apiRoute({ loop: () => bot.loop, token: TOKEN, readBody, sendJson });
  const statuses = new Map<number | undefined, number>();
  for (let input = 0; input < INPUTS; input += 1) {
    const [stop] = await bot.store.stops(FLEET);
    const body = random.chance(0.2) ? (random.pickAny(BODIES) ?? '') : mutatedJson(random.pickAny(BODIES) ?? '{}', random);
    const authorization = random.chance(0.95) ? `Bearer ${TOKEN}` : mutateText(`Bearer ${TOKEN}`, random, WORDS);
    const asked: Asked = {
      method: random.chance(0.85) ? 'POST' : 'GET',
      path: pathOf(random, id, stop?.id ?? 'x'),
      headers: { authorization },
      body,
    };
    // What is no address at all is refused before any route is asked.
    if (!URL.canParse(asked.path, 'http://localhost')) continue;
    const told = (): string => `input ${input}: ${asked.method} ${asked.path} ${body.slice(0, 300)}`;
    const status = await effort.spent(told, () => ask(route, asked));
    if (status !== undefined && !EXPECTED.has(status)) throw new Error(`${told()}: answered ${status}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (input % 100 === 0) await bot.pass(15_000);
  }
  expect(bot.failures).toEqual([]);
  console.log(`calls of the API: ${JSON.stringify(Object.fromEntries(statuses))}; ${effort.words}`);
  expect(statuses.get(200)).toBeGreaterThan(INPUTS / 20);
});
