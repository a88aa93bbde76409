import { type Instant, instant } from '../model/time.ts';
import { type BindingRules, bindingRules, type CalendarQuestion, type CompiledCalendar, type Stretch, stretchAt } from './calendar-gate.ts';

/**
 * Open and closed stretches that are walked through. What lies beyond counts as closed: closed time counts against
 * no duration, so where the walk ends early a target is given more time, and is never called late wrongly.
 */
export const STRETCHES_MAX = 1_000;

/**
 * For how many milliseconds of `from` to just before `to` a target might have been touched, as `calendarVerdict` would
 * have said at each of them. The instant of the calendar itself plays no part.
 */
export function openMsBetween(calendar: CompiledCalendar, question: CalendarQuestion, from: Instant, to: Instant): number {
  if (from >= to) return 0;
  const binding = bindingRules(calendar, question);
  if (binding.freezes.length === 0 && binding.windows.length === 0) return to - from;
  const known = knownStretches(calendar, binding);
  let openMs = 0;
  let at = from;
  for (let walked = 0; walked < STRETCHES_MAX && at < to; walked += 1) {
    const stretch = known.get(at) ?? stretchAt(binding, at);
    known.set(at, stretch);
    const end = instant(Math.min(stretch.untilMs, to));
    if (stretch.open) openMs += end - at;
    at = end;
  }
  return openMs;
}

/** By the instant at which they were asked for. */
type Known = Map<Instant, Stretch>;

/** Stretches that a set of rules remembers before it starts anew: a limit on memory, not on what can be asked. */
const KNOWN_MAX = 10_000;

/**
 * Reading a schedule costs far more than remembering it: walks that the same rules bind meet the same openings and
 * closings, whichever target asks and whenever. By the rules of a calendar, then by those of them that bind.
 */
const knownOf = new WeakMap<CompiledCalendar['rules'], Map<string, Known>>();

function knownStretches({ rules }: CompiledCalendar, { key }: BindingRules): Known {
  const byBinding = knownOf.get(rules) ?? new Map<string, Known>();
  knownOf.set(rules, byBinding);
  const known: Known = byBinding.get(key) ?? new Map();
  byBinding.set(key, known);
  if (known.size > KNOWN_MAX) known.clear();
  return known;
}
