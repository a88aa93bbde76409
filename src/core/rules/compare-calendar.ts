import { calendarOf } from '../calendar/read-rules.ts';
import type { CalendarRule } from '../calendar/rules.ts';
import type { Scope } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import { compileSelector, type LabelMatcher } from '../manifest/selector.ts';
import { canonicalJson } from '../model/hash.ts';
import { formatInstant, type Instant, instant } from '../model/time.ts';
import { isOver, OpenTimes } from './open-times.ts';
import type { RuleBook } from './rule-book.ts';
import type { RuleEffect } from './rule-change.ts';
import { clustersOf, groupPairs, type Subject, type SubjectPair } from './subject.ts';

/**
 * Which windows and freezes bind each cluster, before and after. A rule that another one makes up for, whatever it is called and
 * wherever it stands, is no loss; nor is one that is over.
 */
export function compareCalendar(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[], now: Instant): void {
  const [old, fresh] = [calendarOf(before).rules, calendarOf(after).rules];
  const concerned = canonicalJson(old) === canonicalJson(fresh) ? pairs.filter(({ moved }) => moved) : pairs;
  if (concerned.length === 0) return;
  const [then, next] = [binder(old, now), binder(fresh, now)];
  const times = new OpenTimes(now);
  const groups = groupPairs(concerned, ({ was, is }) => `${then(was).join(',')};${next(is).join(',')}`);
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const was = then(first.was).flatMap((at) => old[at] ?? []);
    const is = next(first.is).flatMap((at) => fresh[at] ?? []);
    for (const change of changesFor(was, is, times)) book.add(change, clustersOf(group));
  }
}

/** Which rules bind a cluster, by their places in the list. */
function binder(rules: readonly CalendarRule[], now: Instant): (subject: Subject) => readonly number[] {
  const matchers: readonly LabelMatcher[] = rules.map(({ select }) => compileSelector(select));
  const alive = rules.map((rule) => !isOver(rule, now));
  return ({ product, labels }) =>
    rules.flatMap(({ products }, at) => {
      const isItsProduct = products.length === 0 || products.includes(product);
      return alive[at] === true && isItsProduct && matchers[at]?.(labels) === true ? [at] : [];
    });
}

interface Change {
  readonly kind: 'freeze' | 'window';
  readonly name: string;
  readonly effect: RuleEffect;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

type Rules = readonly CalendarRule[];

function changesFor(was: Rules, is: Rules, times: OpenTimes): readonly Change[] {
  const [freezes, windows] = [only('freeze'), only('window')];
  const lost = [...lostFreezes(freezes(was), freezes(is), times), ...lostWindows(windows(was), windows(is), times)];
  const gained = [...lostFreezes(freezes(is), freezes(was), times), ...lostWindows(windows(is), windows(was), times)];
  const isLost = new Set(lost.map(({ kind, name }) => `${kind} ${name}`));
  return [
    ...lost.map((change): Change => ({ ...change, effect: 'loses' })),
    ...gained
      .filter(({ kind, name }) => !isLost.has(`${kind} ${name}`))
      .map(({ before, after, ...change }): Change => ({ ...change, effect: 'gains', before: after, after: before })),
  ];
}

const only =
  (kind: CalendarRule['kind']) =>
  (rules: Rules): Rules =>
    rules.filter((rule) => rule.kind === kind);

type Lost = Omit<Change, 'effect'>;

/** Freezes of `was` that none of `is` makes up for. */
function lostFreezes(was: Rules, is: Rules, times: OpenTimes): readonly Lost[] {
  return was
    .filter((freeze) => !is.some((other) => isAsStrict(other, freeze) && times.covers(other.when, freeze.when)))
    .map((freeze) => told(freeze, sameName(is, freeze)));
}

/** Without windows a cluster may be touched at any time; with several, whenever one of them is open. */
function lostWindows(was: Rules, is: Rules, times: OpenTimes): readonly Lost[] {
  if (was.length === 0) return [];
  if (is.length === 0) return was.map((window) => told(window, undefined));
  return is
    .filter((window) => !was.some((other) => isAsStrict(window, other) && times.covers(other.when, window.when)))
    .map((window) => {
      const before = sameName(was, window);
      return before === undefined
        ? { kind: 'window', name: window.name, before: undefined, after: ruleText(window) }
        : told(before, window);
    });
}

const sameName = (rules: Rules, { name }: CalendarRule): CalendarRule | undefined => rules.find((rule) => rule.name === name);

const told = (before: CalendarRule, after: CalendarRule | undefined): Lost => ({
  kind: before.kind,
  name: before.name,
  before: ruleText(before),
  after: after && ruleText(after),
});

/** Leaving out what time they cover. */
function isAsStrict(one: CalendarRule, other: CalendarRule): boolean {
  return (
    WIDTH[one.scope] >= WIDTH[other.scope] &&
    (!one.allowRollback || other.allowRollback) &&
    (!one.allowExpedite || other.allowExpedite) &&
    (one.overrun === 'hold' || other.overrun === 'finish')
  );
}

const WIDTH: Readonly<Record<Scope, number>> = { major: 0, minor: 1, all: 2 };

/** `cron 0 22 * * 1-4 for 6h (Europe/Zurich), major only, expedite passes`. */
function ruleText({ kind, when, scope, allowRollback, allowExpedite, overrun }: CalendarRule): string {
  const parts = [
    whenText(when),
    ...(scope === 'all' ? [] : [scope === 'major' ? 'major versions only' : 'minor and major versions only']),
    ...(allowRollback ? [] : ['no rollbacks']),
    // Only what is not the default of its kind.
    ...(kind === 'freeze' && allowExpedite ? ['expedite passes'] : []),
    ...(kind === 'window' && !allowExpedite ? ['expedite does not pass'] : []),
    ...(overrun === 'hold' ? ['holds what is in flight'] : []),
  ];
  return parts.join(', ');
}

function whenText(when: CalendarRule['when']): string {
  if (when.kind === 'range') return `${formatInstant(instant(when.fromMs))} to ${formatInstant(instant(when.toMs))}`;
  const { cron, rrule, duration, timeZone = 'UTC' } = when.schedule;
  return `${cron ?? rrule ?? ''} for ${duration} (${timeZone})`;
}
