import { describe, expect, it } from 'vitest';
import { nextReportAt } from '../../../src/core/change/report-pace.ts';
import { t } from '../../support/state/builders.ts';

const INTERVAL_MS = 15_000;
const next = (ageMs: number) => nextReportAt(t(0), t(ageMs), INTERVAL_MS) - t(0);

describe('the pace of reports', () => {
  it.each([
    [0, 15_000],
    [1, 15_000],
    [14_999, 15_000],
    [15_000, 30_000],
    [179_999, 180_000],
    // From here on a twelfth of the age is longer than the interval; it doubles, so that every later instant lies on the grid before.
    [180_000, 210_000],
    [361_000, 420_000],
  ])('at the age of %i ms the next is at %i ms', (age, expected) => {
    expect(next(age)).toBe(expected);
  });

  it('begins at the beginning for a rollout that a clock ahead of ours has made', () => expect(next(-5_000)).toBe(15_000));

  it('never lies in the past, nor further away than the interval or a sixth of the age', () => {
    for (let age = 0; age < 100_000_000; age = age * 1.3 + 1_111) {
      const wait = next(Math.floor(age)) - Math.floor(age);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(Math.max(INTERVAL_MS, age / 6));
    }
  });

  it('is the same for all ticks until then', () => {
    for (const age of [3_000, 400_000, 40_000_000]) {
      const at = next(age);
      for (let part = 0; part < 10; part += 1) expect(next(Math.floor(age + ((at - age) * part) / 10))).toBe(at);
    }
  });

  it('writes a rollout of a day no more often than its budget of requests allows', () => {
    let reports = 0;
    for (let age = 0; age < 24 * 3_600_000; age = next(age)) reports += 1;
    expect(reports * 2).toBeLessThan(140);
  });
});
