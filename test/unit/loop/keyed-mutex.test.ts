import { describe, expect, it, vi } from 'vitest';
import { runInSteps, within } from '../../../src/loop/event-loop.ts';
import { KeyedMutex } from '../../../src/loop/keyed-mutex.ts';

describe('KeyedMutex', () => {
  it('lets one in at a time for each key, in the order in which they came', async () => {
    const mutex = new KeyedMutex();
    const seen: string[] = [];
    const work = (key: string, name: string) =>
      mutex.run(key, async () => {
        seen.push(`${name} in`);
        await Promise.resolve();
        await Promise.resolve();
        seen.push(`${name} out`);
        return name;
      });
    expect(await Promise.all([work('a', '1'), work('a', '2'), work('b', '3'), work('a', '4')])).toEqual(['1', '2', '3', '4']);
    expect(seen.filter((one) => !one.startsWith('3'))).toEqual(['1 in', '1 out', '2 in', '2 out', '4 in', '4 out']);
    expect(seen.indexOf('3 in')).toBeLessThan(seen.indexOf('1 out'));
  });

  it('lets the next in when one fails, and tells only who failed', async () => {
    const mutex = new KeyedMutex();
    const failed = mutex.run('a', () => Promise.reject(new Error('no')));
    const next = mutex.run('a', async () => 'yes');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});

describe('within', () => {
  it('gives what comes in time, and nothing else', async () => {
    vi.useFakeTimers();
    expect(await within(10, Promise.resolve('soon'))).toBe('soon');
    const late = within(10, new Promise((resolve) => setTimeout(resolve, 11, 'late')));
    await vi.advanceTimersByTimeAsync(10);
    expect(await late).toBeUndefined();
    expect(vi.getTimerCount()).toBe(1);
    vi.useRealTimers();
  });

  it('fails with what it waits for', async () => {
    await expect(within(10, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });
});

describe('runInSteps', () => {
  it('gives the result, and lets others in when it takes long', async () => {
    let others = 0;
    const timer = setInterval(() => {
      others += 1;
    }, 1);
    function* steps(): Generator<void, string> {
      for (let step = 0; step < 3; step += 1) {
        const until = performance.now() + 25;
        while (performance.now() < until);
        yield;
      }
      return 'done';
    }
    expect(await runInSteps(steps())).toBe('done');
    clearInterval(timer);
    expect(others).toBeGreaterThan(0);
  });
});
