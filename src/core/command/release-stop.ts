import type { Instant } from '../model/time.ts';
import type { Change } from '../reconcile/decision.ts';
import { isFinished, type RolloutState, type TargetState } from '../reconcile/state.ts';
import { stopsOnVersions, stopsOverRollout } from '../reconcile/stops-over.ts';
import { isBudgeted } from '../reconcile/tally.ts';
import { inForce, type Stop, type StopCause } from '../stop/stop.ts';
import { type Applied, type CommandInput, whyOf } from './command.ts';
import { withOverride } from './with-override.ts';

/**
 * What goes with lifting a stop. Whoever lifts one that failures have set has seen them: they no longer count. Whoever goes on
 * past a canary that proved nothing waives it.
 */
const GOES_WITH: Record<StopCause, 'acknowledge' | 'waive' | 'nothing'> = {
  person: 'nothing',
  'failed-budget': 'acknowledge',
  'unreachable-budget': 'acknowledge',
  'deferred-budget': 'acknowledge',
  'unproven-canary': 'waive',
  regression: 'acknowledge',
  quarantine: 'nothing',
  aborted: 'nothing',
  'rolled-back': 'nothing',
  'unrelated-history': 'nothing',
};

/** Lifts one stop, and remembers in its rollout what the person has seen. */
export function releaseStop(input: CommandInput, stop: Stop, command: { readonly by: string; readonly reason: string }): Applied {
  const { now } = input;
  const lifted: Stop = { ...stop, lifted: { by: command.by, at: now, reason: command.reason } };
  const change: Change = { subject: 'stop', name: stop.id, from: stop.cause, to: 'lifted', why: whyOf(command) };
  const about = input.rollouts.find(({ state }) => state.id === stop.rollout)?.state;
  const next = about === undefined ? undefined : afterLifting(about, stop, command, now);
  const rollouts = about === undefined || next === undefined || next === about ? [] : [{ before: about, next }];
  return { rollouts, stops: [lifted], changes: [change], notes: stillStopped(input, stop) };
}

function afterLifting(
  state: RolloutState,
  stop: Stop,
  { by, reason }: { readonly by: string; readonly reason: string },
  now: Instant,
): RolloutState {
  switch (GOES_WITH[stop.cause]) {
    case 'acknowledge':
      return acknowledgeAll(state);
    case 'waive':
      return withOverride(state, { kind: 'waiver', phase: stop.phase, by, reason, at: now });
    case 'nothing':
      return state;
  }
}

/** Everything that has gone wrong so far, by identity: what goes wrong again counts again. */
function acknowledgeAll(state: RolloutState): RolloutState {
  const seen = [...state.targets].filter(([, { status }]) => isBudgeted(status));
  if (seen.length === 0) return state;
  const targets = new Map(state.targets);
  for (const [cluster, target] of seen) targets.set(cluster, acknowledge(target));
  return { ...state, targets };
}

export const acknowledge = (target: TargetState): TargetState => ({
  ...target,
  acknowledged: { attempt: target.attempt, status: target.status },
});

/** The stops that hold the rollout of this stop all the same, each with how it is lifted. */
function stillStopped({ rollouts, rollout, stops, ledger, now }: CommandInput, stop: Stop): readonly string[] {
  const about = rollout ?? rollouts.find(({ state }) => state.id === stop.rollout);
  if (about === undefined || isFinished(about.state)) return [];
  const left = inForce(stops, now).filter(({ id }) => id !== stop.id);
  const whole = stopsOverRollout(left, about);
  const byVersion = stopsOnVersions(left, about, ledger);
  return [
    ...whole.map((one) => `rollout ${about.state.id} is still held by ${nameOf(one)}: resume it once more to lift that`),
    ...byVersion.map((one) => `${nameOf(one)} still holds the clusters that move to that version: ${endOf(one, about)}`),
  ];
}

/** A retry tries a version in quarantine, and ends that by itself. */
const endOf = ({ cause }: Stop, { state }: CommandInput['rollouts'][number]): string =>
  cause === 'quarantine' && [...state.targets.values()].some(({ probe }) => probe)
    ? 'it ends when a retried cluster has soaked'
    : 'lift it to let them go on';

const nameOf = ({ id, cause }: Stop): string => `stop ${id} (${cause})`;
