import { provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { PlannedPhase, PlannedRollout } from '../plan/plan.ts';
import { become } from '../reconcile/advance.ts';
import type { Change } from '../reconcile/decision.ts';
import { isFinished, type PhaseState, type RolloutState, type TargetState } from '../reconcile/state.ts';
import { letsProbe, stopsOverRollout, stopsOverTarget } from '../reconcile/stops-over.ts';
import { isAcknowledged } from '../reconcile/tally.ts';
import { inForce } from '../stop/stop.ts';
import { stopLine } from '../stop/stop-words.ts';
import { type Applied, type Handler, NOTHING_APPLIED, type RolloutCommand, type RolloutInput, whyOf } from './command.ts';
import { acknowledge } from './release-stop.ts';

/** Left out by a person, who may think better of it; what the engine skips is there already, or opted out. */
export const isSkippedByPerson = (target: TargetState): boolean => target.status === 'skipped' && isAcknowledged(target);

const isRetryable = (target: TargetState): boolean => {
  const { status } = target;
  return status === 'failed' || status === 'unreachable' || status === 'deferred' || isSkippedByPerson(target);
};

const SKIPPABLE: ReadonlySet<TargetState['status']> = new Set(['waiting', 'held', 'failed', 'unreachable', 'deferred']);

/**
 * Runs what went wrong once more, with the identical frozen spec, as a probe: it may try a version in quarantine, and lifts that when it
 * soaks. Phases that were done with it wait for it again.
 */
export const retry: Handler = (input, command) => {
  const { state } = input.rollout;
  const chosen = choose(
    input.rollout,
    command,
    isRetryable,
    'there is nothing to retry: none of them failed, was unreachable, deferred or skipped by a person',
  );
  if (!chosen.ok) return chosen;
  const wanted = stillWanted(input, chosen.value);
  if (!wanted.ok) return wanted;
  const detail = `retry asked by ${whyOf(command)}`;
  const applied = change(state, wanted.value.clusters, command, (target) => become(target, 'waiting', input.now, { ...AFRESH, detail }));
  const next = { ...applied.next, phases: withPhasesReopened(input.rollout, wanted.value.clusters) };
  return ok({
    ...NOTHING_APPLIED,
    rollouts: [{ before: state, next }],
    changes: applied.changes,
    notes: [...wanted.value.notes, ...stillPaused(input, wanted.value.clusters)],
  });
};

const AFRESH = {
  startedAt: undefined,
  exemptMs: 0,
  probe: true,
  healthySince: undefined,
  brokenSince: undefined,
  seenAt: undefined,
  unseenSince: undefined,
  progress: undefined,
  acknowledged: undefined,
} as const;

/** The same for a rollout that has ended: it goes on where it left something behind. */
export const reopen: Handler = (input, command) => {
  const { planned, state } = input.rollout;
  if (!isFinished(state)) return err('its clusters in flight are still coming to rest; retry once the rollout is finished');
  const other = input.rollouts.find(
    (one) => one.state.id !== state.id && one.planned.release === planned.release && !isFinished(one.state),
  );
  if (other !== undefined)
    return err(
      `rollout ${other.state.id} of release ${planned.release} is ${other.state.status}; retry there, or reconcile the release once that has ended`,
    );
  const retried = retry(input, command);
  if (!retried.ok) return retried;
  const next = retried.value.rollouts[0]?.next ?? state;
  const reopened: RolloutState = {
    ...next,
    status: 'running',
    startedAt: next.startedAt ?? input.now,
    goingSince: input.now,
    stoppedSince: undefined,
    finishedAt: undefined,
    guardUntil: undefined,
    targets: state.status === 'aborted' ? withRestAcknowledged(next.targets) : next.targets,
  };
  const change: Change = { subject: 'rollout', name: state.id, from: state.status, to: 'running', why: whyOf(command) };
  return ok({ ...retried.value, rollouts: [{ before: state, next: reopened }], changes: [change, ...retried.value.changes] });
};

/** What an abort put off was put off on purpose: it spends no budget when the rollout goes on with a part of it. */
function withRestAcknowledged(targets: RolloutState['targets']): RolloutState['targets'] {
  return new Map([...targets].map(([cluster, target]) => [cluster, target.status === 'deferred' ? acknowledge(target) : target]));
}

/** Leaves targets out. Not those on the move: they would be left in the middle. */
export const skip: Handler = ({ rollout, now }, command) => {
  const { state } = rollout;
  if (command.cluster === undefined && command.phase === undefined) return err('say which cluster, or which phase, to skip');
  const isFit = ({ status }: TargetState): boolean => SKIPPABLE.has(status);
  const chosen = choose(rollout, command, isFit, 'it is finished, or on the move: pause the rollout before you skip a cluster in flight');
  if (!chosen.ok) return chosen;
  const detail = `skipped by ${whyOf(command)}`;
  const applied = change(state, chosen.value, command, (target) => acknowledge(become(target, 'skipped', now, { detail })));
  return ok({ ...NOTHING_APPLIED, rollouts: [{ before: state, next: applied.next }], changes: applied.changes });
};

type Chosen = readonly (readonly [ClusterId, TargetState])[];

function choose(
  { planned, state }: RolloutInput['rollout'],
  command: RolloutCommand,
  isFit: (target: TargetState) => boolean,
  whyNone: string,
): Result<Chosen, string> {
  const { cluster, phase } = command;
  if (cluster !== undefined) {
    const target = state.targets.get(cluster);
    if (target === undefined) return err(`cluster ${cluster} is not a target of this rollout`);
    return isFit(target) ? ok([[cluster, target]]) : err(`cluster ${cluster} is ${target.status}: ${whyNone}`);
  }
  const found = phase === undefined ? undefined : phaseOf(planned, phase);
  if (found?.ok === false) return found;
  const clusters = found?.value.members ?? [...state.targets.keys()];
  const chosen = clusters.flatMap((name) => {
    const target = state.targets.get(name);
    return target !== undefined && isFit(target) ? [[name, target] as const] : [];
  });
  return chosen.length > 0 ? ok(chosen) : err(`no cluster of ${phase === undefined ? 'this rollout' : `phase ${phase}`} fits: ${whyNone}`);
}

/** A phase by its name. */
export function phaseOf({ phases }: PlannedRollout, wanted: string): Result<PlannedPhase, string> {
  const found = phases.find(({ name }) => name === wanted);
  return found === undefined ? err(`there is no phase ${wanted}: there are ${phases.map(({ name }) => name).join(', ')}`) : ok(found);
}

interface Wanted {
  readonly clusters: Chosen;
  readonly notes: readonly string[];
}

/** Of these, the ones that should still be what was planned, and that nothing holds which a retry does not pass. */
function stillWanted(input: RolloutInput, chosen: Chosen): Result<Wanted, string> {
  const { release } = input.rollout.planned;
  const why = new Map<ClusterId, string>();
  for (const [cluster] of chosen) {
    const reason = whyNotWanted(input, cluster);
    if (reason !== undefined) why.set(cluster, reason);
  }
  const clusters = chosen.filter(([cluster]) => !why.has(cluster));
  const [[firstCluster, firstWhy] = [undefined, '']] = why;
  if (clusters.length > 0 || firstCluster === undefined)
    return ok({ clusters, notes: [...why].map(([cluster, words]) => `${cluster} is left out: ${words}`) });
  const rest = why.size === 1 ? '' : `, and ${why.size - 1} more likewise`;
  return err(
    `${firstCluster}: ${firstWhy}${rest}. Instead: ${isMovedOn(input, firstCluster) ? `reconcile release ${release}` : 'lift the stop, then retry'}`,
  );
}

function isMovedOn({ rollouts, rollout, desired }: RolloutInput, cluster: ClusterId): boolean {
  if (desired.get(cluster)?.revision === rollout.planned.targets.get(cluster)?.revision) return false;
  // While this rollout goes on, a newer one that waits behind it brings the cluster on from there.
  const { id, seq } = rollout.state;
  const newer = rollouts.some(
    ({ planned, state }) => state.id !== id && state.seq > seq && !isFinished(state) && planned.targets.has(cluster),
  );
  return isFinished(rollout.state) || !newer;
}

function whyNotWanted(input: RolloutInput, cluster: ClusterId): string | undefined {
  const wanted = input.desired.get(cluster);
  if (wanted === undefined) return 'it is no longer in the manifests';
  if (wanted.optOut !== undefined) return 'it is opted out by now';
  if (isMovedOn(input, cluster)) return 'the manifests want something else of it by now';
  const target = input.rollout.planned.targets.get(cluster);
  if (target === undefined) return undefined;
  const onVersions = inForce(input.stops, input.now).filter(({ scope }) => scope.kind === 'version');
  const proven = provenAt(input.ledger.get(cluster))?.spec;
  const [stop] = stopsOverTarget(onVersions, input.rollout, target, { probe: true }, proven);
  return stop === undefined ? undefined : `a retry does not pass ${stopLine(stop)}`;
}

/** Retried and still stopped: the person should know that nothing happens yet. */
function stillPaused({ rollout, stops, now }: RolloutInput, retried: Chosen): readonly string[] {
  const targets = retried.flatMap(([cluster]) => rollout.planned.targets.get(cluster) ?? []);
  return stopsOverRollout(inForce(stops, now), rollout)
    .filter((stop) => targets.some((target) => !letsProbe(stop, target)))
    .map((stop) => `nothing starts until ${stopLine(stop)} is lifted: resume the rollout`);
}

function change(
  state: RolloutState,
  chosen: Chosen,
  command: RolloutCommand,
  to: (target: TargetState) => TargetState,
): { readonly next: RolloutState; readonly changes: Applied['changes'] } {
  const targets = new Map(state.targets);
  const changes = chosen.map(([cluster, target]): Change => {
    const next = to(target);
    targets.set(cluster, next);
    return { subject: 'target', name: cluster, from: target.status, to: next.status, why: whyOf(command) };
  });
  return { next: { ...state, targets }, changes };
}

function withPhasesReopened({ planned, state }: RolloutInput['rollout'], chosen: Chosen): ReadonlyMap<string, PhaseState> {
  const names = new Set(chosen.map(([cluster]) => planned.targets.get(cluster)?.phase));
  return new Map([...state.phases].map(([name, phase]) => [name, names.has(name) ? reopenedPhase(phase) : phase]));
}

/** A phase that nobody was left in has not begun: its approval is asked for again. */
function reopenedPhase(phase: PhaseState): PhaseState {
  if (phase.status !== 'done' && phase.status !== 'baking' && phase.status !== 'skipped') return phase;
  return { ...phase, status: phase.startedAt === undefined ? 'waiting' : 'running', bakingSince: undefined, finishedAt: undefined };
}
