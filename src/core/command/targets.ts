import type { ClusterId } from '../model/ids.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Plan, PlannedPhase } from '../plan/plan.ts';
import { become } from '../reconcile/advance.ts';
import type { ActiveRollout, Change } from '../reconcile/decision.ts';
import type { PhaseState, RolloutState, TargetState, TargetStatus } from '../reconcile/state.ts';
import { type Applied, type Handler, type RolloutCommand, whyOf } from './command.ts';

/** An unreachable target is not among them: it goes on by itself once it can be seen again. */
const RETRYABLE: ReadonlySet<TargetStatus> = new Set(['failed', 'deferred']);
const SKIPPABLE: ReadonlySet<TargetStatus> = new Set(['waiting', 'held', 'failed', 'unreachable', 'deferred']);

/** Runs targets that went wrong once more, with the identical frozen spec. Phases that wait for theirs wait again. */
export const retry: Handler = (rollout, command, now) => {
  const chosen = choose(rollout, command, RETRYABLE, 'neither failed nor deferred: there is nothing to retry');
  if (!chosen.ok) return chosen;
  const afresh = { startedAt: undefined, healthySince: undefined, brokenSince: undefined, seenAt: undefined, progress: undefined };
  const applied = change(rollout.state, chosen.value, command, (target) =>
    become(target, 'waiting', now, { ...afresh, detail: `retry asked by ${whyOf(command)}` }),
  );
  return ok({ ...applied, next: { ...applied.next, phases: withPhasesReopened(rollout, chosen.value) } });
};

/** The same for a rollout that has ended: it goes on where it left something behind. */
export const reopen: Handler = (rollout, command, now) => {
  const retried = retry(rollout, command, now);
  if (!retried.ok) return retried;
  const { next, changes } = retried.value;
  const { id, status } = rollout.state;
  const reopened: Change = { subject: 'rollout', name: id, from: status, to: 'running', why: whyOf(command) };
  return ok({ next: { ...next, status: 'running', finishedAt: undefined }, changes: [reopened, ...changes] });
};

/** Leaves targets out. Not those on the move: they would be left in the middle. */
export const skip: Handler = (rollout, command, now) => {
  if (command.cluster === undefined && command.phase === undefined) return err('say which cluster, or which phase, to skip');
  const chosen = choose(rollout, command, SKIPPABLE, 'finished, or on the move: pause the rollout before you skip a cluster in flight');
  if (!chosen.ok) return chosen;
  return ok(
    change(rollout.state, chosen.value, command, (target) => become(target, 'skipped', now, { detail: `skipped by ${whyOf(command)}` })),
  );
};

type Chosen = readonly (readonly [ClusterId, TargetState])[];

function choose(
  { plan, state }: ActiveRollout,
  command: RolloutCommand,
  fit: ReadonlySet<TargetStatus>,
  whyNone: string,
): Result<Chosen, string> {
  const { cluster, phase } = command;
  if (cluster !== undefined) {
    const target = state.targets.get(cluster);
    if (target === undefined) return err(`cluster ${cluster} is not a target of this rollout`);
    return fit.has(target.status) ? ok([[cluster, target]]) : err(`cluster ${cluster} is ${target.status}: ${whyNone}`);
  }
  const found = phase === undefined ? undefined : phaseOf(plan, phase);
  if (found?.ok === false) return found;
  const clusters = found?.value.members ?? [...state.targets.keys()];
  const chosen = clusters.flatMap((name) => {
    const target = state.targets.get(name);
    return target !== undefined && fit.has(target.status) ? [[name, target] as const] : [];
  });
  return chosen.length > 0 ? ok(chosen) : err(`every cluster ${phase === undefined ? '' : `of phase ${phase} `}is ${whyNone}`);
}

/** A phase by its id, `RELEASE/NAME`, or by its name where only one release has it. */
export function phaseOf(plan: Plan, wanted: string): Result<PlannedPhase, string> {
  const found = plan.phases.filter(({ id, name }) => id === wanted || name === wanted);
  const [first] = found;
  if (first === undefined) return err(`there is no phase ${wanted}: there are ${plan.phases.map(({ id }) => id).join(', ')}`);
  return found.length === 1
    ? ok(first)
    : err(`several releases have a phase ${wanted}: say which of ${found.map(({ id }) => id).join(', ')}`);
}

function change(state: RolloutState, chosen: Chosen, command: RolloutCommand, to: (target: TargetState) => TargetState): Applied {
  const targets = new Map(state.targets);
  const changes = chosen.map(([cluster, target]): Change => {
    const next = to(target);
    targets.set(cluster, next);
    return { subject: 'target', name: cluster, from: target.status, to: next.status, why: whyOf(command) };
  });
  return { next: { ...state, targets }, changes };
}

function withPhasesReopened({ plan, state }: ActiveRollout, chosen: Chosen): ReadonlyMap<string, PhaseState> {
  const ids = new Set(chosen.map(([cluster]) => plan.targets[cluster]?.phase));
  return new Map(
    [...state.phases].map(([id, phase]) => [
      id,
      ids.has(id) && phase.status === 'done' ? { ...phase, status: 'running', finishedAt: undefined } : phase,
    ]),
  );
}
