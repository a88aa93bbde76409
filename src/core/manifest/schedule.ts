import { Cron, CronDate } from 'croner';
import { err, ok, type Result } from '../model/result.ts';
import { duration, type Instant } from '../model/time.ts';
import type { Schedule } from './generated.ts';
import { type Recurrence, readRecurrence, type StepBudget } from './recurrence.ts';

/** A stretch of time: open from `startMs`, closed again at `endMs`. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What a schedule says at one instant. */
export interface ScheduleState {
  /** The stretch that is open now; stretches that touch or overlap are one. */
  readonly open: Span | undefined;
  /** The first opening after now, and after the open stretch; `undefined` when it never opens again. */
  readonly nextMs: number | undefined;
}

/** A schedule that has been read once, to be asked often. */
export type CompiledSchedule = (at: Instant) => ScheduleState;

/** Beyond this many stretches that touch, an opening counts as ending: a limit on work, at which the answer is asked for again. */
const JOINED_MAX = 60;

const UNBOUNDED: StepBudget = { steps: Number.POSITIVE_INFINITY };

/**
 * Reads a schedule. A duration is elapsed time: a window of 8 hours lasts 8 hours in the night the clocks change too.
 *
 * @param budget - how much may be looked at for recurrence rules, over all that share it; each search alone is bounded as well.
 * @returns what is wrong with it, in words, when the schedule cannot be read or its time zone is unknown.
 */
export function compileSchedule(schedule: Schedule, budget: StepBudget = UNBOUNDED): Result<CompiledSchedule, string> {
  const starts = schedule.cron === undefined ? recurrenceStarts(schedule, budget) : cronStarts(schedule.cron, schedule.timeZone ?? 'UTC');
  if (!starts.ok) return starts;
  const lengthMs = duration(schedule.duration);
  if (lengthMs <= 0) return err('the duration is 0: it never opens');
  return ok(scheduleOf(starts.value, lengthMs));
}

/** When stretches begin, in milliseconds since the epoch. */
interface Starts {
  /** The last start at or before. */
  last(atMs: number): number | undefined;
  /** The first start after. */
  next(atMs: number): number | undefined;
}

/** Stretches that a schedule remembers: now, and those that a look ahead passes through. */
const REMEMBERED_MAX = 8;

/** The answer stays the same until it next opens or closes, so it is worked out once for each such stretch. */
function scheduleOf(starts: Starts, lengthMs: number): CompiledSchedule {
  const known: { readonly fromMs: number; readonly untilMs: number; readonly state: ScheduleState }[] = [];
  return (at) => {
    const hit = known.find(({ fromMs, untilMs }) => fromMs <= at && at < untilMs);
    if (hit !== undefined) return hit.state;
    const state = stateAt(starts, lengthMs, at);
    known.push({ fromMs: at, untilMs: state.open?.endMs ?? state.nextMs ?? Number.POSITIVE_INFINITY, state });
    if (known.length > REMEMBERED_MAX) known.shift();
    return state;
  };
}

function stateAt(starts: Starts, lengthMs: number, at: number): ScheduleState {
  const startMs = starts.last(at);
  if (startMs === undefined || startMs + lengthMs <= at) return { open: undefined, nextMs: starts.next(at) };
  let endMs = startMs + lengthMs;
  let nextMs = starts.next(startMs);
  for (let joined = 0; joined < JOINED_MAX && nextMs !== undefined && nextMs <= endMs; joined += 1) {
    endMs = nextMs + lengthMs;
    nextMs = starts.next(nextMs);
  }
  return { open: { startMs, endMs }, nextMs };
}

function cronStarts(pattern: string, timezone: string): Result<Starts, string> {
  try {
    // Without a function to call, croner starts no timer: it only computes.
    const cron = new Cron(pattern, { timezone, mode: '5-or-6-parts' });
    cron.nextRun(new Date(0));
    return ok({
      // croner looks strictly before and works in whole seconds, hence the second on top.
      last: (atMs) =>
        cron
          .previousRuns(2, new Date(atMs + 1_000))
          .find((run) => run.getTime() <= atMs)
          ?.getTime(),
      next: (atMs) => cron.nextRun(new Date(atMs))?.getTime(),
    });
  } catch (error) {
    return err(words(error));
  }
}

/** How far local time jumps when clocks change, at most, with room to spare. */
const CLOCK_JUMP_MS = 4 * 3_600_000;

/**
 * The rule is evaluated on the local wall clock, written as if it were UTC, and each result is then read in the time zone:
 * so a window at 02:00 is at 02:00 in summer and in winter. A time that the clocks skip comes an hour later; of a time
 * that comes twice, the first counts.
 */
function recurrenceStarts(schedule: Schedule, budget: StepBudget): Result<Starts, string> {
  const zone = schedule.timeZone ?? 'UTC';
  const read = readRecurrence(schedule.rrule ?? '', budget);
  if (!read.ok) return read;
  try {
    wallClock(0, zone);
  } catch (error) {
    return err(words(error));
  }
  return ok({ last: (atMs) => search(read.value, zone, atMs, 'back'), next: (atMs) => search(read.value, zone, atMs, 'on') });
}

/** Starts a little beyond the instant, because the wall clock may jump there, and judges each start by the instant it means. */
function search(rule: Recurrence, zone: string, atMs: number, direction: 'back' | 'on'): number | undefined {
  const back = direction === 'back';
  let wall: number | undefined = wallClock(atMs, zone) + (back ? CLOCK_JUMP_MS : -CLOCK_JUMP_MS);
  for (;;) {
    wall = back ? rule.before(wall) : rule.after(wall);
    if (wall === undefined) return undefined;
    const startMs = new CronDate(new Date(wall).toISOString().slice(0, 19), zone).getDate().getTime();
    if (back ? startMs <= atMs : startMs > atMs) return startMs;
  }
}

/** Local time as milliseconds, as if it were UTC. @throws when the time zone is unknown */
function wallClock(atMs: number, zone: string): number {
  const { year, month, day, hour, minute, second } = new CronDate(new Date(atMs), zone);
  return Date.UTC(year, month, day, hour, minute, second);
}

const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '').slice(0, 200);
