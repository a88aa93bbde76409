import { type CalendarNote, calendarNotes } from '../core/calendar/notes.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import type { CommitSha } from '../core/model/ids.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { PlanView, UnderWay } from '../core/report/plan-view.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import type { Loop } from './loop.ts';
import type { PlannedManifests } from './plan-manifests.ts';

/** What came of looking at a pull request. */
export type PullReview =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  | PlannedManifests;

/** Everything that comment and check say about a pull request before its merge. */
export async function planView(
  loop: Loop,
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
      const { plan, problems, model } = review;
      if (plan === undefined) return { ...common, kind: 'nothing-moves', problems, digest: undefined };
      return {
        ...common,
        kind: 'planned',
        plan,
        digest: plan.digest,
        problems,
        changedFrom: shownDigest !== undefined && shownDigest !== plan.digest ? shownDigest : undefined,
        calendar: notesFor(model, plan, now),
        underWay: await underWay(loop, fleet, plan),
      };
    }
  }
}

const notesFor = (model: FleetModel, plan: Plan, now: PlanView['now']): readonly CalendarNote[] => calendarNotes(model, plan, now);

/** Rollouts that have clusters in common with the plan: it would take them over. */
async function underWay(loop: Loop, fleet: FleetRecord, plan: Plan): Promise<readonly UnderWay[]> {
  const found: UnderWay[] = [];
  for (const { state } of await loop.ports.store.activeRollouts(fleet.id)) {
    const shared = [...state.targets.keys()].filter((cluster) => plan.targets[cluster] !== undefined);
    const summary = shared.length === 0 ? undefined : await loop.ports.store.rolloutSummary(fleet.id, state.id);
    if (summary !== undefined) found.push({ title: summary.title, pull: summary.pull, status: state.status, shared });
  }
  return found;
}
