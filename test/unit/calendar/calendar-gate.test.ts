import { describe, expect, it } from 'vitest';
import { type CalendarQuestion, type CalendarVerdict, calendarVerdict, compileCalendar } from '../../../src/core/calendar/calendar-gate.ts';
import type { CalendarRule } from '../../../src/core/calendar/rules.ts';
import { at, daily, question, range, rule } from './calendar-rules.ts';

const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString().replace('.000', ''));
const show = (verdict: CalendarVerdict): string =>
  verdict.open
    ? `open${verdict.closesAt === undefined ? '' : ` until ${iso(verdict.closesAt)}`}`
    : `${verdict.rule.name}, opens ${iso(verdict.opensAt) ?? 'never'}`;
const ask = (rules: readonly CalendarRule[], when: string, fields: Partial<CalendarQuestion> = {}): string =>
  show(calendarVerdict(compileCalendar({ rules }, at(when)), { ...question, ...fields }));

const freeze = rule({ kind: 'freeze', name: 'year-end', when: range('2026-12-20T00:00:00Z', '2027-01-04T00:00:00Z') });
const nights = rule({ kind: 'window', name: 'nights', when: daily(2, '4h') });
const evenings = rule({ kind: 'window', name: 'evenings', when: daily(20, '1h') });

describe('calendar gate', () => {
  it.each<[string, readonly CalendarRule[], string, Partial<CalendarQuestion>, string]>([
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
