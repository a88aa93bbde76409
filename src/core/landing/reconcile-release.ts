import type { FleetChange } from '../change/fleet-change.ts';
import type { DesiredState } from '../desired/desired.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { CommitSha } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import { startPlan } from './start-plan.ts';

export interface ReconcileInput {
  readonly release: string;
  readonly by: string;
  readonly reason: string;
  /** The newest commit with valid manifests. */
  readonly commit: CommitSha;
  /** What brought the release to where it is wanted: whoever asks for it once more has no part in that. */
  readonly broughtBy: { readonly pull: number | undefined; readonly author: string; readonly origin: CommitSha | undefined } | undefined;
  readonly recorded: { readonly desired: DesiredState; readonly ledger: Ledger; readonly orders: StandingOrders; readonly lastSeq: number };
  readonly plan: Plan | undefined;
  readonly now: Instant;
}

/** A release as if its newest commit were merged again. @returns `undefined` when no cluster of it has to move. */
export function reconcileRelease(input: ReconcileInput): FleetChange | undefined {
  const { release, by, reason, commit, broughtBy, recorded, plan, now } = input;
  if (plan === undefined) return undefined;
  const title = `Reconcile ${release}: ${reason}`;
  const { pull, author = by, origin } = broughtBy ?? {};
  const started = startPlan(plan, {
    commit,
    by: { pull, author, title, origin, startedBy: by },
    recorded,
    desired: recorded.desired,
    now,
  });
  if (started.change.newRollouts === undefined) return undefined;
  return { ...started.change, audit: started.audit, followUps: started.followUps };
}
