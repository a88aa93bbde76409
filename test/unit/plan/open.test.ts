import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../../src/core/manifest/generated.ts';
import { compileSchedule } from '../../../src/core/manifest/schedule.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import type { CalendarRule } from '../../../src/core/reconcile/calendar.ts';
import { compileCalendar, type Gate, type GateTarget, gateOf } from '../../../src/core/reconcile/open.ts';

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

const rule = (fields: Partial<CalendarRule> & Pick<CalendarRule, 'kind' | 'name' | 'when'>): CalendarRule => ({
  select: {},
  products: [],
  scope: 'all',
  allowRollback: true,
  allowExpedite: fields.kind === 'window',
  overrun: 'finish',
  reason: 'because',
  ...fields,
});
const range = (from: string, to: string) => ({ kind: 'range', fromMs: Date.parse(from), toMs: Date.parse(to) }) as const;
const daily = (hour: number, duration: string) => ({ kind: 'schedule', schedule: { cron: `0 ${hour} * * *`, duration } }) as const;
const target: GateTarget = { product: 'kafka', labels: { tier: 'prod' }, from: '3.8.0', to: '3.9.0', kind: 'rollout', expedited: false };
const show = (gate: Gate): string =>
  gate.open
    ? `open${gate.closesAt === undefined ? '' : ` until ${iso(gate.closesAt)}`}`
    : `${gate.rule.name}, opens ${iso(gate.opensAt) ?? 'never'}`;
const ask = (rules: readonly CalendarRule[], when: string, fields: Partial<GateTarget> = {}): string =>
  show(gateOf(compileCalendar({ rules }, at(when)), { ...target, ...fields }));

const freeze = rule({ kind: 'freeze', name: 'year-end', when: range('2026-12-20T00:00:00Z', '2027-01-04T00:00:00Z') });
const nights = rule({ kind: 'window', name: 'nights', when: daily(2, '4h') });
const evenings = rule({ kind: 'window', name: 'evenings', when: daily(20, '1h') });

describe('gate', () => {
  it.each<[string, readonly CalendarRule[], string, Partial<GateTarget>, string]>([
    ['no rule allows', [], '2026-12-24T03:00:00Z', {}, 'open'],
    ['the last millisecond before a freeze', [freeze], '2026-12-19T23:59:59.999Z', {}, 'open until 2026-12-20T00:00:00Z'],
    ['the first instant of a freeze', [freeze], '2026-12-20T00:00:00Z', {}, 'year-end, opens 2027-01-04T00:00:00Z'],
    ['the last millisecond of a freeze', [freeze], '2027-01-03T23:59:59.999Z', {}, 'year-end, opens 2027-01-04T00:00:00Z'],
    ['the instant a freeze ends', [freeze], '2027-01-04T00:00:00Z', {}, 'open'],
    ['inside a window', [nights], '2026-11-21T02:00:00Z', {}, 'open until 2026-11-21T06:00:00Z'],
    ['outside a window', [nights], '2026-11-21T06:00:00Z', {}, 'nights, opens 2026-11-22T02:00:00Z'],
    [
      'of two windows the one that opens first is named',
      [nights, evenings],
      '2026-11-21T06:00:00Z',
      {},
      'evenings, opens 2026-11-21T20:00:00Z',
    ],
    ['an active freeze beats an active window', [freeze, nights], '2026-12-24T03:00:00Z', {}, 'year-end, opens 2027-01-04T02:00:00Z'],
    ['a freeze that begins closes the window early', [freeze, evenings], '2026-12-19T20:30:00Z', {}, 'open until 2026-12-19T21:00:00Z'],
    ['a rollback may go outside a window', [nights], '2026-11-21T12:00:00Z', { kind: 'rollback' }, 'open'],
    ['a rollback may go in a freeze', [freeze], '2026-12-24T12:00:00Z', { kind: 'rollback' }, 'open'],
    [
      'unless the freeze forbids it',
      [{ ...freeze, allowRollback: false }],
      '2026-12-24T12:00:00Z',
      { kind: 'rollback' },
      'year-end, opens 2027-01-04T00:00:00Z',
    ],
    [
      'a window that binds rollbacks leaves them every window that is open',
      [{ ...nights, allowRollback: false }, evenings],
      '2026-11-21T20:30:00Z',
      { kind: 'rollback' },
      'open until 2026-11-21T21:00:00Z',
    ],
    ['to hurry lifts a window', [nights], '2026-11-21T12:00:00Z', { expedited: true }, 'open'],
    ['to hurry does not lift a freeze', [freeze], '2026-12-24T12:00:00Z', { expedited: true }, 'year-end, opens 2027-01-04T00:00:00Z'],
    ['unless the freeze allows it', [{ ...freeze, allowExpedite: true }], '2026-12-24T12:00:00Z', { expedited: true }, 'open'],
    [
      'a freeze of minors stops a minor',
      [{ ...freeze, scope: 'minor' }],
      '2026-12-24T12:00:00Z',
      {},
      'year-end, opens 2027-01-04T00:00:00Z',
    ],
    ['and lets a patch pass', [{ ...freeze, scope: 'minor' }], '2026-12-24T12:00:00Z', { to: '3.8.1' }, 'open'],
    ['and a change of config', [{ ...freeze, scope: 'minor' }], '2026-12-24T12:00:00Z', { to: '3.8.0' }, 'open'],
    ['a freeze of majors lets a minor pass', [{ ...freeze, scope: 'major' }], '2026-12-24T12:00:00Z', {}, 'open'],
    ['and stops a major', [{ ...freeze, scope: 'major' }], '2026-12-24T12:00:00Z', { to: '4.0.0' }, 'year-end, opens 2027-01-04T00:00:00Z'],
    [
      'a new cluster is stopped by a freeze of everything',
      [freeze],
      '2026-12-24T12:00:00Z',
      { from: undefined },
      'year-end, opens 2027-01-04T00:00:00Z',
    ],
    ['another product is not concerned', [{ ...freeze, products: ['connect'] }], '2026-12-24T12:00:00Z', {}, 'open'],
    ['other labels are not concerned', [{ ...freeze, select: { matchLabels: { tier: 'dev' } } }], '2026-12-24T12:00:00Z', {}, 'open'],
    [
      'of two freezes the longer is named',
      [freeze, { ...freeze, name: 'forever', when: range('2026-12-01T00:00:00Z', '2027-02-01T00:00:00Z') }],
      '2026-12-24T12:00:00Z',
      {},
      'forever, opens 2027-02-01T00:00:00Z',
    ],
    [
      'a schedule that cannot be read closes',
      [{ ...freeze, when: { kind: 'schedule', schedule: { cron: 'nonsense', duration: '1h' } } }],
      '2026-11-21T12:00:00Z',
      {},
      'year-end, opens never',
    ],
    [
      'a window that never opens',
      [{ ...nights, when: { kind: 'schedule', schedule: { cron: '0 0 30 2 *', duration: '1h' } } }],
      '2026-11-21T12:00:00Z',
      {},
      'nights, opens never',
    ],
  ])('%s', (_name, rules, when, fields, want) => expect(ask(rules, when, fields)).toBe(want));
});
