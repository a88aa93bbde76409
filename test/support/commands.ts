import { applyCommand } from '../../src/core/command/apply-command.ts';
import type { Applied, CommandInput, FleetCommand } from '../../src/core/command/command.ts';
import type { DesiredCluster, DesiredState } from '../../src/core/desired/desired.ts';
import type { PlannedRollout } from '../../src/core/plan/plan.ts';
import type { ActiveRollout } from '../../src/core/reconcile/decision.ts';
import { at } from './report-views.ts';

/** What the manifests want: exactly what this rollout brings. */
export function desiredBy(planned: PlannedRollout): DesiredState {
  return new Map(
    [...planned.targets.values()].map(({ cluster, revision, spec, dataPlane }): [DesiredCluster['cluster'], DesiredCluster] => [
      cluster,
      {
        cluster,
        revision,
        spec,
        release: planned.release,
        dataPlane,
        workload: undefined,
        labels: {},
        pinnedBy: undefined,
        optOut: undefined,
      },
    ]),
  );
}

export function inputOf(rollout: ActiveRollout, fields: Partial<CommandInput> = {}): CommandInput {
  return {
    rollouts: [rollout],
    rollout,
    stops: [],
    desired: desiredBy(rollout.planned),
    ledger: new Map(),
    now: at('10:00:00'),
    ...fields,
  };
}

/** @throws Error with the refusal. */
export function carriedOut(input: CommandInput, command: FleetCommand): Applied {
  const applied = applyCommand(input, command);
  if (!applied.ok) throw new Error(applied.error);
  return applied.value;
}

export function refusal(input: CommandInput, command: FleetCommand): string {
  const applied = applyCommand(input, command);
  if (applied.ok) throw new Error(`carried out: ${JSON.stringify(applied.value.changes)}`);
  return applied.error;
}
