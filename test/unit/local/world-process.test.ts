import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { untilStarted } from '../../../src/local/world-process.ts';

const MINUTE_MS = 60_000;

describe('the start of forge and data planes', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function starting(signal?: AbortSignal) {
    const child = Object.assign(new EventEmitter(), { kill: vi.fn(() => true) });
    const said: string[] = [];
    const at = { isReady: false };
    const outcome = untilStarted(child, () => (at.isReady ? 'ready' : undefined), {
      say: (line) => said.push(line),
      ...(signal === undefined ? {} : { signal }),
    });
    return { child, said, at, outcome };
  }

  it('is waited for as long as the process lives, and what it does is told', async () => {
    const { child, said, at, outcome } = starting();
    child.emit('message', 'it makes 2000 clusters');
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(said.length).toBeGreaterThan(50);
    expect(said.slice(0, 2)).toEqual([
      'the local forge is not ready after 5 s: it makes 2000 clusters\n',
      'the local forge is not ready after 10 s: it makes 2000 clusters\n',
    ]);
    at.isReady = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await outcome).toBe('ready');
  });

  it('says nothing when it is quick', async () => {
    const { said, at, outcome } = starting();
    await vi.advanceTimersByTimeAsync(3_000);
    at.isReady = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect([await outcome, said]).toEqual(['ready', []]);
  });

  it.each(['exit', 'error'])('has failed when the process ends: %s', async (event) => {
    const { child, outcome } = starting();
    child.emit(event, new Error('no such program'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await outcome).toBeUndefined();
  });

  it('is ended when nobody needs it any more', async () => {
    const leave = new AbortController();
    const { child, outcome } = starting(leave.signal);
    const refused = expect(outcome).rejects.toThrow('no longer needed');
    leave.abort();
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
    expect(child.kill).toHaveBeenCalledOnce();
  });
});
