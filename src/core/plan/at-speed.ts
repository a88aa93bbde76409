import { type DurationMs, durationMs } from '../model/time.ts';
import type { PlannedPhase, PlannedRollout, PlannedTarget } from './plan.ts';

/** A rollout with its times run `speed` times faster: for local mode, where a soak of minutes takes seconds. */
export function atSpeed(planned: PlannedRollout, speed: number): PlannedRollout {
  if (speed === 1) return planned;
  const faster = (ms: DurationMs): DurationMs => durationMs(ms / speed);
  const phase = (one: PlannedPhase): PlannedPhase => ({
    ...one,
    soakMs: faster(one.soakMs),
    bakeMs: faster(one.bakeMs),
    approval: one.approval && {
      ...one.approval,
      ...(one.approval.validForMs === undefined ? {} : { validForMs: faster(one.approval.validForMs) }),
    },
    maxDurationMs: one.maxDurationMs === undefined ? undefined : faster(one.maxDurationMs),
  });
  const target = (one: PlannedTarget): PlannedTarget => ({ ...one, deadlineMs: faster(one.deadlineMs) });
  return {
    ...planned,
    guardMs: faster(planned.guardMs),
    phases: planned.phases.map(phase),
    targets: new Map([...planned.targets].map(([cluster, one]) => [cluster, target(one)])),
  };
}
