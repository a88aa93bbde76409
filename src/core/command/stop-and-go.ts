import { err, ok } from '../model/result.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import { become } from '../reconcile/advance.ts';
import type { Change } from '../reconcile/decision.ts';
import type { PhaseState, RolloutState, RolloutStatus } from '../reconcile/state.ts';
import { type Applied, type Handler, type RolloutCommand, whyOf } from './command.ts';

/** A person's pause also takes the place of one that a budget made: then not even broken clusters are touched. */
export const pause: Handler = ({ state }, command, now) => {
  if (state.pause?.cause === 'person')
    return err(`already paused by ${state.pause.by} at ${formatInstant(state.pause.at)}: ${state.pause.reason}`);
  // Time stands still for the phases since the first pause, whoever made it.
  const at = state.pause?.at ?? now;
  const next: RolloutState = {
    ...state,
    status: 'paused',
    pause: { cause: 'person', by: command.by, reason: command.reason, at, phase: undefined },
  };
  return ok(applied(state, next, command));
};

/** Whoever resumes has seen what went wrong: it no longer counts against the budgets. What is on hold is ordered on by the next decision. */
export const resume: Handler = ({ state }, command, now) => {
  const pausedAt = state.pause?.at ?? now;
  const phases = new Map([...state.phases].map(([id, phase]) => [id, withoutPause(phase, pausedAt, now)]));
  return ok(applied(state, { ...state, status: 'running', pause: undefined, resumedAt: now, phases }, command));
};

function withoutPause(phase: PhaseState, pausedAt: Instant, now: Instant): PhaseState {
  if (phase.startedAt === undefined || phase.finishedAt !== undefined) return phase;
  return { ...phase, pausedMs: phase.pausedMs + now - Math.max(pausedAt, phase.startedAt) };
}

/** Nothing more is started. What is in flight comes to rest under the next decisions, and then the rollout is finished. */
export const abort: Handler = ({ state }, command, now) => {
  const changes: Change[] = [];
  const targets = new Map(state.targets);
  const detail = `aborted by ${whyOf(command)}`;
  for (const [cluster, target] of state.targets) {
    if (target.status !== 'waiting') continue;
    targets.set(cluster, become(target, 'deferred', now, { detail }));
    changes.push({ subject: 'target', name: cluster, from: target.status, to: 'deferred', why: detail });
  }
  const { next, changes: own } = applied(state, { ...state, status: 'aborted', pause: undefined, targets }, command);
  return ok({ next, changes: [...own, ...changes] });
};

function applied(before: RolloutState, next: RolloutState, command: RolloutCommand): Applied {
  const name = (status: RolloutStatus, paused: RolloutState['pause']) => (paused === undefined ? status : `${status} (${paused.cause})`);
  const change: Change = {
    subject: 'rollout',
    name: next.id,
    from: name(before.status, before.pause),
    to: name(next.status, next.pause),
    why: whyOf(command),
  };
  return { next, changes: [change] };
}
