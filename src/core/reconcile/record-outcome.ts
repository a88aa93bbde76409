import { prove, recordFailure } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { type DurationMs, durationMs, type Instant } from '../model/time.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import type { TargetState } from './state.ts';
import { letsProbe } from './stops-over.ts';

/** The cluster has soaked: what it runs is known to work there, and what was stopped because it failed there is refuted. */
export function recordSuccess(draft: RolloutDraft, cluster: ClusterId, target: TargetState): void {
  const { revision, spec } = draft.plannedTarget(cluster);
  const { fleet, now } = draft;
  draft.timers.set(cluster, undefined);
  const tookMs = target.startedAt === undefined ? undefined : tookSince(target.startedAt, target, now);
  fleet.record(cluster, (entry) => ({
    ...prove(entry, { revision, spec, proof: 'soaked', at: now, rollout: draft.id, tookMs }),
    observed: observedNow(draft, cluster) ?? entry.observed,
  }));
  if (!target.probe) return;
  for (const stop of fleet.stops) {
    if (!letsProbe(stop, draft.plannedTarget(cluster)) || !stop.failed.includes(cluster)) continue;
    // The canary of another rollout proves nothing here.
    if (stop.scope.kind === 'rollout' && stop.scope.rollout !== draft.id) continue;
    fleet.setStop({ ...stop, lifted: { by: 'flotilla', at: now, reason: `${cluster} has soaked in a later attempt` } });
    draft.changes.push({ subject: 'stop', name: stop.id, from: stop.cause, to: 'lifted', why: `${cluster} has soaked in a later attempt` });
  }
}

/** Time in which it could not move is left out: the next one is not expected to be held for as long. */
const tookSince = (startedAt: Instant, { exemptMs }: TargetState, now: Instant): DurationMs =>
  durationMs(Math.max(0, now - startedAt - exemptMs));

export function recordFailed(draft: RolloutDraft, cluster: ClusterId): void {
  const { revision, spec } = draft.plannedTarget(cluster);
  draft.timers.set(cluster, undefined);
  draft.waits.delete(cluster);
  draft.fleet.record(cluster, (entry) => ({
    ...recordFailure(entry, { revision, version: spec.version, rollout: draft.id, at: draft.now }),
    observed: observedNow(draft, cluster) ?? entry.observed,
  }));
}

function observedNow(draft: RolloutDraft, cluster: ClusterId) {
  const seen = draft.fleet.observation(cluster);
  return seen?.kind === 'observed' ? { dataPlane: seen.dataPlane, running: seen.running, receivedAt: seen.receivedAt } : undefined;
}
