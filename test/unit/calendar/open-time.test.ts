import { describe, expect, it } from 'vitest';
import { type CalendarQuestion, compileCalendar } from '../../../src/core/calendar/calendar-gate.ts';
import { openMsBetween, STRETCHES_MAX } from '../../../src/core/calendar/open-time.ts';
import type { CalendarRule } from '../../../src/core/calendar/rules.ts';
import { instant } from '../../../src/core/model/time.ts';
import { at, daily, question, range, rule } from './calendar-rules.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

const openMs = (rules: readonly CalendarRule[], from: string, to: string, fields: Partial<CalendarQuestion> = {}): number =>
  openMsBetween(compileCalendar({ rules }, at('2030-01-01T00:00:00Z')), { ...question, ...fields }, at(from), at(to));

const freeze = rule({ kind: 'freeze', name: 'noon', when: range('2026-11-21T12:00:00Z', '2026-11-21T14:00:00Z') });
const nights = rule({ kind: 'window', name: 'nights', when: daily(2, '4h') });
const early = rule({ kind: 'window', name: 'early', when: daily(5, '3h') });
const nightFreeze = rule({ kind: 'freeze', name: 'night', when: range('2026-11-21T03:00:00Z', '2026-11-21T04:00:00Z') });
const everySecondMinute = rule({
  kind: 'window',
  name: 'every-second-minute',
  when: { kind: 'schedule', schedule: { cron: '*/2 * * * *', duration: '1m' } },
});
const broken = rule({ kind: 'freeze', name: 'broken', when: { kind: 'schedule', schedule: { cron: 'nonsense', duration: '1h' } } });
const never = rule({
  kind: 'window',
  name: 'never',
  when: { kind: 'schedule', schedule: { cron: '0 0 30 2 *', duration: '1h' } },
});

