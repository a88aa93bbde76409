import { describe, expect, it } from 'vitest';
import { setFleetGauges } from '../../../src/app/fleet-gauges.ts';
import { createMetrics, type Metrics } from '../../../src/app/metrics.ts';
import { TestBot } from '../../support/loop/bot.ts';
import { FLEET } from '../../support/state/builders.ts';

const QUIET = { jobFigures: async () => ({ due: 3, parked: 1, oldestDueMs: 2_500, heldUpMs: 1_500 }) };

const linesOf = async ({ registry }: Metrics, name: string): Promise<readonly string[]> =>
  (await registry.getSingleMetricAsString(name)).split('\n').filter((line) => !line.startsWith('#') && !line.endsWith(' 0'));

async function scraped(bot: TestBot, metrics = createMetrics()): Promise<Metrics> {
  await setFleetGauges(metrics, bot.loop, QUIET);
  return metrics;
}

describe('the gauges of fleets', () => {
  it('follow a rollout from its first cluster to its end', async () => {
    const bot = await TestBot.begin();
    const metrics = await scraped(bot);
    expect(await linesOf(metrics, 'flotilla_clusters')).toEqual([`flotilla_clusters{fleet="${FLEET}",standing="at-desired"} 3`]);
    await bot.merge({ version: '3.9.0' }, 1);
    await bot.passUntil(([newest]) => newest?.counts.rolling === 1);
    await scraped(bot, metrics);
    expect(await linesOf(metrics, 'flotilla_rollouts')).toEqual([`flotilla_rollouts{fleet="${FLEET}",status="running"} 1`]);
    expect(await linesOf(metrics, 'flotilla_clusters')).toEqual([
      `flotilla_clusters{fleet="${FLEET}",standing="moving"} 1`,
      `flotilla_clusters{fleet="${FLEET}",standing="behind"} 2`,
    ]);
    await bot.passUntil(([newest]) => newest?.status === 'completed');
    await scraped(bot, metrics);
    expect(await linesOf(metrics, 'flotilla_rollouts')).toEqual([]);
    expect(await linesOf(metrics, 'flotilla_clusters')).toEqual([`flotilla_clusters{fleet="${FLEET}",standing="at-desired"} 3`]);
    expect((await linesOf(metrics, 'flotilla_data_plane_evidence_timestamp_seconds')).length).toBeGreaterThan(0);
  });

  it('say how the queue does', async () => {
    const metrics = await scraped(await TestBot.begin());
    expect(await linesOf(metrics, 'flotilla_jobs_due')).toEqual(['flotilla_jobs_due 3']);
    expect(await linesOf(metrics, 'flotilla_jobs_parked')).toEqual(['flotilla_jobs_parked 1']);
    expect(await linesOf(metrics, 'flotilla_job_oldest_due_seconds')).toEqual(['flotilla_job_oldest_due_seconds 2.5']);
    expect(await linesOf(metrics, 'flotilla_job_held_up_seconds')).toEqual(['flotilla_job_held_up_seconds 1.5']);
    expect(await linesOf(metrics, 'flotilla_database_up')).toEqual(['flotilla_database_up 1']);
  });

  it('are gone, and not old, while the database does not answer', async () => {
    const bot = await TestBot.begin();
    const metrics = await scraped(bot);
    await setFleetGauges(metrics, bot.loop, { jobFigures: () => Promise.reject(new Error('no database')) });
    expect(await linesOf(metrics, 'flotilla_clusters')).toEqual([]);
    expect(await metrics.registry.getSingleMetricAsString('flotilla_database_up')).toContain('flotilla_database_up 0');
  });
});
