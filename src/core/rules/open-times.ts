import type { CalendarRule } from '../calendar/rules.ts';
import { compileSchedule } from '../manifest/schedule.ts';
import { canonicalJson } from '../model/hash.ts';
import { type Instant, instant } from '../model/time.ts';

/**
 * Where two schedules are compared: some stretches from now, and from two later instants, so that the night in which clocks change and
 * what comes once a year are among them. To look at each stretch of a year would take too long for what anybody may write.
 */
const LOOKS_MS = [0, 130, 260].map((days) => days * 86_400_000);
const LOOK_LENGTH_MS = 400 * 86_400_000;
const STRETCHES_MAX = 10;

interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** Whether a rule is over for good. */
export const isOver = ({ when }: CalendarRule, now: Instant): boolean => when.kind === 'range' && when.toMs <= now;

/** Schedules that one comparison follows: each takes milliseconds, and nobody may keep us busy by writing many. */
const SCHEDULES_MAX = 12;

/** Compares when rules are open. Remembers what it looked at: every rule is compared with every other one. */
export class OpenTimes {
  readonly #now: Instant;
  readonly #looks = new Map<string, readonly Look[] | undefined>();

  constructor(now: Instant) {
    this.#now = now;
  }

  /** Is every instant from now on at which `inner` is open one at which `outer` is open too? Where that cannot be told, it is not. */
  covers(outer: CalendarRule['when'], inner: CalendarRule['when']): boolean {
    const [wide, narrow] = [canonicalJson(outer), canonicalJson(inner)];
    if (wide === narrow) return true;
    const [wideLooks, narrowLooks] = [this.#looksAt(outer, wide), this.#looksAt(inner, narrow)];
    if (wideLooks === undefined || narrowLooks === undefined) return false;
    return wideLooks.every((look, at) => isWithin(narrowLooks[at], look));
  }

  #looksAt(when: CalendarRule['when'], text: string): readonly Look[] | undefined {
    if (this.#looks.has(text)) return this.#looks.get(text);
    const looks = this.#looks.size >= SCHEDULES_MAX ? undefined : looksAt(when, this.#now);
    this.#looks.set(text, looks);
    return looks;
  }
}

function looksAt(when: CalendarRule['when'], now: Instant): readonly Look[] | undefined {
  const looks = LOOKS_MS.flatMap((laterMs) => lookAt(when, now + laterMs) ?? []);
  return looks.length === LOOKS_MS.length ? looks : undefined;
}

function isWithin(narrow: Look | undefined, wide: Look): boolean {
  if (narrow === undefined) return false;
  const untilMs = Math.min(wide.untilMs, narrow.untilMs);
  return narrow.stretches.every(
    ({ startMs, endMs }) =>
      startMs >= untilMs || wide.stretches.some((stretch) => stretch.startMs <= startMs && stretch.endMs >= Math.min(endMs, untilMs)),
  );
}

interface Look {
  readonly stretches: readonly Stretch[];
  /** What comes later was not looked at. */
  readonly untilMs: number;
}

function lookAt(when: CalendarRule['when'], fromMs: number): Look | undefined {
  const endMs = fromMs + LOOK_LENGTH_MS;
  if (when.kind === 'range') return { stretches: clip({ startMs: when.fromMs, endMs: when.toMs }, fromMs, endMs), untilMs: endMs };
  const schedule = compileSchedule(when.schedule);
  if (!schedule.ok) return undefined;
  const stretches: Stretch[] = [];
  let at: number | undefined = fromMs;
  while (at !== undefined && at < endMs) {
    if (stretches.length >= STRETCHES_MAX) return { stretches, untilMs: at };
    const { open, nextMs } = schedule.value(instant(at));
    if (open !== undefined) stretches.push(...clip(open, fromMs, endMs));
    at = nextMs;
  }
  return { stretches, untilMs: endMs };
}

function clip({ startMs, endMs }: Stretch, fromMs: number, toMs: number): readonly Stretch[] {
  const [start, end] = [Math.max(startMs, fromMs), Math.min(endMs, toMs)];
  return start < end ? [{ startMs: start, endMs: end }] : [];
}
