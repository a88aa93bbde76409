import { calendarNotes } from '../core/calendar/notes.ts';
import type { FleetRecords } from '../core/change/apply-change.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import type { CommitSha } from '../core/model/ids.ts';
import type { Plan } from '../core/plan/plan.ts';
import { isFinished } from '../core/reconcile/state.ts';
import { halfWayTargets } from '../core/report/half-way.ts';
import type { ClusterLabels } from '../core/report/plan-changes.ts';
import type { RulesView } from '../core/report/plan-rules.ts';
import type { PlanView, UnderWay } from '../core/report/plan-view.ts';
import type { Consent } from '../core/rules/consent.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
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
  consent: Consent | undefined,
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
      if (plan === undefined) return { ...common, kind: 'nothing-moves', rules, consent, problems, digest: undefined };
      const records = await loadRecords(loop, fleet);
      const observations = memoryOf(loop.memory, fleet.id).observations ?? (await loop.ports.store.observations(fleet.id));
      return {
        ...common,
        kind: 'planned',
        plan,
        rules,
        consent,
        digest: plan.digest,
        problems,
        changedFrom: shownDigest !== undefined && shownDigest !== plan.digest ? shownDigest : undefined,
        calendar: calendarNotes(model, plan, now),
        halfWay: halfWayTargets(plan, records.ledger, records.orders, observations),
        labels: labelsOf(model, plan),
        underWay: await underWay(loop, fleet, records, plan),
      };
    }
  }
}

function labelsOf({ clusters }: FleetModel, { rollouts }: Plan): ClusterLabels {
  const targets = rollouts.flatMap((rollout) => [...rollout.targets.keys()]);
  return new Map(targets.map((cluster) => [cluster, clusters.get(cluster)?.value.metadata.labels ?? {}]));
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
