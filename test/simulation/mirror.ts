import type { DesiredCluster } from '../../src/core/desired/desired.ts';
import type { Order, StandingOrder } from '../../src/core/evidence/order.ts';
import type { LedgerEntry } from '../../src/core/ledger/ledger.ts';
import type { ClusterId, CommitSha, RolloutId, StopId } from '../../src/core/model/ids.ts';
import type { PlannedRollout } from '../../src/core/plan/plan.ts';
import type { RolloutState, TargetState } from '../../src/core/reconcile/state.ts';
import type { Stop } from '../../src/core/stop/stop.ts';
import type { StateChange } from '../../src/ports/state-store.ts';

export interface MirroredRollout {
  readonly planned: PlannedRollout;
  readonly state: RolloutState;
}

/** What the store should hold, put together from the changes alone: the laws read this, and nothing that the bot keeps. */
export class Mirror {
  readonly rollouts = new Map<RolloutId, MirroredRollout>();
  readonly stops = new Map<StopId, Stop>();
  readonly orders = new Map<ClusterId, Order>();
  readonly desired = new Map<ClusterId, DesiredCluster>();
  readonly ledger = new Map<ClusterId, LedgerEntry>();
  goodHead: CommitSha | undefined;
  seenHead: CommitSha | undefined;

  apply(change: StateChange): void {
    if (change.heads !== undefined) {
      this.goodHead = change.heads.good;
      this.seenHead = change.heads.seen;
    }
    for (const one of change.desired?.set ?? []) this.desired.set(one.cluster, one);
    for (const cluster of change.desired?.remove ?? []) this.desired.delete(cluster);
    for (const state of change.newRollouts?.states ?? []) {
      const planned = change.newRollouts?.plan.rollouts.find(({ release }) => release === state.release);
      if (planned !== undefined) this.rollouts.set(state.id, { planned, state });
    }
    for (const delta of change.rollouts ?? []) {
      const before = this.rollouts.get(delta.id);
      if (before === undefined) continue;
      const { digest, commit, release, seq, createdAt } = before.state;
      const phases = new Map([...before.state.phases, ...delta.phases]);
      const targets = new Map([...before.state.targets, ...delta.targets]);
      this.rollouts.set(delta.id, { ...before, state: { ...delta, digest, commit, release, seq, createdAt, phases, targets } });
    }
    for (const stop of change.stops ?? []) this.stops.set(stop.id, stop);
    for (const entry of change.ledger ?? []) this.ledger.set(entry.cluster, entry);
    for (const order of change.orders ?? []) this.orders.set(order.cluster, order);
  }

  get unfinished(): readonly MirroredRollout[] {
    return [...this.rollouts.values()].filter(({ state }) => state.finishedAt === undefined);
  }

  heldStops(now: number): readonly Stop[] {
    return [...this.stops.values()].filter(({ lifted, until }) => lifted === undefined && (until === undefined || now < until));
  }

  target(order: Pick<StandingOrder, 'rollout' | 'cluster'>): TargetState | undefined {
    return order.rollout === undefined ? undefined : this.rollouts.get(order.rollout)?.state.targets.get(order.cluster);
  }
}
