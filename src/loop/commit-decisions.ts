import type { FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { FleetDecision } from '../core/reconcile/decide-fleet.ts';
import type { ActiveRollout, Decision } from '../core/reconcile/decision.ts';
import type { Observations } from '../core/reconcile/evidence.ts';
import { isFinished, type RolloutState } from '../core/reconcile/state.ts';
import { PortError } from '../ports/port-error.ts';
import type { AuditEntry, Job, RolloutChange } from '../ports/state-store.ts';
import { deliverJob, driftJob, publishRolloutJob, wakeJob } from './jobs.ts';
import type { Loop } from './loop.ts';
import { memoryOf } from './memory.ts';
import { nextPublishAt } from './publish-pace.ts';
import type { Situation } from './situation.ts';

/**
 * Writes what was decided, with the orders, the audit and the jobs that follow, in one transaction.
 *
 * @throws PortError `retry-after` when somebody else has written meanwhile: decide again on what is there now.
 */
export async function commitDecisions(loop: Loop, situation: Situation, observations: Observations, decided: FleetDecision): Promise<void> {
  const { fleet } = situation;
  const now = loop.ports.clock.now();
  const moved = decided.decisions.filter(({ rollout, decision }) => decision.next !== rollout.state || decision.actions.length > 0);
  const wake = decided.wakeAt === undefined ? [] : [wakeJob(fleet.id, decided.wakeAt)];
  if (moved.length === 0) {
    if (wake.length > 0) await loop.ports.store.enqueue(wake);
    return;
  }
  const orders = moved.flatMap(({ decision }) => decision.actions.map((action) => action.order));
  const outcome = await loop.ports.store.commit({
    fleet: fleet.id,
    expectedVersion: fleet.version,
    at: now,
    rollouts: moved.map(({ rollout, decision }) => rolloutChange(rollout.state, decision.next)),
    orders,
    observations: [...observations.values()],
    audit: moved.flatMap(({ rollout, decision }) => auditOf(rollout, decision, now)),
    jobs: [...wake, ...deliverJobs(fleet.id, orders), ...moved.flatMap((one) => publishJobs(loop, fleet.id, one, now))],
  });
  if (outcome === 'conflict') throw conflict();
  remember(loop, situation, decided);
}

export function conflict(): PortError {
  return new PortError({
    port: 'state-store',
    operation: 'commit',
    retry: { kind: 'retry-after', waitMs: 100 },
    message: 'another writer was faster; deciding again',
  });
}

/** Only what changed: decisions share the objects that they left alone. */
export function rolloutChange(before: RolloutState, after: RolloutState): RolloutChange {
  return {
    id: after.id,
    status: after.status,
    pause: after.pause,
    finishedAt: after.finishedAt,
    resumedAt: after.resumedAt,
    approvals: after.approvals,
    phases: new Map([...after.phases].filter(([name, phase]) => before.phases.get(name) !== phase)),
    targets: new Map([...after.targets].filter(([cluster, target]) => before.targets.get(cluster) !== target)),
  };
}

function auditOf(rollout: ActiveRollout, decision: Decision, at: Instant): readonly AuditEntry[] {
  const common = { at, actor: 'flotilla', rollout: rollout.state.id };
  return [
    ...decision.changes.map(({ subject, name, from, to, why }) => ({ ...common, kind: subject, subject: name, from, to, why })),
    ...decision.actions.map(({ order, why }) => ({
      ...common,
      kind: 'order',
      subject: order.cluster,
      from: undefined,
      to: `${order.mode} ${order.revision} epoch ${order.epoch}`,
      why,
    })),
  ];
}

function deliverJobs(fleet: FleetId, orders: readonly { readonly dataPlane: string }[]): readonly Job[] {
  return [...new Set(orders.map(({ dataPlane }) => dataPlane))].map((dataPlane) => deliverJob(fleet, dataPlane));
}

/** What a person may have to act on is written at once; progress is written at a pace that the code host allows. */
function publishJobs(loop: Loop, fleet: FleetId, { rollout, decision }: FleetDecision['decisions'][number], now: Instant): readonly Job[] {
  const urgent = decision.next.status !== rollout.state.status;
  const jobs = [
    publishRolloutJob(fleet, decision.next.id, urgent ? undefined : nextPublishAt(decision.next, now, loop.settings.publishIntervalMs)),
  ];
  // What a rollout leaves behind (failed, deferred) is drift from the moment it ends.
  return urgent && isFinished(decision.next) ? [...jobs, driftJob(fleet)] : jobs;
}

function remember(loop: Loop, situation: Situation, { decisions }: FleetDecision): void {
  const memory = memoryOf(loop.memory, situation.fleet.id);
  const orders = new Map(situation.orders);
  for (const { decision } of decisions) for (const { order } of decision.actions) orders.set(order.cluster, order);
  memory.situation = {
    version: situation.fleet.version + 1,
    desired: situation.desired,
    rollouts: decisions
      .map(({ rollout, decision }) => ({ plan: rollout.plan, state: decision.next }))
      .filter(({ state }) => !isFinished(state)),
    orders,
  };
}
