import { describe, expect, it } from 'vitest';
import { instant } from '../../../src/core/model/time.ts';
import { Timers } from '../../../src/core/reconcile/timers.ts';

function timersOf(...entries: readonly (readonly [string, number | undefined])[]): Timers<string> {
  const timers = new Timers<string>();
  for (const [key, ms] of entries) timers.set(key, ms === undefined ? undefined : instant(ms));
  return timers;
}

describe('what is due', () => {
  it.each([
    [4, []],
    [5, ['b']],
    [9, ['b']],
    [10, ['b', 'a']],
    [30, ['b', 'a', 'c']],
  ])('at %i, earliest first', (now, keys) => {
    expect(timersOf(['a', 10], ['b', 5], ['c', 20]).take(instant(now))).toEqual(keys);
  });

  it('is given once', () => {
    const timers = timersOf(['a', 10], ['b', 20]);
    expect(timers.take(instant(10))).toEqual(['a']);
    expect(timers.take(instant(10))).toEqual([]);
    expect(timers.next()).toBe(20);
  });

  it('is nothing where nothing was set', () => {
    expect(timersOf().next()).toBeUndefined();
    expect(timersOf().take(instant(100))).toEqual([]);
  });

  it('comes in order of time, however it was set', () => {
    const times = Array.from({ length: 200 }, (_, i) => (i * 7_919) % 211);
    const timers = timersOf(...times.map((ms, i) => [`k${i}`, ms] as const));
    const given = timers.take(instant(1_000)).map((key) => times[Number(key.slice(1))]);
    expect(given).toEqual(times.toSorted((a, b) => a - b));
  });

  it('comes in order of time also when taken piece by piece', () => {
    const times = Array.from({ length: 60 }, (_, i) => (i * 37) % 61);
    const timers = timersOf(...times.map((ms, i) => [`k${i}`, ms] as const));
    const given: number[] = [];
    for (let now = timers.next(); now !== undefined; now = timers.next()) {
      given.push(now);
      expect(timers.take(now).map((key) => times[Number(key.slice(1))])).toEqual([now]);
    }
    expect(given).toEqual(times.toSorted((a, b) => a - b));
  });
});

describe('setting a key again', () => {
  it('puts it off', () => {
    const timers = timersOf(['a', 5], ['b', 6], ['a', 10]);
    expect(timers.next()).toBe(6);
    expect(timers.take(instant(9))).toEqual(['b']);
    expect(timers.take(instant(10))).toEqual(['a']);
  });

  it('brings it forward', () => {
    const timers = timersOf(['a', 10], ['a', 5]);
    expect(timers.next()).toBe(5);
    expect(timers.take(instant(20))).toEqual(['a']);
    expect(timers.next()).toBeUndefined();
  });

  it('to never takes it out', () => {
    const timers = timersOf(['a', 10], ['b', 20], ['a', undefined]);
    expect(timers.next()).toBe(20);
    expect(timers.take(instant(20))).toEqual(['b']);
  });

  it('to the same instant changes nothing, and gives it once', () => {
    const timers = timersOf(['a', 10], ['a', 10]);
    expect(timers.take(instant(10))).toEqual(['a']);
    expect(timers.take(instant(10))).toEqual([]);
  });

  it('away and back gives it once', () => {
    const timers = timersOf(['a', 10], ['a', 20], ['a', 10]);
    expect(timers.take(instant(15))).toEqual(['a']);
    expect(timers.take(instant(30))).toEqual([]);
  });

  it('after it was given sets it anew', () => {
    const timers = timersOf(['a', 10]);
    timers.take(instant(10));
    timers.set('a', instant(10));
    expect(timers.next()).toBe(10);
  });
});
