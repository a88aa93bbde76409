import { type Instant, instant } from '../model/time.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import type { Approval, RolloutState } from './state.ts';

/** Until when an approval counts; `undefined`: as long as the plan is the same. */
export const approvalEnds = ({ approval }: Pick<PlannedPhase, 'approval'>, { at }: Pick<Approval, 'at'>): Instant | undefined =>
  approval?.validForMs === undefined ? undefined : instant(at + approval.validForMs);

/** The approvals of a phase that count now: of exactly this plan, the newest of each person, and none that has expired. */
export function countedApprovals(
  planned: Pick<PlannedPhase, 'name' | 'approval'>,
  { approvals, digest }: Pick<RolloutState, 'approvals' | 'digest'>,
  now: Instant,
): readonly Approval[] {
  const newest = new Map<string, Approval>();
  for (const given of approvals) {
    const ends = approvalEnds(planned, given);
    // Logins are the same whatever their case.
    if (given.phase === planned.name && given.digest === digest && (ends === undefined || ends > now))
      newest.set(given.by.toLowerCase(), given);
  }
  return [...newest.values()];
}
