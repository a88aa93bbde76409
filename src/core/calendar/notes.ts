import type { FleetModel } from '../manifest/model.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Version } from '../model/version.ts';
import { calendarVerdict, compileCalendar } from './calendar-gate.ts';
import { calendarOf } from './read-rules.ts';
import type { CalendarRule } from './rules.ts';

/** What the calendar reads of a plan: it comes before plans, and knows no more of them than this. */
export interface PlannedMoves {
  readonly rollouts: readonly { readonly targets: ReadonlyMap<ClusterId, PlannedMove> }[];
}

interface PlannedMove {
  readonly cluster: ClusterId;
  /** Freezes and windows are judged by that. */
  readonly kind: 'rollout' | 'rollback';
  readonly from: { readonly version: Version } | undefined;
  readonly spec: { readonly product: string; readonly version: Version };
}

/** Targets of a plan that one window or freeze would hold now. */
export interface CalendarNote {
  readonly rule: Pick<CalendarRule, 'kind' | 'name' | 'reason'>;
  /** The first instant at which they may be touched; `undefined` when none is foreseen. */
  readonly opensAt: Instant | undefined;
  /** In order of cluster id. */
  readonly clusters: readonly ClusterId[];
}

/** Which targets would have to wait if the plan started now, and for what: the rule that holds most of them first. */
export function calendarNotes(model: FleetModel, plan: PlannedMoves, now: Instant): readonly CalendarNote[] {
  const calendar = compileCalendar(calendarOf(model), now);
  if (calendar.rules.length === 0) return [];
  const notes = new Map<string, { rule: CalendarRule; opensAt: Instant | undefined; clusters: ClusterId[] }>();
  for (const { cluster, kind, from, spec } of plan.rollouts.flatMap(({ targets }) => [...targets.values()])) {
    const labels = model.clusters.get(cluster)?.value.metadata.labels ?? {};
    const verdict = calendarVerdict(calendar, {
      product: spec.product,
      labels,
      from: from?.version,
      to: spec.version,
      kind,
      expedited: false,
    });
    if (verdict.open) continue;
    const { rule, opensAt } = verdict;
    const key = `${rule.kind}\n${rule.name}\n${opensAt}`;
    const note = notes.get(key) ?? { rule, opensAt, clusters: [] };
    notes.set(key, note);
    note.clusters.push(cluster);
  }
  return [...notes.values()].sort((a, b) => b.clusters.length - a.clusters.length || (a.rule.name < b.rule.name ? -1 : 1));
}
