import type { ClusterId } from '../model/ids.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { become } from './advance.ts';
import { freshSample } from './classify.ts';
import type { Draft, PhaseDraft } from './draft.ts';
import type { Observed } from './evidence.ts';
import { heldAtGate, heldWithPhase } from './gates.ts';
import { observedDifferences } from './normalise.ts';
import { giveOrder } from './orders.ts';
import type { TargetState } from './state.ts';

/** Starts the targets of a phase that may start, skips those that are there already, and says of the rest why they wait. */
export function startTargets(draft: Draft, phase: PhaseDraft): void {
  if (phase.tally.waiting === 0) return;
  const held = heldWithPhase(draft, phase);
  for (const cluster of phase.open) {
    const target = draft.target(cluster);
    if (target.status !== 'waiting') continue;
    const planned = draft.planned(cluster);
    if (held === undefined && target.attempt === 0 && isThere(draft, cluster, planned)) {
      draft.setTarget(phase, cluster, become(target, 'skipped', draft.now, { detail: 'already there, and healthy' }));
      continue;
    }
    const rescue = needsRescue(draft, cluster, planned);
    const wait = held !== undefined && !rescue ? held : heldAtGate({ draft, phase, cluster, planned, rescue });
    if (wait === undefined) start(draft, phase, cluster, target, rescue);
    else {
      draft.wait(cluster, wait);
      draft.wakeUpAt(wait.until);
    }
  }
}

function start(draft: Draft, phase: PhaseDraft, cluster: ClusterId, target: TargetState, rescued: boolean): void {
  const attempt = target.attempt + 1;
  const detail = rescued
    ? 'taken over at once: it is broken, or in the middle of a move'
    : attempt > 1
      ? `attempt ${attempt}`
      : `phase ${phase.planned.id} is running`;
  const epoch = giveOrder(draft, cluster, 'run', detail);
  const afresh = { healthySince: undefined, brokenSince: undefined, seenAt: undefined, progress: undefined, exemptMs: 0 };
  draft.setTarget(
    phase,
    cluster,
    become(target, 'applying', draft.now, { ...afresh, attempt, epoch, startedAt: draft.now, rescued, detail }),
  );
}

function freshlyObserved(draft: Draft, cluster: ClusterId): Observed | undefined {
  const observation = draft.input.observations.get(cluster);
  const sample = freshSample(observation, { now: draft.now, evidenceMaxAgeMs: draft.input.policy.evidenceMaxAgeMs });
  return observation?.kind === 'observed' && typeof sample !== 'string' ? observation : undefined;
}

/** At this revision and healthy before anybody ordered it here: by an earlier rollout, or because it was never moved off. */
function isThere(draft: Draft, cluster: ClusterId, planned: PlannedTarget): boolean {
  const seen = freshlyObserved(draft, cluster);
  if (seen === undefined || !seen.healthy) return false;
  const order = draft.order(cluster);
  if (order !== undefined && order.revision !== planned.revision) return false;
  if (seen.accepted !== undefined) {
    return seen.rolled && seen.accepted.revision === planned.revision && (order === undefined || order.epoch === seen.accepted.epoch);
  }
  // Never ordered by anybody: what runs there is all there is to go by.
  return order === undefined && observedDifferences(planned.spec, seen.running).length === 0;
}

/**
 * Another rollout has left the cluster broken; or, when this one goes back, in the middle of a move.
 *
 * A cluster that merely moves on is not taken out of a forward rollout's order: its move is let finish.
 */
function needsRescue(draft: Draft, cluster: ClusterId, planned: PlannedTarget): boolean {
  const order = draft.order(cluster);
  if (order === undefined || order.rollout === draft.input.state.id || order.revision === planned.revision) return false;
  const back = draft.input.plan.kind === 'rollback';
  const seen = freshlyObserved(draft, cluster);
  if (seen === undefined) return back && draft.input.elsewhere.has(cluster);
  if (seen.brokers.some(({ state }) => state === 'crash-loop' || state === 'stuck')) return true;
  return back && !(seen.accepted?.epoch === order.epoch && seen.rolled && seen.healthy);
}
