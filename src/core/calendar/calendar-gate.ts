import { type CompiledSchedule, compileSchedule, type ScheduleState } from '../manifest/schedule.ts';
import { compileSelector, type LabelMatcher, type LabelValues } from '../manifest/selector.ts';
import { assertNever } from '../model/assert.ts';
import { type Instant, instant } from '../model/time.ts';
import { type Version, type VersionScope, versionScope } from '../model/version.ts';
import type { Calendar, CalendarRule } from './rules.ts';

/** May this target be touched? What the calendar needs to know of it. */
export interface CalendarQuestion {
  readonly product: string;
  readonly labels: LabelValues;
  /** `undefined` for a new cluster. */
  readonly from: Version | undefined;
  readonly to: Version;
  readonly kind: 'rollout' | 'rollback';
  readonly expedited: boolean;
}

/** May the target be touched now? */
export type CalendarVerdict =
  | {
      readonly open: true;
      /** When a window closes or a freeze begins; `undefined` when nothing foreseeable does. */
      readonly closesAt: Instant | undefined;
    }
  | {
      readonly open: false;
      readonly rule: CalendarRule;
      /** Why, without the instant at which it opens: that comes beside it. */
      readonly words: string;
      /** The first instant at which it may be touched; `undefined` when none is foreseen. */
      readonly opensAt: Instant | undefined;
    };

/** A calendar at one instant, to be asked for thousands of targets. */
export interface CompiledCalendar {
  readonly now: Instant;
  readonly rules: readonly CompiledRule[];
  /** Targets that the same rules bind get the same answer. By the key of these rules. */
  readonly answers: Map<string, CalendarVerdict>;
}

interface CompiledRule {
  readonly rule: CalendarRule;
  readonly matches: LabelMatcher;
  readonly stateAt: CompiledSchedule;
}

/** Reading selectors and schedules costs far more than asking them, and a calendar lives as long as its commit. */
const compiled = new WeakMap<Calendar, readonly CompiledRule[]>();

export function compileCalendar(calendar: Calendar, now: Instant): CompiledCalendar {
  let rules = compiled.get(calendar);
  if (rules === undefined) {
    rules = calendar.rules.map((rule) => ({ rule, matches: compileSelector(rule.select), stateAt: scheduleOf(rule) }));
    compiled.set(calendar, rules);
  }
  return { now, rules, answers: new Map() };
}

function scheduleOf({ kind, when }: CalendarRule): CompiledSchedule {
  switch (when.kind) {
    case 'range':
      return rangeOf(when.fromMs, when.toMs);
    case 'schedule': {
      const schedule = compileSchedule(when.schedule);
      if (schedule.ok) return schedule.value;
      // The cross-checks refuse such a rule. Should one come through, it closes: a freeze for ever, or a window that never opens.
      return kind === 'freeze' ? rangeOf(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY) : rangeOf(0, 0);
    }
    default:
      return assertNever(when, 'scheduleOf');
  }
}

/** From the first instant, to just before the second. */
function rangeOf(startMs: number, endMs: number): CompiledSchedule {
  return (at): ScheduleState => {
    if (at >= startMs && at < endMs) return { open: { startMs, endMs }, nextMs: undefined };
    return { open: undefined, nextMs: at < startMs && startMs < endMs ? startMs : undefined };
  };
}

/**
 * Says whether a target may be touched: an active freeze beats an active window, and where no window concerns
 * the target, it may be touched at any time.
 */
export function calendarVerdict(calendar: CompiledCalendar, question: CalendarQuestion): CalendarVerdict {
  const binding = bindingRules(calendar, question);
  let verdict = calendar.answers.get(binding.key);
  if (verdict === undefined) {
    verdict = verdictAt(binding, calendar.now);
    calendar.answers.set(binding.key, verdict);
  }
  return verdict;
}

/** The rules that bind a target: freezes that keep it, and windows that it may use. Without windows it needs none. */
export interface BindingRules {
  readonly freezes: readonly CompiledRule[];
  readonly windows: readonly CompiledRule[];
  /** The same for targets that the same rules of one calendar bind. */
  readonly key: string;
}

