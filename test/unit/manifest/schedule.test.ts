import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../../src/core/manifest/generated.ts';
import { validateFiles } from '../../../src/core/manifest/load.ts';
import { compileSchedule } from '../../../src/core/manifest/schedule.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import { edited, manifest } from './small-fleet.ts';

const at = (text: string): Instant => instant(Date.parse(text));
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString().replace('.000', ''));

function stateAt(schedule: Schedule, when: string): string {
  const compiled = compileSchedule(schedule);
  if (!compiled.ok) return compiled.error;
  const { open, nextMs } = compiled.value(at(when));
  return open === undefined ? `closed, opens ${iso(nextMs)}` : `open ${iso(open.startMs)} to ${iso(open.endMs)}`;
}

describe('schedule', () => {
  const nights: Schedule = { cron: '0 22 * * 1-5', duration: '8h', timeZone: 'Europe/Berlin' };
  const tuesdays: Schedule = { rrule: 'FREQ=WEEKLY;BYDAY=TU;BYHOUR=2;BYMINUTE=0;BYSECOND=0', duration: '2h', timeZone: 'America/New_York' };

  it.each<[string, Schedule, string, string]>([
    ['a millisecond before it opens', nights, '2026-11-20T20:59:59.999Z', 'closed, opens 2026-11-20T21:00:00Z'],
    ['at the instant it opens', nights, '2026-11-20T21:00:00Z', 'open 2026-11-20T21:00:00Z to 2026-11-21T05:00:00Z'],
    ['after midnight', nights, '2026-11-21T03:00:00Z', 'open 2026-11-20T21:00:00Z to 2026-11-21T05:00:00Z'],
    ['in its last millisecond', nights, '2026-11-21T04:59:59.999Z', 'open 2026-11-20T21:00:00Z to 2026-11-21T05:00:00Z'],
    ['at the instant it closes', nights, '2026-11-21T05:00:00Z', 'closed, opens 2026-11-23T21:00:00Z'],
    ['in summer time it opens an hour earlier in UTC', nights, '2026-07-01T20:00:00Z', 'open 2026-07-01T20:00:00Z to 2026-07-02T04:00:00Z'],
    ['a recurrence before it opens', tuesdays, '2026-11-24T06:59:59.999Z', 'closed, opens 2026-11-24T07:00:00Z'],
    ['a recurrence at the instant it opens', tuesdays, '2026-11-24T07:00:00Z', 'open 2026-11-24T07:00:00Z to 2026-11-24T09:00:00Z'],
    ['a recurrence at the instant it closes', tuesdays, '2026-11-24T09:00:00Z', 'closed, opens 2026-12-01T07:00:00Z'],
    ['a recurrence in summer time', tuesdays, '2026-07-07T06:00:00Z', 'open 2026-07-07T06:00:00Z to 2026-07-07T08:00:00Z'],
    [
      'stretches that touch are one',
      { cron: '0 0,6,12 * * *', duration: '6h' },
      '2026-11-21T01:00:00Z',
      'open 2026-11-21T00:00:00Z to 2026-11-21T18:00:00Z',
    ],
    ['the 30th of February', { cron: '0 0 30 2 *', duration: '1h' }, '2026-11-21T00:00:00Z', 'closed, opens undefined'],
  ])('%s', (_name, schedule, when, want) => expect(stateAt(schedule, when)).toBe(want));

  it.each<[string, Schedule, string]>([
    [
      'cron, spring: the skipped time comes after the gap',
      { cron: '30 2 * * *', duration: '1h', timeZone: 'Europe/Berlin' },
      '2026-03-29T01:00:00Z',
    ],
    [
      'recurrence, spring: the skipped time comes an hour later',
      { rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0', duration: '1h', timeZone: 'Europe/Berlin' },
      '2026-03-29T01:30:00Z',
    ],
  ])('%s', (_name, schedule, start) => {
    expect(stateAt(schedule, new Date(Date.parse(start) - 1).toISOString())).toBe(`closed, opens ${iso(Date.parse(start))}`);
    expect(stateAt(schedule, start)).toMatch(/^open/);
  });

  it.each<[string, Schedule]>([
    ['cron', { cron: '30 2 * * *', duration: '30m', timeZone: 'Europe/Berlin' }],
    ['recurrence', { rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0', duration: '30m', timeZone: 'Europe/Berlin' }],
  ])('%s, autumn: of the time that comes twice only the first counts', (_name, schedule) => {
    expect(stateAt(schedule, '2026-10-25T00:30:00Z')).toBe('open 2026-10-25T00:30:00Z to 2026-10-25T01:00:00Z');
    expect(stateAt(schedule, '2026-10-25T01:30:00Z')).toBe('closed, opens 2026-10-26T01:30:00Z');
  });

  it.each<[Schedule, RegExp]>([
    [{ cron: '0 99 * * *', duration: '1h' }, /99|CronPattern/],
    [{ cron: '0 1 * * *', duration: '1h', timeZone: 'Mars/Olympus' }, /Mars\/Olympus/],
    [{ rrule: 'FREQ=DAILY', duration: '1h', timeZone: 'Mars/Olympus' }, /Mars\/Olympus/],
    [{ cron: '0 1 * * *', duration: '0s' }, /never opens/],
    [{ rrule: 'FREQ=MINUTELY', duration: '1h' }, /FREQ=MINUTELY/],
    [{ rrule: 'FREQ=DAILY;INTERVAL=-1', duration: '1h' }, /INTERVAL=-1/],
    [{ rrule: 'FREQ=DAILY;INTERVAL=14;BYDAY=TU', duration: '1h' }, /FREQ=WEEKLY/],
    [{ rrule: 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', duration: '1h' }, /BYMONTHDAY needs/],
    [{ rrule: 'FREQ=DAILY;COUNT=3', duration: '1h' }, /COUNT is not supported/],
    [{ rrule: 'FREQ=DAILY;BYHOUR=24', duration: '1h' }, /BYHOUR=24/],
    [{ rrule: `FREQ=DAILY;BYMINUTE=${Array.from({ length: 49 }, (_, at) => at).join(',')}`, duration: '1m' }, /more than 48 starts a day/],
    [{ rrule: 'BYDAY=MO', duration: '1h' }, /FREQ is missing/],
    [{ rrule: 'FREQ=DAILY;constructor=1', duration: '1h' }, /constructor is not supported/],
  ])('refuses %j', (schedule, want) => {
    const compiled = compileSchedule(schedule);
    expect(compiled.ok ? 'accepted' : compiled.error).toMatch(want);
  });

  it('gives the same answer however it was asked before', () => {
    const warm = compileSchedule(nights);
    for (let day = 1; day < 60; day += 1) {
      const when = instant(Date.UTC(2026, 2, day, 7 * day));
      const cold = compileSchedule(nights);
      expect(warm.ok && warm.value(when).open !== undefined).toBe(cold.ok && cold.value(when).open !== undefined);
    }
  });
});

describe('a recurrence rule', () => {
  const every = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, at) => from + at).join(',');
  it.each([
    ['never comes true', 'FREQ=MONTHLY;INTERVAL=6;BYMONTH=2;BYMONTHDAY=1'],
    ['asks for a day that no month has', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'],
    ['is centuries away', 'FREQ=YEARLY;INTERVAL=999'],
    [
      'counts thousands of starts in a year',
      `FREQ=YEARLY;BYMONTH=${every(1, 12)};BYMONTHDAY=${every(1, 31)};BYHOUR=${every(0, 23)};BYMINUTE=0,30;BYSETPOS=-99`,
    ],
    ['comes on a rare day', 'FREQ=DAILY;INTERVAL=998;BYDAY=TU;BYMONTH=2'],
  ])('that %s costs a bounded number of steps', (_name, rrule) => {
    const budget = { steps: 1_000_000 };
    const compiled = compileSchedule({ rrule, duration: '1h' }, budget);
    if (compiled.ok) compiled.value(at('2026-11-21T00:00:00Z'));
    expect(1_000_000 - budget.steps).toBeLessThan(10_000);
  });

  it('that has spent the budget of all is said to, and the others are not looked at', () => {
    const rare = (name: string): string =>
      manifest('Window', name, 'schedule: { rrule: "FREQ=DAILY;INTERVAL=998;BYDAY=TU", duration: 1h }\nreason: for the test');
    const files = edited({ files: { 'w.yaml': Array.from({ length: 400 }, (_, index) => rare(`w-${index}`)).join('---\n') } });
    const entries = Object.entries(files).map(([path, text]) => ({ path, content: { kind: 'text', text } as const }));
    const { problems } = validateFiles(entries, at('2026-11-21T00:00:00Z'));
    expect(problems.map(({ code }) => code)).toEqual(expect.arrayContaining(['limit/schedules']));
  });
});
