import { type FleetStep, law, targetOf } from './step.ts';

/** Law 6: a stop ends by a person, by its time, or, for a quarantine, by a retried target of those that failed and has soaked. */
export function stopsEndLawfully({ decided, input, rollouts }: FleetStep): void {
  const known = new Map(input.stops.map((stop) => [stop.id, stop]));
  for (const stop of decided.stops) {
    const before = known.get(stop.id);
    law(before === undefined || stop.failed.length >= before.failed.length, () => `law 6: stop ${stop.id} has forgotten who failed`);
    if (stop.lifted === undefined) continue;
    law(stop.cause === 'quarantine', () => `law 6: a stop by ${stop.cause} ended by itself`);
    const isRefuted = rollouts.some(({ before: was, next }) =>
      stop.failed.some((cluster) => {
        const target = next.targets.get(cluster);
        return target?.probe === true && target.status === 'succeeded' && targetOf(was, cluster).status !== 'succeeded';
      }),
    );
    law(isRefuted, () => `law 12: a quarantine ended, and none of those that failed has soaked`);
  }
}
