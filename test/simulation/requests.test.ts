import { describe, expect, it } from 'vitest';
import { syncFleet } from '../../src/loop/sync-fleet.ts';
import { FLEET, TestBot } from '../support/loop/bot.ts';
import { countingApp, spent, tell } from '../support/loop/requests.ts';
import { smallManifests } from '../support/loop/small-manifests.ts';

describe('a rollout of 2,000 clusters in 16 phases', () => {
  /** 16 phases of 125 clusters, each of which bakes. */
  const strategy = `apiVersion: flotilla.dev/v1
kind: Strategy
metadata: { name: standard }
spec:
  phases:
${Array.from({ length: 16 }, (_, nth) => `    - { name: p${nth}, select: { matchLabels: { tier: t${nth} } }, canary: ${nth === 0}, maxConcurrent: 125, soak: 2m, bake: 10m }\n`).join('')}`;
  const files = (version: string) => {
    const {
      'strategy.yaml': _strategy,
      'clusters/none.yaml': _none,
      ...rest
    } = smallManifests({ version, clusters: {}, fleet: '  maxConcurrent: 2000\n' });
    const clusters = Array.from(
      { length: 2_000 },
      (_, nth) =>
        `apiVersion: flotilla.dev/v1
kind: Cluster
metadata: { name: c${nth}, labels: { tier: t${nth % 16} } }
spec: { product: kafka, dataPlane: ${nth % 2 === 0 ? 'east' : 'west'}, replicas: 3 }
`,
    );
    return { ...rest, 'strategy.yaml': strategy, 'clusters.yaml': clusters.join('---\n') };
  };

  it('costs at most 150 requests, of which at most 60 create content, from its pull request to its end', { timeout: 300_000 }, async () => {
    const bot = countingApp(new TestBot());
    await bot.tasks.install({});
    bot.git.commit(files('3.8.0'));
    await syncFleet(bot.loop, FLEET);
    bot.planes.seed([...(await bot.records()).desired.values()]);
    await bot.work();
    spent(bot);
    const head = bot.git.commit(files('3.9.0'), { ref: 'refs/pull/7/head', from: bot.git.head() ?? null });
    bot.repository.openPull({ number: 7, headSha: head, author: 'octocat', title: 'Kafka 3.9.0' });
    await tell(bot, 'opened', 7, head);
    await bot.work();
    await bot.mergeProposed(7);
    await tell(bot, 'closed', 7, head, 'closed');
    await bot.work();
    // Often at first, when reports come close together.
    await bot.pass(10 * 60_000, 30_000);
    const began = bot.clock.now();
    while ((await bot.newest()).finishedAt === undefined && bot.clock.now() - began < 24 * 3_600_000) await bot.pass(60_000, 60_000);
    await bot.pass(1_800_000, 60_000);
    expect((await bot.newest()).status).toBe('completed');
    const cost = spent(bot);
    expect(cost.all).toBeGreaterThan(20);
    expect(cost.all).toBeLessThanOrEqual(150);
    expect(cost.created).toBeLessThanOrEqual(60);
  });
});
