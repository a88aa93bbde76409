import { calendarVerdict } from '../calendar/calendar-gate.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import type { HoldReason, Wait } from './decision.ts';
import type { Draft, PhaseDraft } from './draft.ts';
import { patienceEnds, sightingOf } from './follow.ts';
import { mayMove, pausedWait } from './orders.ts';
import { missingApproval, notBegun } from './phases.ts';

/** A target that asks to be started. */
export interface Asking {
  readonly draft: Draft;
  readonly phase: PhaseDraft;
  readonly cluster: ClusterId;
  readonly planned: PlannedTarget;
  /** Broken, or in the middle of another rollout's move: need not wait for its turn (law 8). */
  readonly rescue: boolean;
}

/** Why the target may not start now; `undefined` lets it pass. */
type Gate = (asking: Asking) => Wait | undefined;

/** Cheapest first: a target without a slot would not start whatever its window says. */
const GATES: readonly Gate[] = [slotOfPhase, slotOfRelease, slotOfFleet, slotOfDataPlane, unseen, movedElsewhere, closed];

/** A rescue is outside of phases, limits and budgets; but not of people, and not of freezes. */
const GATES_OF_RESCUE: readonly Gate[] = [paused, notApproved, closed];

/** What holds a whole phase, but for rescues: asked once for all its members. */
export function heldWithPhase(draft: Draft, phase: PhaseDraft): Wait | undefined {
  if (!mayMove(draft, false)) return waitOfPause(draft);
  const reason = notBegun(draft, phase);
  return reason && hold(reason);
}

/** The first gate that holds one target of a phase that is not held, or one to be rescued; `undefined` when it may start. */
export function heldAtGate(asking: Asking): Wait | undefined {
  for (const gate of asking.rescue ? GATES_OF_RESCUE : GATES) {
    const wait = gate(asking);
    if (wait !== undefined) return wait;
  }
  return undefined;
}

const hold = (reason: HoldReason, until?: Instant): Wait => ({ reason, until });

function paused({ draft, rescue }: Asking): Wait | undefined {
  return mayMove(draft, rescue) ? undefined : waitOfPause(draft);
}

function waitOfPause(draft: Draft): Wait {
  return pausedWait(draft) ?? hold({ kind: 'paused', cause: draft.status, reason: `the rollout is ${draft.status}` });
}

function notApproved({ draft, phase }: Asking): Wait | undefined {
  const reason = missingApproval(draft, phase, 'before');
  return reason && hold(reason);
}

function slotOfPhase({ phase }: Asking): Wait | undefined {
  const limit = phase.planned.maxConcurrent.count;
  return phase.tally.inFlight < limit ? undefined : hold({ kind: 'concurrency', of: 'phase', name: phase.planned.id, limit });
}

function slotOfRelease({ phase: { release } }: Asking): Wait | undefined {
  const limit = release.planned?.maxConcurrent?.count;
  return limit === undefined || release.tally.inFlight < limit
    ? undefined
    : hold({ kind: 'concurrency', of: 'release', name: release.name, limit });
}

/** A cluster that is taken over from another rollout has its slot in the fleet and on its data plane already. */
function slotOfFleet({ draft, cluster }: Asking): Wait | undefined {
  const limit = draft.input.policy.fleetMaxConcurrent;
  if (draft.load.fleet < limit || draft.input.elsewhere.has(cluster)) return undefined;
  return hold({ kind: 'concurrency', of: 'fleet', name: 'fleet', limit });
}

function slotOfDataPlane({ draft, cluster, planned: { dataPlane } }: Asking): Wait | undefined {
  const limit = draft.input.policy.dataPlaneMaxConcurrent.get(dataPlane);
  if (limit === undefined || (draft.load.dataPlanes.get(dataPlane) ?? 0) < limit || draft.input.elsewhere.has(cluster)) return undefined;
  return hold({ kind: 'concurrency', of: 'data-plane', name: dataPlane, limit });
}

/** Nothing is started blind. */
function unseen({ draft, cluster }: Asking): Wait | undefined {
  const sighting = sightingOf(draft, cluster);
  if (sighting.seen) return undefined;
  return hold({ kind: 'no-evidence', cause: sighting.cause }, patienceEnds(draft, draft.target(cluster)));
}

/** A move that another rollout has begun is let finish first; one that stands still there would never finish. */
function movedElsewhere({ draft, cluster }: Asking): Wait | undefined {
  const other = draft.input.elsewhere.get(cluster);
  return other === undefined || other.held ? undefined : hold({ kind: 'other-rollout', rollout: other.rollout });
}

function closed({ draft, cluster, planned }: Asking): Wait | undefined {
  const { desired, plan } = draft.input;
  const verdict = calendarVerdict(draft.calendar, {
    product: planned.spec.product,
    labels: desired.get(cluster)?.labels ?? {},
    from: planned.from?.version,
    to: planned.spec.version,
    kind: plan.kind,
    expedited: false,
  });
  if (verdict.open) return undefined;
  const { rule, words, opensAt } = verdict;
  return hold({ kind: rule.kind, name: rule.name, words }, opensAt);
}
