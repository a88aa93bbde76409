import { applyCommand } from '../../../src/core/command/apply-command.ts';
import type { Applied, FleetCommand } from '../../../src/core/command/command.ts';
import type { DesiredCluster } from '../../../src/core/desired/desired.ts';
import type { Observation } from '../../../src/core/evidence/observation.ts';
import type { Order, OrderReply, StandingOrder } from '../../../src/core/evidence/order.ts';
import type { LedgerEntry } from '../../../src/core/ledger/ledger.ts';
import { prove, unknownCluster } from '../../../src/core/ledger/record.ts';
import { type ClusterId, type RolloutId, trusted } from '../../../src/core/model/ids.ts';
import type { Result } from '../../../src/core/model/result.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import { decideFleet } from '../../../src/core/reconcile/decide-fleet.ts';
import type { ActiveRollout, FleetDecision, FleetInput } from '../../../src/core/reconcile/decision.ts';
import type { Policy } from '../../../src/core/reconcile/policy.ts';
import { isFinished } from '../../../src/core/reconcile/state.ts';
import { isLifted, type Stop } from '../../../src/core/stop/stop.ts';
import { Carrier, FAIR, type Weather } from './carrier.ts';
import { type LandShape, planRelease, stopsOfRollback } from './planner.ts';
import { desiredCluster, PRODUCT, planOfRollouts, RELEASE, revision, spec } from './plans.ts';
import { POLICY } from './policy.ts';
import type { Random } from './random.ts';
import { pendingRollout } from './rollouts.ts';
import { World } from './world.ts';

export const START: Instant = instant(1_700_000_000_000);

export interface ClusterShape {
  readonly name: string;
  readonly release?: string;
  readonly product?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A fleet in a small world, with the bot's memory of it: everything that a run needs, and nothing that decides. */
export class SmallFleet {
  readonly world = new World();
  readonly carrier: Carrier;
  readonly desired = new Map<ClusterId, DesiredCluster>();
  readonly ledger = new Map<ClusterId, LedgerEntry>();
  /** All there ever were, by `seq`. */
  readonly rollouts: ActiveRollout[] = [];
  /** All there ever were; those that were lifted too. */
  readonly stops = new Map<string, Stop>();
  readonly orders = new Map<ClusterId, StandingOrder>();
  readonly observations = new Map<ClusterId, Observation>();
  readonly sent: Order[] = [];
  /** Replies and samples that arrived when time last passed. */
  readonly news: { replies: OrderReply[]; observations: Observation[] } = { replies: [], observations: [] };
  policy: Policy;
  weather: Weather = FAIR;
  /** What our clock says; the true time goes on by itself. */
  now: Instant = START;
  #trueMs: number = START;
  readonly #random: Random;

  constructor(clusters: readonly (string | ClusterShape)[], random: Random, policy: Policy = POLICY) {
    this.#random = random;
    this.policy = policy;
    this.carrier = new Carrier(random);
    for (const shape of clusters) this.#adopt(typeof shape === 'string' ? { name: shape } : shape);
    for (const cluster of this.world.clusters.keys()) this.#observe(cluster);
  }

  get active(): readonly ActiveRollout[] {
    return this.rollouts.filter(({ state }) => !isFinished(state) || state.guardUntil !== undefined);
  }

  get unfinished(): readonly ActiveRollout[] {
    return this.rollouts.filter(({ state }) => !isFinished(state));
  }

  get heldStops(): readonly Stop[] {
    return [...this.stops.values()].filter(({ lifted }) => lifted === undefined);
  }

  /** Merges: each of these releases is wanted at another revision, or as before; a rollout for each that has to move. */
  land(...shapes: readonly LandShape[]): readonly RolloutId[] {
    for (const { release = RELEASE, to } of shapes) {
      if (to === undefined) continue;
      for (const before of [...this.desired.values()]) {
        if (before.release !== release || before.pinnedBy !== undefined) continue;
        this.desired.set(before.cluster, { ...before, revision: revision(to), spec: spec(to, before.spec.product) });
      }
    }
    const planned = shapes.flatMap((shape) => planRelease(shape, this) ?? []);
    const plan = planOfRollouts(planned);
    const commit = trusted.commit((this.rollouts.length + 1).toString(16).padStart(12, '0').padEnd(40, '0'));
    const ids: RolloutId[] = [];
    for (const one of planned) {
      const state = pendingRollout(one, { commit, digest: plan.digest, seq: this.rollouts.length + 1, at: this.now });
      this.rollouts.push({ planned: one, state });
      for (const stop of stopsOfRollback(one, state, this)) this.stops.set(stop.id, stop);
      ids.push(state.id);
    }
    return ids;
  }

  rollout(id: RolloutId | number): ActiveRollout {
    const found = typeof id === 'number' ? this.rollouts[id] : this.rollouts.find(({ state }) => state.id === id);
    if (found === undefined) throw new Error(`no rollout ${id}`);
    return found;
  }

  change(name: string, more: Partial<DesiredCluster>): void {
    const cluster = trusted.cluster(name);
    const before = this.desired.get(cluster);
    if (before !== undefined) this.desired.set(cluster, { ...before, ...more });
  }

