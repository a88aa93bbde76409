import { err, ok, type Result } from '../model/result.ts';

/** What is left of the work that reading schedules may cost; one step is one day, or one month, that was looked at. */
export interface StepBudget {
  steps: number;
}

/** A recurrence rule on the local wall clock, whose instants are written as if they were UTC. */
export interface Recurrence {
  /** The first start after; `undefined` where there is none in nine years, or the budget is spent. */
  after(wallMs: number): number | undefined;
  /** The last start before. */
  before(wallMs: number): number | undefined;
}

const DAY_MS = 86_400_000;
/** Rules count from a Monday at midnight, local time: the anchor that DTSTART would be. */
const ANCHOR_DAY = Date.UTC(2024, 0, 1) / DAY_MS;
const ANCHOR_YEAR = 2024;
/** Nine years hold every date there is: leap days are eight apart at most. */
const SEARCH_DAYS = 9 * 366;
/** Every half hour. More is no window but a misunderstanding, and costs what a person waits for. */
const STARTS_PER_DAY_MAX = 48;

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** What each part of a rule may say. */
const PARTS: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9][0-9]{0,2}$/,
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
  BYDAY: /^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU))*$/,
  BYMONTH: /^(1[0-2]|[1-9])(,(1[0-2]|[1-9]))*$/,
  BYMONTHDAY: /^-?(3[01]|[12][0-9]|[1-9])(,-?(3[01]|[12][0-9]|[1-9]))*$/,
  BYSETPOS: /^-?[1-9][0-9]?(,-?[1-9][0-9]?)*$/,
  BYHOUR: /^(2[0-3]|1?[0-9])(,(2[0-3]|1?[0-9]))*$/,
  BYMINUTE: /^[1-5]?[0-9](,[1-5]?[0-9])*$/,
  BYSECOND: /^[1-5]?[0-9](,[1-5]?[0-9])*$/,
};

interface Rule {
  readonly frequency: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  readonly interval: number;
  /** Days from Monday to the first day of a week. */
  readonly weekStart: number;
  /** Day of the week from Monday, and the how manieth of its month or year; 0 for each. */
  readonly weekdays: readonly { readonly day: number; readonly nth: number }[];
  readonly months: ReadonlySet<number>;
  readonly monthDays: ReadonlySet<number>;
  readonly positions: readonly number[];
  /** Starts of a day, in milliseconds from midnight, in order. */
  readonly times: readonly number[];
}

/**
 * Reads a recurrence rule of RFC 5545.
 *
 * It is evaluated here and not by a library: libraries go through every start since the anchor, and through thousands of years for a
 * rule that never comes true, and nothing can stop them on the way.
 *
 * @returns what is wrong with it, in words.
 */
export function readRecurrence(text: string, budget: StepBudget): Result<Recurrence, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', value = ''] = part.split('=');
    const form = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (form === undefined) return err(`${name || 'an empty part'} is not supported; use ${Object.keys(PARTS).join(', ')}`);
    if (part.split('=').length !== 2 || !form.test(value)) return err(`${part} is not a value that ${name} may have here`);
    if (parts.has(name)) return err(`${name} is given twice`);
    parts.set(name, value);
  }
  const rule = ruleOf(parts);
  const objection = objectionTo(parts, rule);
  return objection === undefined ? ok(new Search(rule, budget)) : err(objection);
}