describe('open time', () => {
  it.each<[string, readonly CalendarRule[], string, string, number]>([
    ['no rules', [], '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z', DAY],
    ['no rules, an instant', [], '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z', 0],
    ['no rules, backwards', [], '2026-11-21T00:00:00.001Z', '2026-11-21T00:00:00Z', 0],
    ['a window, backwards', [nights], '2026-11-21T04:00:00Z', '2026-11-21T03:00:00Z', 0],

    ['a freeze that is active all along', [freeze], '2026-11-21T12:00:00Z', '2026-11-21T14:00:00Z', 0],
    ['from a millisecond before the freeze', [freeze], '2026-11-21T11:59:59.999Z', '2026-11-21T14:00:00Z', 1],
    ['to a millisecond after the freeze', [freeze], '2026-11-21T12:00:00Z', '2026-11-21T14:00:00.001Z', 1],
    ['up to the freeze', [freeze], '2026-11-21T11:00:00Z', '2026-11-21T12:00:00Z', HOUR],
    ['a millisecond into the freeze', [freeze], '2026-11-21T11:00:00Z', '2026-11-21T12:00:00.001Z', HOUR],
    ['from the end of the freeze', [freeze], '2026-11-21T14:00:00Z', '2026-11-21T15:00:00Z', HOUR],
    ['from the last millisecond of the freeze', [freeze], '2026-11-21T13:59:59.999Z', '2026-11-21T15:00:00Z', HOUR],
    ['a freeze in the middle', [freeze], '2026-11-21T10:00:00Z', '2026-11-21T18:00:00Z', 6 * HOUR],
    [
      'two freezes that overlap',
      [freeze, { ...freeze, name: 'x', when: range('2026-11-21T13:00:00Z', '2026-11-21T15:00:00Z') }],
      '2026-11-21T10:00:00Z',
      '2026-11-21T18:00:00Z',
      5 * HOUR,
    ],
    ['a freeze of another product', [{ ...freeze, products: ['connect'] }], '2026-11-21T10:00:00Z', '2026-11-21T18:00:00Z', 8 * HOUR],

    ['daily windows over a week', [nights], '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z', 7 * 4 * HOUR],
    ['from the middle of one window to the middle of another', [nights], '2026-11-16T05:00:00Z', '2026-11-18T03:00:00Z', 6 * HOUR],
    ['between two windows', [nights], '2026-11-16T06:00:00Z', '2026-11-17T02:00:00Z', 0],
    ['a millisecond more on either side', [nights], '2026-11-16T05:59:59.999Z', '2026-11-17T02:00:00.001Z', 2],
    ['two windows that overlap', [nights, early], '2026-11-16T00:00:00Z', '2026-11-17T00:00:00Z', 6 * HOUR],
    ['a freeze inside a window', [nights, nightFreeze], '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z', 3 * HOUR],
    ['a freeze between windows takes nothing', [nights, freeze], '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z', 4 * HOUR],

    ['a window that never opens', [never], '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z', 0],
    ['a freeze that cannot be read', [broken], '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z', 0],
  ])('%s', (_name, rules, from, to, want) => expect(openMs(rules, from, to)).toBe(want));

  it.each<[string, Partial<CalendarQuestion>, number]>([
    ['a rollout', {}, 3 * HOUR],
    ['a rollback, which both rules let pass', { kind: 'rollback' }, DAY],
    ['what is hurried, which only the window lets pass', { expedited: true }, 23 * HOUR],
  ])('asks for %s', (_name, fields, want) =>
    expect(openMs([nights, nightFreeze], '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z', fields)).toBe(want),
  );

  it('follows a window across the night the clocks change', () => {
    const berlin = rule({
      kind: 'window',
      name: 'berlin',
      when: { kind: 'schedule', schedule: { cron: '0 0 * * *', duration: '2h', timeZone: 'Europe/Berlin' } },
    });
    // Midnight in Berlin is 22:00 UTC on the 24th and 23:00 UTC on the 25th.
    expect(openMs([berlin], '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toBe(2 * HOUR);
    expect(openMs([berlin], '2026-10-24T22:00:00Z', '2026-10-25T23:00:00.001Z')).toBe(2 * HOUR + 1);
  });

  it.each([
    ['one stretch fewer than the most', STRETCHES_MAX - 1, STRETCHES_MAX / 2],
    ['the most stretches', STRETCHES_MAX, STRETCHES_MAX / 2],
    ['one stretch more, which counts as closed', STRETCHES_MAX + 1, STRETCHES_MAX / 2],
    ['many more', STRETCHES_MAX * 3, STRETCHES_MAX / 2],
  ])('walks %s', (_name, minutes, want) => {
    const from = at('2026-11-21T00:00:00Z');
    const to = new Date(from + minutes * 60 * SECOND).toISOString();
    expect(openMs([everySecondMinute], '2026-11-21T00:00:00Z', to)).toBe(want * 60 * SECOND);
  });

  it('answers targets that different rules bind apart, on one calendar', () => {
    const calendar = compileCalendar({ rules: [{ ...freeze, products: ['connect'] }, nights] }, at('2030-01-01T00:00:00Z'));
    const [from, to] = [at('2026-11-21T02:00:00Z'), at('2026-11-21T13:00:00Z')];
    const ask = (fields: Partial<CalendarQuestion>) => openMsBetween(calendar, { ...question, ...fields }, from, to);
    const answers = [{}, { kind: 'rollback' }, { product: 'connect', expedited: true }, {}] as const;
    expect(answers.map(ask)).toEqual([4 * HOUR, 11 * HOUR, 10 * HOUR, 4 * HOUR]);
  });

  it('gives the same answer however it was asked before', () => {
    const rules = [nights, early, nightFreeze];
    const warm = compileCalendar({ rules }, at('2030-01-01T00:00:00Z'));
    const hours = [0, 3, 3.5, 7, 26, 29.25, 50];
    const instants = hours.map((hour) => instant(at('2026-11-21T00:00:00Z') + hour * HOUR));
    for (const to of instants)
      for (const from of [...instants].reverse()) {
        const cold = compileCalendar({ rules }, at('2030-01-01T00:00:00Z'));
        expect(openMsBetween(warm, question, from, to)).toBe(openMsBetween(cold, question, from, to));
      }
  });
});
