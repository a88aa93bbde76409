import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DEFAULT_TIMERS, Scheduler } from '../../../src/app/scheduler.ts';
import { instant } from '../../../src/core/model/time.ts';
import type { Job, StateStore } from '../../../src/ports/state-store.ts';
import { FLEET, OTHER_FLEET } from '../../support/state/builders.ts';

const MINUTE_MS = 60_000;
const warnings: string[] = [];
const log = { debug: () => {}, info: () => {}, warn: (_fields: object, message: string) => void warnings.push(message), error: () => {} };
let asked: string[] = [];
let failing = false;
const store = {
  enqueue: async (jobs: readonly Job[]) => {
    if (failing) throw new Error('no database');
    asked.push(...jobs.map(({ key }) => key));
  },
} as unknown as StateStore;
let scheduler: Scheduler;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  asked = [];
  failing = false;
  warnings.length = 0;
  scheduler = new Scheduler(store, log, () => instant(Date.now()));
});
afterEach(() => {
  scheduler.stop();
  vi.useRealTimers();
});

const count = (key: string) => asked.filter((one) => one === key).length;

it('asks for ticks, sweeps and looks at drift, for each fleet by its own schedule', async () => {
  scheduler.set(FLEET, DEFAULT_TIMERS);
  scheduler.set(OTHER_FLEET, { tick: '* * * * *', sweep: '0 * * * *', driftEveryMs: MINUTE_MS });
  await vi.advanceTimersByTimeAsync(10 * MINUTE_MS + 100);
  expect([count(`tick:${FLEET}`), count(`sweep:${FLEET}`), count(`drift:${FLEET}`)]).toEqual([40, 2, 2]);
  expect([count(`tick:${OTHER_FLEET}`), count(`sweep:${OTHER_FLEET}`), count(`drift:${OTHER_FLEET}`)]).toEqual([10, 0, 10]);
});

it('asks no more for a fleet that is dropped, and begins anew when it comes back', async () => {
  scheduler.begin(FLEET);
  scheduler.begin(OTHER_FLEET);
  scheduler.drop(FLEET);
  await vi.advanceTimersByTimeAsync(MINUTE_MS + 100);
  expect([count(`tick:${FLEET}`), count(`tick:${OTHER_FLEET}`)]).toEqual([0, 4]);
  scheduler.begin(FLEET);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(count(`tick:${FLEET}`)).toBe(4);
});

it('replaces the timers of a schedule that changes, and keeps those of one that does not', async () => {
  const everyMinute = { ...DEFAULT_TIMERS, tick: '* * * * *' };
  scheduler.set(FLEET, DEFAULT_TIMERS);
  scheduler.set(FLEET, everyMinute);
  scheduler.set(FLEET, { ...everyMinute });
  await vi.advanceTimersByTimeAsync(3 * MINUTE_MS + 100);
  expect(count(`tick:${FLEET}`)).toBe(3);
  scheduler.stop();
  await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
  expect(count(`tick:${FLEET}`)).toBe(3);
});

it('does not look for drift all the time when it should look once in a month', async () => {
  scheduler.set(FLEET, { ...DEFAULT_TIMERS, driftEveryMs: 30 * 24 * 60 * MINUTE_MS });
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(count(`drift:${FLEET}`)).toBe(0);
});

it('ticks by the default where a schedule never fires', async () => {
  scheduler.set(FLEET, { ...DEFAULT_TIMERS, tick: '0 0 30 2 *' });
  await vi.advanceTimersByTimeAsync(MINUTE_MS + 100);
  expect(count(`tick:${FLEET}`)).toBe(4);
  expect(warnings).toHaveLength(1);
});

it('goes on when the database does not take a job', async () => {
  failing = true;
  scheduler.set(FLEET, DEFAULT_TIMERS);
  await vi.advanceTimersByTimeAsync(20_000);
  failing = false;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(count(`tick:${FLEET}`)).toBeGreaterThan(0);
});