function ruleOf(parts: ReadonlyMap<string, string>): Rule {
  const numbers = (name: string): readonly number[] => (parts.get(name)?.split(',') ?? []).map(Number);
  const either = (name: string): readonly number[] => (parts.has(name) ? [...new Set(numbers(name))] : [0]);
  const frequency = (parts.get('FREQ') ?? 'YEARLY') as Rule['frequency'];
  const hasDays = parts.has('BYDAY') || parts.has('BYMONTHDAY');
  // Without a day a rule goes by the anchor: a Monday, the first of a month and of a year.
  const monthDays = hasDays || frequency === 'DAILY' || frequency === 'WEEKLY' ? numbers('BYMONTHDAY') : [1];
  const weekdays = hasDays || frequency !== 'WEEKLY' ? (parts.get('BYDAY')?.split(',') ?? []) : ['MO'];
  const months = parts.has('BYMONTH') || hasDays || frequency !== 'YEARLY' ? numbers('BYMONTH') : [1];
  const [hours, minutes, seconds] = [either('BYHOUR'), either('BYMINUTE'), either('BYSECOND')];
  const isTooMany = hours.length * minutes.length * seconds.length > STARTS_PER_DAY_MAX;
  const times = hours.flatMap((hour) =>
    minutes.flatMap((minute) => (isTooMany ? [] : seconds.map((second) => ((hour * 60 + minute) * 60 + second) * 1_000))),
  );
  return {
    frequency,
    interval: Number(parts.get('INTERVAL') ?? 1),
    weekStart: Math.max(0, WEEKDAYS.indexOf(parts.get('WKST') ?? 'MO')),
    weekdays: weekdays.map((text) => ({ day: WEEKDAYS.indexOf(text.slice(-2)), nth: Number(text.slice(0, -2) || 0) })),
    months: new Set(months),
    monthDays: new Set(monthDays),
    positions: numbers('BYSETPOS'),
    times: times.sort((a, b) => a - b),
  };
}

function objectionTo(parts: ReadonlyMap<string, string>, rule: Rule): string | undefined {
  if (!parts.has('FREQ')) return 'FREQ is missing';
  if (rule.times.length === 0) {
    return `BYHOUR, BYMINUTE and BYSECOND give more than ${STARTS_PER_DAY_MAX} starts a day; use fewer, and a longer duration`;
  }
  const often = rule.frequency === 'DAILY' || rule.frequency === 'WEEKLY';
  const seldom = ['BYMONTHDAY', 'BYSETPOS'].find((name) => parts.has(name));
  if (often && seldom !== undefined) return `${seldom} needs FREQ=MONTHLY or FREQ=YEARLY`;
  if (often && rule.weekdays.some(({ nth }) => nth !== 0)) return 'a numbered BYDAY, such as 1MO, needs FREQ=MONTHLY or FREQ=YEARLY';
  const everyWeeks = rule.frequency === 'DAILY' && rule.interval % 7 === 0;
  return everyWeeks ? 'FREQ=DAILY with whole weeks as INTERVAL falls on one weekday only; use FREQ=WEEKLY' : undefined;
}

interface DayOfYear {
  readonly day: number;
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly dayOfMonth: number;
}

const dayOf = (day: number): DayOfYear => {
  const date = new Date(day * DAY_MS);
  return { day, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, dayOfMonth: date.getUTCDate() };
};

const firstOfMonth = (year: number, month: number): number => Date.UTC(year, month - 1, 1) / DAY_MS;

class Search implements Recurrence {
  readonly #rule: Rule;
  readonly #budget: StepBudget;
  /** Starts of the period that was asked for last, by day; only where a rule counts them. */
  #counted: { readonly period: string; readonly starts: ReadonlyMap<number, readonly number[]> } | undefined;

  constructor(rule: Rule, budget: StepBudget) {
    this.#rule = rule;
    this.#budget = budget;
  }

  after(wallMs: number): number | undefined {
    const first = Math.max(ANCHOR_DAY, Math.floor(wallMs / DAY_MS));
    return this.#search(first, first + SEARCH_DAYS, 1, (startMs) => startMs > wallMs);
  }

  before(wallMs: number): number | undefined {
    const last = Math.floor(wallMs / DAY_MS);
    return this.#search(last, Math.max(ANCHOR_DAY, last - SEARCH_DAYS), -1, (startMs) => startMs < wallMs);
  }

