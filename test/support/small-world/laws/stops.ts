import type { ClusterId } from '../../../../src/core/model/ids.ts';
import type { StopScope } from '../../../../src/core/stop/stop.ts';
import { type FleetStep, isOpen, law, type RolloutStep, targetOf } from './step.ts';

/**
 * Law 6: a stop ends by a person, by its time, or by a retried target of those that it is about, which has soaked; one on a rollout alone
 * ends with that.
 */
export function stopsEndLawfully({ decided, input, rollouts }: FleetStep): void {
  const known = new Map(input.stops.map((stop) => [stop.id, stop]));
  for (const stop of decided.stops) {
    const before = known.get(stop.id);
    law(before === undefined || stop.failed.length >= before.failed.length, () => `law 6: stop ${stop.id} has forgotten who failed`);
    if (stop.lifted === undefined || isOfEndedRollout(stop.scope, rollouts)) continue;
    const isAbout = (cluster: ClusterId, { next, planned }: RolloutStep): boolean =>
      stop.cause === 'quarantine'
        ? stop.failed.includes(cluster)
        : stop.cause === 'unproven-canary' && stop.rollout === next.id && planned.targets.get(cluster)?.phase === stop.phase;
    const isRefuted = rollouts.some((step) =>
      [...step.next.targets].some(
        ([cluster, { probe, status }]) =>
          probe && status === 'succeeded' && targetOf(step.before, cluster).status !== 'succeeded' && isAbout(cluster, step),
      ),
    );
    law(isRefuted, () => `law 12: a stop by ${stop.cause} ended, and none of those that it is about has soaked`);
  }
}

const isOfEndedRollout = (scope: StopScope, rollouts: readonly RolloutStep[]): boolean =>
  (scope.kind === 'rollout' || scope.kind === 'phase') && !rollouts.some(({ next }) => next.id === scope.rollout && isOpen(next));
