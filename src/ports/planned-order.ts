import type { PlannedRollout } from '../core/plan/plan.ts';
import type { RolloutState } from '../core/reconcile/state.ts';

type Parts = Pick<RolloutState, 'phases' | 'targets'>;

/** Phases and targets in the order of the plan, as every reader expects them; what the plan does not name comes last. */
export function inPlannedOrder(planned: PlannedRollout, { phases, targets }: Parts): Parts {
  return {
    phases: ordered(
      planned.phases.map(({ name }) => name),
      phases,
    ),
    targets: ordered(
      planned.phases.flatMap(({ members }) => members),
      targets,
    ),
  };
}

function ordered<K, V>(keys: readonly K[], entries: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  const inOrder = new Map<K, V>();
  for (const key of keys) {
    const value = entries.get(key);
    if (value !== undefined) inOrder.set(key, value);
  }
  for (const [key, value] of entries) if (!inOrder.has(key)) inOrder.set(key, value);
  return inOrder;
}