export function bindingRules(calendar: CompiledCalendar, question: CalendarQuestion): BindingRules {
  const scope = question.from === undefined ? 'same' : versionScope(question.from, question.to);
  const freezes: number[] = [];
  const windows: number[] = [];
  let bound = false;
  for (const [at, { rule, matches }] of calendar.rules.entries()) {
    if (!concerns(rule, scope, question.product) || !matches(question.labels)) continue;
    const lifted = (question.kind === 'rollback' && rule.allowRollback) || (question.expedited && rule.allowExpedite);
    if (rule.kind === 'window') {
      windows.push(at);
      // A target that one window binds may still use any other window that is open.
      bound ||= !lifted;
    } else if (!lifted) freezes.push(at);
  }
  if (!bound) windows.length = 0;
  const pick = (numbers: readonly number[]) => numbers.flatMap((number) => calendar.rules[number] ?? []);
  return { freezes: pick(freezes), windows: pick(windows), key: `${freezes.join(',')};${windows.join(',')}` };
}

function concerns(rule: CalendarRule, scope: VersionScope, product: string): boolean {
  if (rule.products.length > 0 && !rule.products.includes(product)) return false;
  switch (rule.scope) {
    case 'all':
      return true;
    case 'minor':
      return scope === 'minor' || scope === 'major';
    case 'major':
      return scope === 'major';
    default:
      return assertNever(rule.scope, 'concerns');
  }
}

function verdictAt(binding: BindingRules, at: Instant): CalendarVerdict {
  const block = blockAt(binding, at);
  if (block === undefined) return { open: true, closesAt: finite(closesMs(binding, at)) };
  return { open: false, rule: block.rule, words: block.words, opensAt: opensAfter(binding, at) };
}

/** A stretch of time with one answer. */
export interface Stretch {
  readonly open: boolean;
  /** When it is worth asking again, always later than asked for; not finite when nothing foreseeable changes. */
  readonly untilMs: number;
}

/** The answer at an instant and how long it holds at least: what `calendarVerdict` says, without looking further ahead. */
export function stretchAt(binding: BindingRules, at: Instant): Stretch {
  const block = blockAt(binding, at);
  return block === undefined ? { open: true, untilMs: closesMs(binding, at) } : { open: false, untilMs: block.untilMs };
}

/** For an instant that is open: when the last open window closes or the first freeze begins; infinite when neither comes. */
function closesMs({ freezes, windows }: BindingRules, at: Instant): number {
  const ends = windows.flatMap(({ stateAt }) => stateAt(at).open?.endMs ?? []);
  const starts = freezes.flatMap(({ stateAt }) => stateAt(at).nextMs ?? []);
  return Math.min(ends.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...ends), ...starts);
}

interface Block {
  readonly rule: CalendarRule;
  readonly words: string;
  /** The next instant at which it is worth asking again; not finite when there is none. */
  readonly untilMs: number;
}

function blockAt({ freezes, windows }: BindingRules, at: Instant): Block | undefined {
  let longest: Block | undefined;
  for (const { rule, stateAt } of freezes) {
    const untilMs = stateAt(at).open?.endMs;
    if (untilMs === undefined || (longest !== undefined && untilMs <= longest.untilMs)) continue;
    longest = { rule, words: `freeze ${rule.name}: ${rule.reason}`, untilMs };
  }
  if (longest !== undefined || windows.length === 0 || windows.some(({ stateAt }) => stateAt(at).open !== undefined)) return longest;
  let soonest: Block | undefined;
  for (const { rule, stateAt } of windows) {
    const untilMs = stateAt(at).nextMs ?? Number.POSITIVE_INFINITY;
    if (soonest === undefined || untilMs < soonest.untilMs)
      soonest = { rule, words: `outside window ${rule.name}: ${rule.reason}`, untilMs };
  }
  return soonest;
}

/** Freezes and windows may take turns; beyond this many no opening is foreseen. */
const LOOKAHEAD_MAX = 100;

function opensAfter(binding: BindingRules, now: Instant): Instant | undefined {
  let at = now;
  for (let turn = 0; turn < LOOKAHEAD_MAX; turn += 1) {
    const block = blockAt(binding, at);
    if (block === undefined) return at;
    const next = finite(block.untilMs);
    if (next === undefined) return undefined;
    at = next;
  }
  return undefined;
}

const finite = (ms: number): Instant | undefined => (Number.isFinite(ms) ? instant(ms) : undefined);