  #search(from: number, to: number, step: 1 | -1, suits: (startMs: number) => boolean): number | undefined {
    for (let day = from; step === 1 ? day <= to : day >= to; day += step) {
      if (this.#budget.steps <= 0) return undefined;
      this.#budget.steps -= 1;
      const date = dayOf(day);
      if (!this.#isInPeriod(date)) {
        // A whole month is passed in one step.
        day = step === 1 ? firstOfMonth(date.year, date.month + 1) - 1 : firstOfMonth(date.year, date.month);
        continue;
      }
      const times = this.#startsOn(date);
      const found = (step === 1 ? times : times.toReversed()).find((time) => suits(day * DAY_MS + time));
      if (found !== undefined) return day * DAY_MS + found;
    }
    return undefined;
  }

  #isInPeriod({ year, month }: DayOfYear): boolean {
    const { frequency, interval, months } = this.#rule;
    if (months.size > 0 && !months.has(month)) return false;
    if (frequency === 'MONTHLY') return ((year - ANCHOR_YEAR) * 12 + month - 1) % interval === 0;
    return frequency !== 'YEARLY' || (year - ANCHOR_YEAR) % interval === 0;
  }

  #startsOn(date: DayOfYear): readonly number[] {
    const { positions, times } = this.#rule;
    if (positions.length === 0) return this.#matches(date) ? times : [];
    const period = this.#rule.frequency === 'YEARLY' ? `${date.year}` : `${date.year}-${date.month}`;
    if (this.#counted?.period !== period) this.#counted = { period, starts: this.#countedIn(date) };
    return this.#counted.starts.get(date.day) ?? [];
  }

  /** The starts of a month or year that BYSETPOS picks by their number. */
  #countedIn({ year, month }: DayOfYear): ReadonlyMap<number, readonly number[]> {
    const { frequency, positions, times } = this.#rule;
    const [first, end] =
      frequency === 'YEARLY'
        ? [firstOfMonth(year, 1), firstOfMonth(year + 1, 1)]
        : [firstOfMonth(year, month), firstOfMonth(year, month + 1)];
    this.#budget.steps -= end - first;
    const days = Array.from({ length: end - first }, (_, at) => dayOf(first + at)).filter(
      (date) => this.#isInPeriod(date) && this.#matches(date),
    );
    const count = days.length * times.length;
    const starts = new Map<number, number[]>();
    for (const at of [...new Set(positions.map((position) => (position > 0 ? position - 1 : count + position)))].sort((a, b) => a - b)) {
      const day = days[Math.floor(at / times.length)]?.day;
      const time = times[at % times.length];
      if (at < 0 || day === undefined || time === undefined) continue;
      starts.set(day, [...(starts.get(day) ?? []), time]);
    }
    return starts;
  }

  #matches(date: DayOfYear): boolean {
    const { frequency, interval, weekStart, weekdays, monthDays } = this.#rule;
    const since = date.day - ANCHOR_DAY;
    if (since < 0 || (frequency === 'DAILY' && since % interval !== 0)) return false;
    const firstWeek = (7 - weekStart) % 7;
    if (frequency === 'WEEKLY' && Math.floor((since + firstWeek) / 7) % interval !== 0) return false;
    if (monthDays.size > 0) {
      const length = firstOfMonth(date.year, date.month + 1) - firstOfMonth(date.year, date.month);
      if (!monthDays.has(date.dayOfMonth) && !monthDays.has(date.dayOfMonth - length - 1)) return false;
    }
    return weekdays.length === 0 || weekdays.some(({ day, nth }) => day === since % 7 && (nth === 0 || this.#isNth(date, nth)));
  }

  /** Counted in the month; in the year, where no month is given. */
  #isNth({ day, year, month }: DayOfYear, nth: number): boolean {
    const inYear = this.#rule.frequency === 'YEARLY' && this.#rule.months.size === 0;
    const first = firstOfMonth(year, inYear ? 1 : month);
    const end = inYear ? firstOfMonth(year + 1, 1) : firstOfMonth(year, month + 1);
    return nth > 0 ? Math.floor((day - first) / 7) + 1 === nth : Math.floor((end - 1 - day) / 7) + 1 === -nth;
  }
}
