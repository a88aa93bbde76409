import type { DesiredState } from '../desired/desired.ts';
import type { OrderReply, StandingOrder, StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { withEntries } from '../ledger/record-observed.ts';
import type { ClusterId } from '../model/ids.ts';
import { LayeredMap } from '../model/layered-map.ts';
import type { Instant } from '../model/time.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import type { Policy } from '../reconcile/policy.ts';
import type { RolloutState } from '../reconcile/state.ts';
import type { Stop } from '../stop/stop.ts';
import type { FleetChange, Heads } from './fleet-change.ts';

/** All that decisions are made from, as the store has it. */
export interface FleetRecords {
  readonly heads: Heads;
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  readonly orders: StandingOrders;
  /** Those that are not finished or are under guard, by `seq`. */
  readonly rollouts: readonly ActiveRollout[];
  /** Those that are not lifted, oldest first. */
  readonly stops: readonly Stop[];
  /** `undefined` before the first commit with valid manifests. */
  readonly policy: Policy | undefined;
  /** The place of the newest rollout there ever was; 0 before the first. */
  readonly lastSeq: number;
}

/**
 * What the store has after a change, so that it need not be read again.
 *
 * @returns `undefined` where that cannot be told: the change takes up a rollout that was over.
 */
export function applyChange(records: FleetRecords, change: FleetChange): FleetRecords | undefined {
  const rollouts = applyToRollouts(records.rollouts, change);
  if (rollouts === undefined) return undefined;
  return {
    heads: change.heads ?? records.heads,
    desired: change.desired?.next ?? records.desired,
    ledger: withEntries(records.ledger, change.ledger ?? []),
    orders: applyToOrders(records.orders, change),
    rollouts,
    stops: applyToStops(records.stops, change.stops ?? []),
    policy: change.policy ?? records.policy,
    lastSeq: Math.max(records.lastSeq, ...(change.newRollouts?.states ?? []).map(({ seq }) => seq)),
  };
}

/** The same after answers were recorded: each belongs to the epoch it names, and the first of them stands. */
export function applyReplies(orders: StandingOrders, replies: readonly OrderReply[], at: Instant): StandingOrders {
  const answered = new Map<ClusterId, StandingOrder>();
  for (const { cluster, epoch, ...reply } of replies) {
    const standing = answered.get(cluster) ?? orders.get(cluster);
    if (standing?.epoch === epoch && standing.reply === undefined) answered.set(cluster, { ...standing, reply: { ...reply, at } });
  }
  return LayeredMap.of(orders, [], answered);
}

function applyToOrders(orders: StandingOrders, { orders: placed = [], sendAgain = [] }: FleetChange): StandingOrders {
  if (placed.length === 0 && sendAgain.length === 0) return orders;
  const next = new Map<ClusterId, StandingOrder>();
  for (const order of placed) next.set(order.cluster, { ...order, reply: undefined });
  for (const { cluster, epoch } of sendAgain) {
    const standing = next.get(cluster) ?? orders.get(cluster);
    if (standing?.epoch === epoch) next.set(cluster, { ...standing, reply: undefined });
  }
  return LayeredMap.of(orders, [], next);
}

function applyToStops(stops: readonly Stop[], changed: readonly Stop[]): readonly Stop[] {
  if (changed.length === 0) return stops;
  const next = new Map([...stops, ...changed].map((stop) => [stop.id, stop]));
  return [...next.values()].filter(({ lifted }) => lifted === undefined).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

const isRemembered = ({ finishedAt, guardUntil }: RolloutState): boolean => finishedAt === undefined || guardUntil !== undefined;

function applyToRollouts(rollouts: readonly ActiveRollout[], change: FleetChange): readonly ActiveRollout[] | undefined {
  const next = new Map((change.rollouts ?? []).map(({ next: state }) => [state.id, state]));
  const known = new Set(rollouts.map(({ state }) => state.id));
  if ([...next.values()].some((state) => !known.has(state.id) && isRemembered(state))) return undefined;
  const changed = rollouts.map(({ planned, state }) => ({ planned, state: next.get(state.id) ?? state }));
  return [...changed.filter(({ state }) => isRemembered(state)), ...newOnes(change.newRollouts)];
}

function newOnes(brought: FleetChange['newRollouts']): readonly ActiveRollout[] {
  if (brought === undefined) return [];
  const planned = new Map(brought.plan.rollouts.map((one) => [one.release, one]));
  return brought.states.flatMap((state) => {
    const own = planned.get(state.release);
    return own === undefined ? [] : [{ planned: own, state }];
  });
}
