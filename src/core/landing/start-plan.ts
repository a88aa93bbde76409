import { type AuditLine, auditLine, type FleetChange } from '../change/fleet-change.ts';
import type { FollowUp } from '../change/follow-up.ts';
import type { DesiredState } from '../desired/desired.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { CommitSha } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import { stopsOfRollback } from './rolled-back.ts';
import { startRollouts } from './start-rollouts.ts';

/** Who brings a plan, and from where. */
interface Bringer {
  readonly pull: number | undefined;
  readonly author: string;
  readonly title: string;
  /** The commit that brought it, where that is another. */
  readonly origin?: CommitSha | undefined;
  /** Who has asked for it, where that is somebody else. */
  readonly startedBy?: string | undefined;
}

export interface StartInput {
  readonly commit: CommitSha;
  readonly by: Bringer;
  readonly recorded: { readonly ledger: Ledger; readonly orders: StandingOrders; readonly lastSeq: number };
  /** As of the commit. */
  readonly desired: DesiredState;
  readonly now: Instant;
}

interface Started {
  readonly change: Pick<FleetChange, 'newRollouts' | 'stops'>;
  readonly audit: readonly AuditLine[];
  readonly followUps: readonly FollowUp[];
}

export const NOTHING_STARTED: Started = { change: {}, audit: [], followUps: [] };

/** The rollouts of a plan, pending until the next decision. A plan that only names clusters which opted out or are gone has none. */
export function startPlan(plan: Plan, { commit, by, recorded, desired, now }: StartInput): Started {
  const { pull, author, title, origin, startedBy = author } = by;
  const states = startRollouts(plan, { commit, firstSeq: recorded.lastSeq + 1, now });
  if (states.length === 0) return NOTHING_STARTED;
  const stops = stopsOfRollback(plan, states, { ...recorded, by: startedBy, reason: title, desired, now });
  return {
    change: { newRollouts: { plan, states, pull, author, title, origin }, ...(stops.length === 0 ? {} : { stops }) },
    audit: [
      ...states.map(({ id, release }) => ({ ...auditLine('rollout', id, `${release}: ${title}`, startedBy), rollout: id })),
      ...stops.map(({ id, rollout, reason }) => ({ ...auditLine('stop', id, reason, startedBy), rollout, to: 'set' })),
    ],
    followUps: [{ kind: 'tick' }, { kind: 'report-rollouts', commit, at: undefined }],
  };
}
