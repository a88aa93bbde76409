import type { ClusterId } from '../../../src/core/model/ids.ts';
import { BUDGETS, type PlannedRollout } from '../../../src/core/plan/plan.ts';
import type { TargetState } from '../../../src/core/reconcile/state.ts';
import type { StateChange } from '../../../src/ports/state-store.ts';
import type { Mirror } from '../mirror.ts';
import { isSpent } from './starts.ts';

/** What has gone wrong beyond a budget of the rollout or of a phase, and that no person has seen. */
export function spentBeyond(planned: PlannedRollout, targets: ReadonlyMap<ClusterId, TargetState>): string | undefined {
  const all = { name: planned.release, members: [...planned.targets.keys()], budgets: planned.budgets };
  for (const { name, members, budgets } of [...planned.phases, all]) {
    for (const kind of BUDGETS) {
      const spent = members.filter((cluster) => isSpent(targets.get(cluster), kind));
      const budget = budgets[kind]?.count ?? Number.POSITIVE_INFINITY;
      if (spent.length > budget) return `${spent.length} ${kind} in ${name} (${spent.join(', ')}), budget ${budget}`;
    }
  }
  return undefined;
}

/** A rollout that is done has left nothing behind beyond its budgets that no person has seen. */
export function endsOverspent(mirror: Mirror, change: StateChange): string | undefined {
  for (const { id, status, finishedAt, targets } of change.rollouts ?? []) {
    const before = mirror.rollouts.get(id);
    if (before === undefined || before.state.finishedAt !== undefined || finishedAt === undefined) continue;
    if (status !== 'completed' && status !== 'completed-with-deferrals') continue;
    const spent = spentBeyond(before.planned, new Map([...before.state.targets, ...targets]));
    if (spent !== undefined) return `rollout ${id} ends with ${spent}`;
  }
  return undefined;
}
