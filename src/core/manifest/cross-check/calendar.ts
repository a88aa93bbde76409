import { formatInstant, type Instant, instant } from '../../model/time.ts';
import type { Freeze, Schedule, Window } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import type { StepBudget } from '../recurrence.ts';
import { compileSchedule } from '../schedule.ts';
import { checkNotZero, checkSelector } from './entries.ts';
import { checkReference, type Known } from './known.ts';

/**
 * A cron expression that never matches makes the library search for some 20 ms. After this many, the others
 * are not looked at in the same run, so that a file full of them cannot stop the bot; the last one says so.
 */
const NEVER_OPENS_MAX = 2;
/** Days that the recurrence rules of one tree may look at together: some 20 ms. A rule that opens every week needs seven at most. */
const STEPS_MAX = 100_000;
/** Five years: a schedule that opens later is a mistake. Leap days are nearer. */
const HORIZON_MS = 5 * 366 * 86_400_000;

/** Documents whose schedule was seen to open. No schedule ends by itself, so this stays true as time goes by. */
export type Opening = ReadonlySet<Window | Freeze>;

/** Windows and freezes: what they refer to, and that they come true some day. */
export function checkCalendar(
  known: Known,
  now: Instant,
  before: Opening,
): { readonly problems: readonly UnlocatedProblem[]; readonly opening: Opening } {
  const rules = [...known.windows.values(), ...known.freezes.values()];
  const opening = new Set(rules.map(({ value }) => value).filter((value) => before.has(value)));
  const unseen = rules.filter(({ value }) => !opening.has(value));
  const problems = [...rules.flatMap((rule) => checkRule(rule, known)), ...checkSchedules(unseen, now)];
  const bad = new Set(problems.map(({ place }) => `${place.file}#${place.index}`));
  for (const { file, index, value } of unseen) if (!bad.has(`${file}#${index}`)) opening.add(value);
  return { problems, opening };
}

function checkRule(rule: Located<Window> | Located<Freeze>, known: Known): readonly UnlocatedProblem[] {
  const { spec } = rule.value;
  return [
    ...(spec.products ?? []).flatMap((name, at) => checkReference(known, 'Product', name, placeIn(rule, 'spec', 'products', at))),
    ...checkSelector(rule, ['spec', 'select'], spec.select),
    ...checkRange(rule),
  ];
}

function checkRange(rule: Located<Window> | Located<Freeze>): readonly UnlocatedProblem[] {
  if (rule.value.kind !== 'Freeze') return [];
  const { from, to } = rule.value.spec;
  if (from === undefined || to === undefined || Date.parse(from) < Date.parse(to)) return [];
  return [
    problemOf(
      'freeze-backwards',
      placeIn(rule, 'spec', 'to'),
      `the freeze ends at ${to}, before it begins at ${from}`,
      'exchange or correct `from` and `to`',
    ),
  ];
}

function checkSchedules(rules: readonly (Located<Window> | Located<Freeze>)[], now: Instant): readonly UnlocatedProblem[] {
  const problems: UnlocatedProblem[] = [];
  const budget: StepBudget = { steps: STEPS_MAX };
  let neverOpens = 0;
  for (const rule of rules) {
    const { schedule } = rule.value.spec;
    if (schedule === undefined) continue;
    const found = checkSchedule(rule, schedule, now, budget);
    problems.push(...found);
    if (budget.steps <= 0) {
      const message = `this recurrence rule, and those before it, look at more than ${STEPS_MAX} days to find out when they open`;
      problems.push(problemOf('limit/schedules', placeIn(rule, 'spec', 'schedule'), message, 'use fewer rules that open years apart'));
      break;
    }
    if (schedule.cron !== undefined && found.some(({ code }) => code === 'never-opens')) neverOpens += 1;
    if (neverOpens < NEVER_OPENS_MAX) continue;
    const message = `after ${NEVER_OPENS_MAX} schedules that never open, the others were not looked at`;
    problems.push(problemOf('never-opens', placeIn(rule, 'spec', 'schedule'), message, 'fix those first'));
    break;
  }
  return problems;
}

function checkSchedule(rule: Located<unknown>, schedule: Schedule, now: Instant, budget: StepBudget): readonly UnlocatedProblem[] {
  const path = ['spec', 'schedule'];
  const zone = schedule.timeZone;
  if (zone !== undefined && !isTimeZone(zone)) {
    const hint = 'use a name of the IANA list, such as Europe/Berlin';
    return [problemOf('unknown-time-zone', placeIn(rule, ...path, 'timeZone'), `no time zone is named \`${zone}\``, hint)];
  }
  const zero = checkNotZero(rule, [...path, 'duration'], schedule.duration, 'it would never be open');
  if (zero.length > 0) return zero;
  const field = schedule.cron === undefined ? 'rrule' : 'cron';
  const compiled = compileSchedule(schedule, budget);
  if (!compiled.ok) {
    return [problemOf('bad-schedule', placeIn(rule, ...path, field), compiled.error, `correct the ${field}`)];
  }
  const { open, nextMs } = compiled.value(now);
  if (open !== undefined || (nextMs !== undefined && nextMs <= now + HORIZON_MS)) return [];
  if (nextMs !== undefined) {
    const message = `it does not open before ${formatInstant(instant(nextMs))}`;
    return [problemOf('never-opens', placeIn(rule, ...path, field), message, 'correct the day, month or interval')];
  }
  return [problemOf('never-opens', placeIn(rule, ...path, field), 'it has no next time: no such day exists', 'correct the day or month')];
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
