import fc from 'fast-check';
import rrulePackage from 'rrule';
import { expect, it } from 'vitest';
import { readRecurrence } from '../../../src/core/manifest/recurrence.ts';

const { RRule } = rrulePackage;
const ANCHOR = new Date(Date.UTC(2024, 0, 1));

const some = (from: readonly string[], maxLength = 3): fc.Arbitrary<string> =>
  fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength }).map((list) => list.join(','));
const range = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`);
const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const numbered = ['1', '2', '4', '5', '-1', '-2'].flatMap((nth) => DAYS.map((day) => `${nth}${day}`));
const part = (name: string, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(values, { nil: undefined, freq: 1 }).map((value) => (value === undefined ? '' : `;${name}=${value}`));

const common = [
  part('INTERVAL', fc.constantFrom('1', '2', '3', '5', '6', '12')),
  part('BYMONTH', some(range(1, 12))),
  part('BYHOUR', some(range(0, 23))),
  part('BYMINUTE', some(['0', '15', '59'])),
] as const;
const often = fc.tuple(fc.constantFrom('FREQ=DAILY', 'FREQ=WEEKLY'), ...common, part('BYDAY', some(DAYS)), part('WKST', some(DAYS, 1)));
const seldom = fc.tuple(
  fc.constantFrom('FREQ=MONTHLY', 'FREQ=YEARLY'),
  ...common,
  part('BYMONTHDAY', some(['1', '13', '28', '29', '31', '-1', '-3'])),
  fc.oneof(part('BYDAY', some(DAYS)), part('BYDAY', some(numbered))),
  // A library takes the first of too few where a rule asks for the second last; so only the last is asked for here.
  part('BYSETPOS', fc.constantFrom('1', '2', '-1', '1,-1')),
);

const weekly = fc.tuple(
  fc.constantFrom('FREQ=WEEKLY;INTERVAL=2', 'FREQ=WEEKLY;INTERVAL=3'),
  some(DAYS).map((days) => `;BYDAY=${days}`),
  fc.constantFrom(...DAYS).map((day) => `;WKST=${day}`),
);

it.each([
  ['days and weeks', often],
  ['weeks that begin on any day', weekly],
  ['months and years', seldom],
] as const)('starts when the library says, wherever both look: %s', (_name, parts) => {
  const rules = fc.oneof<fc.Arbitrary<readonly string[]>[]>(parts).map((texts) => texts.join(''));
  fc.assert(
    fc.property(rules, fc.integer({ min: Date.UTC(2024, 1, 1), max: Date.UTC(2030, 0, 1) }), (text, at) => {
      const read = readRecurrence(text, { steps: Number.POSITIVE_INFINITY });
      fc.pre(read.ok);
      const rule = new RRule({ ...RRule.parseString(text), dtstart: ANCHOR, until: new Date(Date.UTC(2039, 0, 1)) });
      const nine = 9 * 366 * 86_400_000;
      const [after, before] = [rule.after(new Date(at))?.getTime(), rule.before(new Date(at))?.getTime()];
      if (after === undefined || after - at < nine - 366 * 86_400_000) expect(read.value.after(at)).toBe(after);
      expect(read.value.before(at)).toBe(before);
    }),
    { numRuns: 80 },
  );
});

it('costs no more steps than it is given, whatever the rule', () => {
  fc.assert(
    fc.property(fc.oneof(often, seldom), fc.integer({ min: 0, max: 5_000 }), (parts, steps) => {
      const budget = { steps };
      const read = readRecurrence(parts.join(''), budget);
      if (read.ok) for (const at of [0, Date.UTC(2026, 10, 21), 4e12]) [read.value.after(at), read.value.before(at)];
      // A year that is counted is looked at as one.
      expect(budget.steps).toBeGreaterThan(-400);
    }),
  );
});
