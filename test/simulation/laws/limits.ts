import type { ClusterId } from '../../../src/core/model/ids.ts';
import type { TargetState } from '../../../src/core/reconcile/state.ts';
import type { FleetSpec } from '../fleet-spec.ts';
import type { Mirror } from '../mirror.ts';
import { OUT, type RunOrder } from './starts.ts';

/** Clusters that are ordered and have not soaked, whoever ordered them. */
export function outNow(mirror: Mirror): ReadonlyMap<ClusterId, string> {
  const out = new Map<ClusterId, string>();
  for (const { planned, state } of mirror.unfinished) {
    for (const [cluster, { status }] of state.targets) {
      if (OUT.has(status)) out.set(cluster, planned.targets.get(cluster)?.dataPlane ?? '');
    }
  }
  return out;
}

/** After these starts: is anything over its limit? What was over it before, because the limit was lowered, only must not grow. */
export function overLimit(mirror: Mirror, starts: readonly RunOrder[], spec: FleetSpec | undefined): string | undefined {
  if (starts.length === 0 || spec === undefined) return undefined;
  const out = outNow(mirror);
  if (out.size > spec.maxConcurrent)
    return `${out.size} clusters are out (${[...out.keys()].join(', ')}), the fleet allows ${spec.maxConcurrent}`;
  for (const { name, maxConcurrent } of spec.dataPlanes) {
    const here = [...out.values()].filter((dataPlane) => dataPlane === name).length;
    const starting = starts.some(({ planned }) => planned.dataPlane === name);
    if (starting && maxConcurrent !== undefined && here > maxConcurrent)
      return `${here} clusters are out on ${name}, which allows ${maxConcurrent}`;
  }
  for (const id of new Set(starts.map(({ rollout }) => rollout.state.id))) {
    const wrong = overInRollout(mirror, id, starts);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function overInRollout(mirror: Mirror, id: RunOrder['rollout']['state']['id'], starts: readonly RunOrder[]): string | undefined {
  const rollout = mirror.rollouts.get(id);
  if (rollout === undefined) return undefined;
  const { planned, state } = rollout;
  const targets = [...state.targets].filter(([, { status }]) => OUT.has(status));
  for (const { kind, count, name } of planned.limits) {
    const isOwn = kind === 'release' ? targets : kind === 'rescue' ? targets.filter(([, { rescue }]) => rescue) : [];
    if (isOwn.length > count.count)
      return `${isOwn.length} clusters of ${planned.release} are out, limit ${kind} ${name} is ${count.count}`;
  }
  for (const phase of planned.phases) {
    const isMember = ([cluster, target]: readonly [ClusterId, TargetState]): boolean => !target.rescue && phase.members.includes(cluster);
    const isStarting = starts.some(({ planned: one, after }) => one.phase === phase.name && !after.rescue);
    const here = targets.filter(isMember);
    if (isStarting && here.length > phase.maxConcurrent.count)
      return `${here.length} clusters of phase ${phase.name} are out, and it allows ${phase.maxConcurrent.count}`;
  }
  return undefined;
}
