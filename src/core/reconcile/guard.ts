import { classify } from '../evidence/classify.ts';
import type { ClusterId } from '../model/ids.ts';
import { instant } from '../model/time.ts';
import { become, CONFIRM_AFTER_MS, isLater } from './advance.ts';
import { ownOrder } from './orders.ts';
import { recordFailed } from './record-outcome.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import type { TargetState } from './state.ts';

/**
 * A cluster that breaks after its soak still counts, until its rollout has ended and for a guard time after. One bad
 * sample is a blip: broken is what a later sample confirms, a crash loop at once, anything else when it lasts.
 */
export function watchSucceeded(draft: RolloutDraft, cluster: ClusterId, target: TargetState): void {
  const { fleet, now } = draft;
  const observation = fleet.observation(cluster);
  // Most are fine, and cost no more than this look.
  const suspicious = observation?.kind === 'observed' && !observation.healthy;
  if (!suspicious && target.brokenSince === undefined) return;
  const order = ownOrder(draft, cluster, target);
  const { evidenceMaxAgeMs, regressionAfterMs } = fleet.policy;
  const evidence = classify(draft.plannedTarget(cluster), order, observation, target, { now, evidenceMaxAgeMs });
  // Not to see it is no proof of anything, and keeps what was seen.
  if (evidence.kind === 'none' || evidence.kind === 'not-accepted') return;
  if (evidence.kind !== 'moving' || evidence.sample.healthy) {
    draft.timers.set(cluster, undefined);
    draft.setTarget(cluster, become(target, 'succeeded', now, { brokenSince: undefined }));
    return;
  }
  const { sample, crashLoop, words } = evidence;
  const brokenSince = target.brokenSince ?? sample.receivedAt;
  const news = { brokenSince, sampledAt: sample.sampledAt, seenAt: sample.receivedAt };
  const again = target.brokenSince !== undefined && isLater(sample, target);
  const confirmAt = instant(brokenSince + (crashLoop ? CONFIRM_AFTER_MS : regressionAfterMs));
  if (again && (crashLoop || sample.receivedAt >= confirmAt)) {
    draft.setTarget(cluster, become(target, 'failed', now, { ...news, detail: `broke after its soak: ${words}` }));
    recordFailed(draft, cluster);
    return;
  }
  draft.setTarget(cluster, become(target, 'succeeded', now, news));
  draft.timers.set(cluster, confirmAt > now ? confirmAt : undefined);
}
