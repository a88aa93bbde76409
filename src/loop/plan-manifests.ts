import { computeDesired } from '../core/desired/compute-desired.ts';
import type { DesiredChange, DesiredState } from '../core/desired/desired.ts';
import { diffDesired } from '../core/desired/diff-desired.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import { makePlan } from '../core/plan/make-plan.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { type LoadedManifests, locateIn } from './load-manifests.ts';
import type { Loop } from './loop.ts';
import { memoryOf } from './memory.ts';

/** What a tree of manifests means for the fleet: the same for a pull request and for its merge. */
export type PlannedManifests =
  | { readonly kind: 'broken'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'planned';
      readonly model: FleetModel;
      readonly desired: DesiredState;
      readonly changes: readonly DesiredChange[];
      /** `undefined` when no cluster is to change. */
      readonly plan: Plan | undefined;
      /** Warnings. */
      readonly problems: readonly Problem[];
    };

/**
 * From the desired state that was recorded last to that of these manifests, and the plan to get there.
 *
 * The one place where plans are made: a preview is this without what follows.
 */
export async function planManifests(
  loop: Loop,
  fleet: FleetRecord,
  before: DesiredState,
  loaded: LoadedManifests,
): Promise<PlannedManifests> {
  const { model } = loaded;
  if (model === undefined) return { kind: 'broken', problems: loaded.problems };
  const desired = computeDesired(model, memoryOf(loop.memory, fleet.id).computed);
  const changes = diffDesired(before, desired);
  if (changes.length === 0) return { kind: 'planned', model, desired, changes, plan: undefined, problems: loaded.problems };
  const earlier = await loop.ports.store.earlierRevisions(
    fleet.id,
    changes.map((change) => (change.kind === 'removed' ? change.from.cluster : change.to.cluster)),
  );
  const made = makePlan({ model, changes, earlier });
  const problems = [
    ...loaded.problems,
    ...(await locateIn({ source: loop.ports.source(fleet), files: loaded.snapshot.files }, made.problems)),
  ];
  if (hasErrors(problems)) return { kind: 'broken', problems };
  const moves = made.plan.phases.length > 0 || made.plan.excluded.length > 0 || made.plan.removed.length > 0;
  return { kind: 'planned', model, desired, changes, plan: moves ? made.plan : undefined, problems };
}