  /** Carries a command out as the loop would; a reconcile plans `shape` anew. */
  command(command: FleetCommand, shape?: LandShape): Result<Applied, string> {
    const rollout = 'rollout' in command ? this.rollout(command.rollout) : undefined;
    const { now, desired, ledger } = this;
    const about = this.rollouts.filter(
      ({ state }) => !isFinished(state) || state.guardUntil !== undefined || this.heldStops.some((stop) => stop.rollout === state.id),
    );
    const applied = applyCommand({ rollouts: about, rollout, stops: this.heldStops, desired, ledger, now }, command);
    if (!applied.ok) return applied;
    for (const { before, next } of applied.value.rollouts) this.#replace(before.id, (active) => ({ ...active, state: next }));
    for (const stop of applied.value.stops) this.stops.set(stop.id, stop);
    if (applied.value.reconcile !== undefined && shape !== undefined)
      this.land({ ...shape, release: applied.value.reconcile, to: undefined });
    return applied;
  }

  /** Lets time pass: orders travel, clusters move, samples and answers arrive. */
  pass(ms: number): void {
    this.news.replies = [];
    this.news.observations = [];
    this.now = instant(this.now + ms);
    this.#trueMs += ms;
    this.#deliver();
    this.world.pass(ms);
    for (const cluster of this.world.clusters.keys()) this.#observe(cluster);
  }

  /** All that a decision is made from: a copy, so that what comes later does not change it. */
  input(now: Instant = this.now): FleetInput {
    const { desired, ledger, orders, observations, policy } = this;
    return {
      desired: new Map(desired),
      ledger: new Map(ledger),
      rollouts: this.active,
      stops: this.heldStops.filter((stop) => !isLifted(stop, now)),
      orders: new Map(orders),
      observations: new Map(observations),
      policy,
      now,
    };
  }

  decide(now: Instant = this.now): FleetDecision {
    return decideFleet(this.input(now));
  }

  /** Commits a decision, as the store would. */
  commit({ decisions, stops, ledger, afterTheEnd }: FleetDecision): void {
    for (const { rollout, decision } of decisions) this.#replace(rollout.state.id, (active) => ({ ...active, state: decision.next }));
    for (const action of [...decisions.flatMap(({ decision }) => decision.actions), ...afterTheEnd.actions]) {
      if (action.kind === 'order') {
        this.orders.set(action.order.cluster, { ...action.order, reply: undefined });
        this.sent.push(action.order);
      } else this.#sendAgain(action.cluster, action.epoch);
    }
    for (const stop of stops) this.stops.set(stop.id, stop);
    for (const entry of ledger) this.ledger.set(entry.cluster, entry);
  }

  /** Decides and commits. */
  step(ms = 10_000): FleetDecision {
    this.pass(ms);
    const decision = this.decide();
    this.commit(decision);
    return decision;
  }

  #adopt({ name, release = RELEASE, product = PRODUCT, labels = {} }: ClusterShape): void {
    const cluster = trusted.cluster(name);
    this.world.add(cluster, 1, product);
    this.desired.set(cluster, desiredCluster(cluster, 1, { release, labels, spec: spec(1, product) }));
    const proven = {
      revision: revision(1),
      spec: spec(1, product),
      proof: 'adopted',
      at: this.now,
      rollout: undefined,
      tookMs: undefined,
    } as const;
    this.ledger.set(cluster, prove(unknownCluster(cluster), proven));
  }

  #replace(id: RolloutId, change: (before: ActiveRollout) => ActiveRollout): void {
    const index = this.rollouts.findIndex(({ state }) => state.id === id);
    const before = this.rollouts[index];
    if (before !== undefined) this.rollouts[index] = change(before);
  }

  #sendAgain(cluster: ClusterId, epoch: number): void {
    const order = this.orders.get(cluster);
    if (order?.epoch === epoch) this.orders.set(cluster, { ...order, reply: undefined });
  }

  #deliver(): void {
    const { weather } = this;
    for (const order of [...this.orders.values()]) {
      if (order.reply !== undefined || !this.#random.chance(weather.deliver)) continue;
      const reply = this.world.accept(order);
      if (reply !== undefined && this.#random.chance(weather.answer)) this.#recordReply(reply);
    }
    const old = this.#random.chance(weather.replayOrder) ? this.#random.pickAny(this.sent) : undefined;
    if (old !== undefined) this.world.accept(old);
  }

  #recordReply(reply: OrderReply): void {
    const order = this.orders.get(reply.cluster);
    if (order?.epoch !== reply.epoch) return;
    const { kind } = reply;
    const more = kind === 'stale' ? { seen: reply.seen } : kind === 'refused' ? { reason: reply.reason } : {};
    this.orders.set(reply.cluster, { ...order, reply: { kind, at: this.now, ...more } });
    this.news.replies.push(reply);
  }

  #observe(cluster: ClusterId): void {
    const observation = this.carrier.carry(cluster, this.world.sample(cluster), this.#trueMs, this.now, this.weather);
    if (observation === undefined) return;
    this.observations.set(cluster, observation);
    this.news.observations.push(observation);
  }
}
