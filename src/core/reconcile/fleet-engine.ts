import type { Observation } from '../evidence/observation.ts';
import type { OrderReply } from '../evidence/order.ts';
import type { ClusterId, RolloutId } from '../model/ids.ts';
import { LayeredMap } from '../model/layered-map.ts';
import type { Instant } from '../model/time.ts';
import { lookAgain, resultOf, settleFleet, takeIn, wakeAtOfFleet } from './decide-fleet.ts';
import type { Action, Change, FleetDecision, FleetInput } from './decision.ts';
import { FleetDraft } from './fleet-draft.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import type { TargetState } from './state.ts';

/** What has happened since the last decision. Anything else that changes (a landing, a command, a clock that is set back) needs an engine of its own. */
export interface News {
  readonly now: Instant;
  readonly observations?: readonly Observation[];
  readonly replies?: readonly OrderReply[];
}

/** What followed from it: only what changed. */
export interface FleetStep {
  readonly rollouts: readonly {
    readonly id: RolloutId;
    readonly actions: readonly Action[];
    readonly changes: readonly Change[];
    readonly targets: ReadonlyMap<ClusterId, TargetState>;
  }[];
  readonly wakeAt: Instant | undefined;
}

/**
 * `decideFleet`, kept between events: tallies, queues and timers stay, so that the price of an event follows what it changes and not the size of
 * the fleet. At every step its state is what `decideFleet` would have decided on the state before.
 */
export class FleetEngine {
  readonly #fleet: FleetDraft;

  constructor(input: FleetInput) {
    this.#fleet = new FleetDraft(input);
    for (const _ of takeIn(this.#fleet, input.rollouts));
    settleFleet(this.#fleet);
  }

  /** The decision of the newest step, whole: as large as the fleet. */
  decision(): FleetDecision {
    return resultOf(this.#fleet);
  }

  /** Everything as it stands after the newest step: what a decision from scratch would begin with. */
  snapshot(): FleetInput {
    const fleet = this.#fleet;
    const { decisions } = resultOf(fleet);
    return {
      ...fleet.input,
      rollouts: decisions.map(({ rollout, decision }) => ({ planned: rollout.planned, state: decision.next })),
      stops: fleet.stops,
      ledger: overlaid(fleet.input.ledger, fleet.changedLedger),
      orders: overlaid(fleet.input.orders, fleet.changedOrders),
      observations: overlaid(fleet.input.observations, fleet.observed),
      now: fleet.now,
    };
  }

  next({ now, observations = [], replies = [] }: News): FleetStep {
    const fleet = this.#fleet;
    fleet.settle(now);
    for (const reply of replies) this.#answer(reply, now);
    for (const observation of observations) fleet.observe(observation);
    for (const draft of fleet.rollouts) {
      for (const { cluster } of observations) touch(draft, cluster);
      for (const { cluster } of replies) touch(draft, cluster);
      for (const key of draft.timers.take(now)) if (!key.startsWith('phase:')) touch(draft, key as ClusterId);
    }
    settleFleet(fleet);
    const rollouts = fleet.rollouts.map((draft) => ({
      id: draft.id,
      actions: [...draft.actions.values()],
      changes: draft.changes.slice(),
      targets: new Map(draft.changedTargets),
    }));
    return { rollouts, wakeAt: wakeAtOfFleet(fleet) };
  }

  #answer(reply: OrderReply, at: Instant): void {
    const order = this.#fleet.order(reply.cluster);
    if (order === undefined || order.epoch !== reply.epoch) return;
    const { kind } = reply;
    const more = kind === 'stale' ? { seen: reply.seen } : kind === 'refused' ? { reason: reply.reason } : {};
    this.#fleet.setOrder({ ...order, reply: { kind, at, ...more } });
  }
}

const overlaid = <V>(base: ReadonlyMap<ClusterId, V>, over: ReadonlyMap<ClusterId, V>): ReadonlyMap<ClusterId, V> =>
  over.size === 0 ? base : LayeredMap.of(base, [], over);

function touch(draft: RolloutDraft, cluster: ClusterId): void {
  if (!draft.has(cluster)) return;
  draft.dirty.add(cluster);
  lookAgain(draft, cluster);
}
