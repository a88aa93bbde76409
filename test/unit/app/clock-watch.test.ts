import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClockWatch } from '../../../src/app/clock-watch.ts';
import { createMetrics } from '../../../src/app/metrics.ts';
import { memoryLog } from '../../support/state/test-database.ts';

const MINUTE_MS = 60_000;

describe('the watch over the two clocks', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function watching(...distances: readonly (number | Error)[]) {
    const log = memoryLog();
    const metrics = createMetrics();
    const left = [...distances];
    const watch = new ClockWatch(
      async () => {
        const next = left.shift() ?? 0;
        if (next instanceof Error) throw next;
        return next;
      },
      metrics.databaseClockAhead,
      log,
    );
    await watch.start();
    const ahead = async () => (await metrics.databaseClockAhead.get()).values[0]?.value;
    return { watch, log, ahead, said: () => log.lines.map(({ level }) => level) };
  }

  it.each([
    [5_000, []],
    [5_001, ['warn']],
    [-5_000, []],
    [-20_000, ['warn']],
  ])('at %d ms it says %j, and exports the distance in seconds', async (aheadMs, levels) => {
    const { watch, said, ahead } = await watching(aheadMs);
    expect([said(), await ahead()]).toEqual([levels, aheadMs / 1_000]);
    watch.stop();
  });

  it('warns once, and says when they agree again', async () => {
    const { watch, said, ahead } = await watching(9_000, 9_000, 10);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(said()).toEqual(['warn']);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect([said(), await ahead()]).toEqual([['warn', 'info'], 0.01]);
    watch.stop();
  });

  it('goes on after a database that did not answer', async () => {
    const { watch, said } = await watching(new Error('gone'), 9_000);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(said()).toEqual(['debug', 'warn']);
    watch.stop();
  });
});
