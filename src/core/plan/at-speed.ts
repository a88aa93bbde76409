import { type DurationMs, durationMs } from '../model/time.ts';
import type { Plan, PlannedPhase, PlannedTarget } from './plan.ts';

/** The plan with its bakes and deadlines run `speed` times faster: for local mode, where a bake of minutes takes seconds. */
export function atSpeed(plan: Plan, speed: number): Plan {
  if (speed === 1) return plan;
  const faster = (ms: DurationMs): DurationMs => durationMs(ms / speed);
  const phase = (planned: PlannedPhase): PlannedPhase => ({
    ...planned,
    bakeMs: faster(planned.bakeMs),
    maxDurationMs: planned.maxDurationMs === undefined ? undefined : faster(planned.maxDurationMs),
  });
  const target = (planned: PlannedTarget): PlannedTarget => ({ ...planned, deadlineMs: faster(planned.deadlineMs) });
  return {
    ...plan,
    phases: plan.phases.map(phase),
    targets: Object.fromEntries(Object.entries(plan.targets).map(([cluster, planned]) => [cluster, target(planned)])),
  };
}
