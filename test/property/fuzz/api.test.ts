import { expect, it } from 'vitest';
import { ROLLOUT_VERBS } from '../../../src/core/command/command.ts';
import { digestOf } from '../../../src/http/token.ts';
import { planAndCarryOut } from '../../../src/loop/carry-out-commands.ts';
import { apiRoutes } from '../../../src/web/api-routes.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { Random } from '../../support/small-world/random.ts';
import { mutatedJson } from './mutate-json.ts';
import { mutateText } from './mutate-text.ts';
import { type Asked, Unconnected } from './request.ts';
import { Effort, SEED } from './work.ts';

const INPUTS = 10_000;
const EXPECTED = new Set([200, 202, 400, 401, 403, 404, 405, 409, 413, 422]);
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

/** Few keys, so that many a command has the key of another. */
const keyed = (random: Random): Readonly<Record<string, string>> =>
  random.chance(0.2) ? { 'idempotency-key': `key ${random.below(300)}` } : {};

/** What is no header at all is refused by Node, before any route is asked. */
const inOneLine = (text: string): string => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '_');

it(`answers ${INPUTS} calls of the API that are wrong in some way (FC_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  const effort = new Effort();
  const bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.work();
  const { id } = await bot.newest();
  const accepted = new Set<number>();
  let isHeld = true;
  const loop = bot.withStore({
    accept: async (fleet, given, jobs) => {
      const { id: command, ...rest } = await bot.store.accept(fleet, given, jobs);
      accepted.add(command);
      if (isHeld) await planAndCarryOut(bot.loop, FLEET);
      return (await bot.store.command(FLEET, command)) ?? { id: command, ...rest };
    },
  });
  const api = new Unconnected((app) => {
    app.route('/api/fleets', apiRoutes({ loop: () => loop, desk: () => loop.ports, tokens: [{ login: 'ada', sha256: digestOf(TOKEN) }] }));
  });
  const statuses = new Map<number, number>();
  for (let input = 0; input < INPUTS; input += 1) {
    const [stop] = await bot.store.stops(FLEET);
    const body = random.chance(0.2) ? (random.pickAny(BODIES) ?? '') : mutatedJson(random.pickAny(BODIES) ?? '{}', random);
    const authorization = random.chance(0.95) ? `Bearer ${TOKEN}` : inOneLine(mutateText(`Bearer ${TOKEN}`, random, WORDS));
    // Nobody works on the fleet at times, and who asks does not wait for that.
    isHeld = random.chance(0.95);
    const waiting = isHeld ? {} : { prefer: 'respond-async' };
    const asked: Asked = {
      method: random.chance(0.85) ? 'POST' : 'GET',
      path: pathOf(random, id, stop?.id ?? 'x'),
      headers: { authorization, ...waiting, ...keyed(random) },
      body,
    };
    // What is no address at all is refused before any route is asked.
    if (!URL.canParse(asked.path, 'http://localhost')) continue;
    const told = (): string => `input ${input}: ${asked.method} ${asked.path} ${body.slice(0, 300)}`;
    const status = await effort.spent(told, () => api.ask(asked));
    if (!EXPECTED.has(status)) throw new Error(`${told()}: answered ${status}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (input % 100 === 0) await bot.pass(15_000);
  }
  await bot.work();
  expect(bot.failures).toEqual([]);
  const outcomes = new Map<string | undefined, number>();
  for (const command of accepted) {
    const kind = (await bot.store.command(FLEET, command))?.outcome?.kind;
    outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
  }
  // Each was carried out, and none by a fault of ours that no answer has shown.
  expect([...outcomes.keys()].sort()).toEqual(['done', 'refused']);
  console.log(`calls of the API: ${JSON.stringify(Object.fromEntries(statuses))}; ${effort.words}`);
  expect((statuses.get(200) ?? 0) + (statuses.get(202) ?? 0)).toBeGreaterThan(INPUTS / 20);
  expect(outcomes.get('done')).toBeGreaterThan(INPUTS / 100);
  expect([200, 202, 409, 422].filter((status) => !statuses.has(status))).toEqual([]);
});
