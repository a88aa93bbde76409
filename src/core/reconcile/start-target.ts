import type { ClusterId } from '../model/ids.ts';
import { become } from './advance.ts';
import { giveOrder } from './orders.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { NOTHING_SEEN } from './state.ts';

/** Orders a target to move: one more attempt, which remembers nothing of the one before. */
export function startTarget(draft: RolloutDraft, cluster: ClusterId, rescue: boolean, why: string): void {
  const target = draft.target(cluster);
  const attempt = target.attempt + 1;
  const detail = attempt > 1 ? `attempt ${attempt}` : why;
  const epoch = giveOrder(draft, cluster, 'run', detail);
  draft.setTarget(
    cluster,
    become(target, 'applying', draft.now, { ...NOTHING_SEEN, exemptMs: 0, attempt, epoch, startedAt: draft.now, rescue, detail }),
  );
  draft.waits.delete(cluster);
  draft.dirty.add(cluster);
  draft.fleet.tellOthers(draft, cluster);
}
