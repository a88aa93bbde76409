import { calendarNotes } from '../core/calendar/notes.ts';
import type { FleetRecords } from '../core/change/apply-change.ts';
import type { CommitSha } from '../core/model/ids.ts';
import type { Plan } from '../core/plan/plan.ts';
import { isFinished } from '../core/reconcile/state.ts';
import type { RulesView } from '../core/report/plan-rules.ts';
import type { PlanView, UnderWay } from '../core/report/plan-view.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import type { PlannedManifests } from './plan-manifests.ts';
import { loadRecords } from './records.ts';

/** What came of looking at a pull request. */
export type PullReview =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  | Exclude<PlannedManifests, { kind: 'planned' }>
  | (Extract<PlannedManifests, { kind: 'planned' }> & { readonly rules: RulesView | undefined });

/** Everything that comment and check say about a pull request before its merge. */
export async function planView(
  loop: LoopWith<'store' | 'clock'>,
  fleet: FleetRecord,
  pull: PullInfo,
  base: CommitSha,
  review: PullReview,
  shownDigest: string | undefined,
): Promise<PlanView> {
  const now = loop.ports.clock.now();
  const common = { head: pull.headSha, base, author: pull.author, fork: pull.fork, draft: pull.draft, now };
  switch (review.kind) {
    case 'untouched':
      return { ...common, kind: 'untouched', digest: undefined };
    case 'conflict':
      return { ...common, kind: 'conflict', paths: review.paths, digest: undefined };
    case 'broken':
      return { ...common, kind: 'broken', problems: review.problems, digest: undefined };
    case 'planned': {
      const { plan, problems, model, rules } = review;
      if (plan === undefined) return { ...common, kind: 'nothing-moves', rules, problems, digest: undefined };
      return {
        ...common,
        kind: 'planned',
        plan,
        rules,
        digest: plan.digest,
        problems,
        changedFrom: shownDigest !== undefined && shownDigest !== plan.digest ? shownDigest : undefined,
        calendar: calendarNotes(model, plan, now),
        underWay: await underWay(loop, fleet, await loadRecords(loop, fleet), plan),
      };
    }
  }
}

/** Rollouts that are not finished, of releases that the plan changes too. */
async function underWay(
  { ports }: LoopWith<'store'>,
  fleet: FleetRecord,
  { rollouts }: FleetRecords,
  plan: Plan,
): Promise<readonly UnderWay[]> {
  const releases = new Set(plan.rollouts.map(({ release }) => release));
  const found: UnderWay[] = [];
  for (const { state } of rollouts) {
    const { release, status } = state;
    const summary = isFinished(state) || !releases.has(release) ? undefined : await ports.store.rolloutSummary(fleet.id, state.id);
    if (summary !== undefined) found.push({ release, title: summary.title, pull: summary.pull, status });
  }
  return found;
}
