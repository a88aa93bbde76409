import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorldKeeper } from '../../../src/local/world-keeper.ts';
import { memoryLog } from '../../support/state/test-database.ts';

/** No system gives a process such a number. */
const DEAD = 2 ** 22 + 1;

describe('the keeper of forge and data planes', () => {
  let pid: number | undefined;
  let startedAt: number[];
  let fails: number;
  let keeper: WorldKeeper;
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(0);
    startedAt = [];
    fails = 0;
    pid = process.pid;
    const start = async () => {
      startedAt.push(Date.now());
      if (startedAt.length <= fails) throw new Error('the disk is full');
      pid = process.pid;
    };
    keeper = new WorldKeeper({ pid: () => pid, start }, memoryLog());
  });
  afterEach(() => {
    vi.useRealTimers();
    return keeper.stop();
  });

  it.each([
    ['live', process.pid],
    ['were ended in order', undefined],
  ])('leaves them alone while they %s', async (_name, now) => {
    pid = now;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(startedAt).toEqual([]);
  });

  it('starts them again each time they die', async () => {
    for (const starts of [1, 2]) {
      pid = DEAD;
      await vi.advanceTimersByTimeAsync(10_000);
      expect(startedAt).toHaveLength(starts);
    }
  });

  it('waits longer after each failure, and half a minute at most', async () => {
    fails = 8;
    pid = DEAD;
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    const waits = startedAt.map((at, nth) => at - (startedAt[nth - 1] ?? 1_000));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('starts nothing any more once it is stopped', async () => {
    pid = DEAD;
    const stopped = keeper.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    await stopped;
    expect(startedAt).toEqual([]);
  });
});
