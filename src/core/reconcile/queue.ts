import { provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { compareVersions } from '../model/version.ts';
import { movesTo } from '../stop/traits.ts';
import { become } from './advance.ts';
import { isStoppedByFailure } from './budgets.ts';
import type { FleetDraft } from './fleet-draft.ts';
import { isProvenUnderOrder } from './proven.ts';
import type { RolloutDraft } from './rollout-draft.ts';

/**
 * For each release at most one rollout is active and one is pending. Routine merges coalesce in the pending one, which starts when
 * the active one has ended: so however often people merge, no cluster waits longer for a newer spec than two rollouts take.
 */
export function queueRollouts(fleet: FleetDraft): void {
  const byRelease = new Map<string, RolloutDraft[]>();
  for (const draft of fleet.rollouts) {
    if (draft.isFinished || draft.isWindingDown) continue;
    const line = byRelease.get(draft.planned.release) ?? [];
    byRelease.set(draft.planned.release, line);
    line.push(draft);
  }
  for (const line of byRelease.values()) queueRelease(line);
}

function queueRelease(line: readonly RolloutDraft[]): void {
  const active = line.find(({ status }) => status !== 'pending');
  const pending = line.filter(({ status }) => status === 'pending');
  const newest = pending.at(-1);
  if (newest === undefined) return;
  for (const older of pending.slice(0, -1)) {
    coalesce(older, newest);
    newest.scalars.takesOver ||= older.scalars.takesOver;
  }
  if (active === undefined) activate(newest, 'nothing of its release is under way');
  else {
    const why = whyTakesOver(newest, active);
    if (why === undefined) return;
    supersede(active, newest, why);
    activate(newest, `takes over: ${why}`);
  }
}

/** Why a pending rollout does not wait for the active one to end; `undefined` when it does. */
function whyTakesOver(pending: RolloutDraft, active: RolloutDraft): string | undefined {
  if (pending.scalars.takesOver) return 'a person said so';
  if (pending.planned.urgency !== 'routine') return `it is marked ${pending.planned.urgency}`;
  if (active.tally.ordered === 0) return 'the one before has ordered nothing yet';
  if (goesBack(pending, active)) return 'it goes back on the one before';
  if (isStoppedByFailure(active) && leavesWhatFailed(pending, active))
    return 'the one before was stopped by failure, and this leaves what failed';
  return undefined;
}

/** On what the active one has moved, or would move yet: to what was proven there, or to an older version with something else changed too. */
const goesBack = (pending: RolloutDraft, active: RolloutDraft): boolean =>
  [...pending.planned.targets.values()].some(({ kind, cluster, revision, spec }) => {
    if (!active.has(cluster)) return false;
    const planned = active.plannedTarget(cluster);
    if (planned.revision === revision || (kind !== 'rollback' && compareVersions(spec.version, planned.spec.version) >= 0)) return false;
    const { attempt, status } = active.target(cluster);
    return attempt > 0 || status === 'waiting';
  });

function leavesWhatFailed(pending: RolloutDraft, active: RolloutDraft): boolean {
  const { fleet, planned } = pending;
  const failed = fleet.stops.filter(
    ({ cause, rollout, scope }) => cause === 'quarantine' && rollout === active.id && scope.kind === 'version',
  );
  if (failed.length === 0) return false;
  return failed.every(
    ({ scope }) =>
      scope.kind !== 'version' ||
      [...planned.targets.values()].every(({ spec, cluster }) => !movesTo(scope.traits, spec, provenAt(fleet.ledger(cluster))?.spec)),
  );
}

/** The newer of two pending rollouts plans for all that the older one did. */
function coalesce(older: RolloutDraft, newer: RolloutDraft): void {
  markSuperseded(older, newer, `rollout ${newer.id} plans for all of it`);
  older.scalars.finishedAt = older.now;
}

function supersede(active: RolloutDraft, newer: RolloutDraft, why: string): void {
  markSuperseded(active, newer, why);
  // In flight it comes to rest first, under this rollout's orders.
  for (const cluster of active.ordered) active.dirty.add(cluster);
  active.fleet.again = true;
}

function markSuperseded(older: RolloutDraft, newer: RolloutDraft, why: string): void {
  older.setStatus('superseded', why);
  older.scalars.supersededBy = newer.id;
  newer.scalars.inLineSince = Math.min(newer.scalars.inLineSince, older.scalars.inLineSince);
  const detail = `taken over by rollout ${newer.id}`;
  for (const cluster of older.planned.targets.keys()) {
    const target = older.target(cluster);
    if (target.status === 'waiting') older.setTarget(cluster, become(target, 'superseded', older.now, { detail, supersededBy: newer.id }));
  }
}

/** From here on it may start targets. What earlier rollouts left half-way or failed is to go first. */
function activate(draft: RolloutDraft, why: string): void {
  draft.scalars.startedAt = draft.now;
  draft.setStatus('running', why);
  for (const cluster of draft.planned.targets.keys()) {
    const target = draft.target(cluster);
    if (target.status !== 'waiting') continue;
    if (isLeftHalfWay(draft, cluster)) draft.setTarget(cluster, become(target, 'waiting', draft.now, { rescue: true }));
    draft.dirty.add(cluster);
  }
  draft.fleet.again = true;
}

/** Its newest order is another rollout's, and it was never proven under that. */
function isLeftHalfWay(draft: RolloutDraft, cluster: ClusterId): boolean {
  const order = draft.order(cluster);
  return order !== undefined && order.rollout !== draft.id && !isProvenUnderOrder(draft, cluster);
}
