import { applyCommand, type RolloutCommand } from '../../../src/core/command/apply-command.ts';
import type { DesiredCluster } from '../../../src/core/desired/desired.ts';
import { type ClusterId, trusted } from '../../../src/core/model/ids.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import { startRollout } from '../../../src/core/plan/initial-state.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { decideFleet, type FleetDecision, type FleetInput } from '../../../src/core/reconcile/decide-fleet.ts';
import type { ActiveRollout, Policy } from '../../../src/core/reconcile/decision.ts';
import type { Observation, Order } from '../../../src/core/reconcile/evidence.ts';
import { isFinished } from '../../../src/core/reconcile/state.ts';
import { desiredCluster, type PhaseShape, planOf } from './plans.ts';
import type { Random } from './random.ts';
import { World } from './world.ts';

export const START: Instant = instant(1_700_000_000_000);

export const POLICY: Policy = {
  fleetMaxConcurrent: 4,
  dataPlaneMaxConcurrent: new Map([['east', 2]]),
  calendar: { rules: [] },
  evidenceMaxAgeMs: 60_000,
  unreachableAfterMs: 300_000,
};

/** How well messages get through. */
export interface Weather {
  /** That an order arrives with a tick; and that an old one arrives once more. */
  readonly deliver: number;
  readonly replayOrder: number;
  /** That a fresh sample arrives with a tick; otherwise the one before stays the newest. */
  readonly observe: number;
  /** That what arrives is not the fresh sample, but one of the last few. */
  readonly replaySample: number;
  readonly unknown: number;
}

export const FAIR: Weather = { deliver: 1, replayOrder: 0, observe: 1, replaySample: 0, unknown: 0 };

const SAMPLES_KEPT = 6;

/** A commit of the manifests: what each of its clusters was desired to be at before. */
interface Landed {
  readonly before: ReadonlyMap<ClusterId, DesiredCluster>;
  readonly phases: readonly PhaseShape[];
}

/** A fleet in a small world, with the bot's memory of it: everything that a run needs, and nothing that decides. */
export class SmallFleet {
  readonly world: World;
  readonly desired = new Map<ClusterId, DesiredCluster>();
  readonly rollouts: ActiveRollout[] = [];
  readonly orders = new Map<ClusterId, Order>();
  readonly observations = new Map<ClusterId, Observation>();
  readonly sent: Order[] = [];
  readonly policy: Policy;
  readonly #random: Random;
  readonly #samples = new Map<ClusterId, Observation[]>();
  readonly #landed: Landed[] = [];
  #revisions = 1;
  weather: Weather = FAIR;
  now: Instant = START;

  constructor(clusters: readonly string[], random: Random, policy: Policy = POLICY) {
    this.#random = random;
    this.policy = policy;
    const ids = clusters.map(trusted.cluster);
    this.world = new World(ids, 1, this.now);
    for (const cluster of ids) this.desired.set(cluster, desiredCluster(cluster, 1));
  }

  get active(): readonly ActiveRollout[] {
    return this.rollouts.filter(({ state }) => !isFinished(state));
  }

  /** Merges a new revision for the members of these phases. @returns its number */
  land(phases: readonly PhaseShape[], more: { readonly urgency?: 'routine' | 'hotfix'; readonly deadlineMs?: number } = {}): number {
    this.#revisions += 1;
    const number = this.#revisions;
    const members = phases.flatMap((phase) => phase.members.map(trusted.cluster)).filter((cluster) => this.desired.has(cluster));
    const before = new Map(members.map((cluster) => [cluster, this.#desiredOf(cluster)]));
    const alive = phases.map((phase) => ({
      ...phase,
      members: phase.members.filter((cluster) => this.desired.has(trusted.cluster(cluster))),
    }));
    const plan = planOf({
      to: number,
      from: numbersOf(before),
      phases: alive,
      deadlineMs: more.deadlineMs ?? 600_000,
      release: { urgency: more.urgency ?? 'routine' },
    });
    for (const cluster of members) this.desired.set(cluster, desiredCluster(cluster, number));
    this.#landed.push({ before, phases: alive });
    this.#start(plan);
    return number;
  }

  /** Reverts the newest commit that was not reverted. */
  revert(phases?: readonly PhaseShape[]): boolean {
    const landed = this.#landed.pop();
    if (landed === undefined) return false;
    const members = [...landed.before.keys()].filter((cluster) => this.desired.has(cluster));
    const from = new Map(members.map((cluster) => [cluster, this.#desiredOf(cluster)]));
    const shapes = (phases ?? landed.phases).map((phase) => ({
      ...phase,
      members: phase.members.filter((cluster) => from.has(trusted.cluster(cluster))),
    }));
    const plan = planOf({ kind: 'rollback', to: 0, toOf: numbersOf(landed.before), from: numbersOf(from), phases: shapes });
    for (const cluster of members) this.desired.set(cluster, landed.before.get(cluster) ?? this.#desiredOf(cluster));
    this.#start(plan);
    return true;
  }

  leave(cluster: ClusterId): void {
    this.desired.delete(cluster);
  }

  /** @returns whether the command was carried out. */
  command(rollout: ActiveRollout, command: RolloutCommand): boolean {
    const applied = applyCommand(rollout, command, this.now);
    if (applied.ok) this.#replace(rollout, { ...rollout, state: applied.value.next });
    return applied.ok;
  }

  /** Lets time pass: orders travel, clusters move, samples arrive. */
  pass(ms: number): void {
    this.#deliver();
    this.now = instant(this.now + ms);
    this.world.moveTo(this.now);
    for (const cluster of this.world.clusters.keys()) this.#sample(cluster);
  }

  input(now: Instant = this.now): FleetInput {
    return { desired: this.desired, rollouts: this.active, orders: this.orders, observations: this.observations, policy: this.policy, now };
  }

  decide(): FleetDecision {
    return decideFleet(this.input());
  }

  /** Commits a decision, as the store would. */
  commit({ decisions }: FleetDecision): void {
    for (const { rollout, decision } of decisions) {
      this.#replace(rollout, { ...rollout, state: decision.next });
      for (const { order } of decision.actions) {
        this.orders.set(order.cluster, order);
        this.sent.push(order);
      }
    }
  }

  #start(plan: Plan): void {
    const commit = trusted.commit((this.rollouts.length + 1).toString(16).padStart(40, '0'));
    this.rollouts.push({ plan, state: startRollout(plan, commit, this.now) });
  }

  #desiredOf(cluster: ClusterId): DesiredCluster {
    return this.desired.get(cluster) ?? desiredCluster(cluster, 1);
  }

  #replace(before: ActiveRollout, after: ActiveRollout): void {
    const index = this.rollouts.findIndex(({ state }) => state.id === before.state.id);
    this.rollouts[index] = after;
  }

  #deliver(): void {
    for (const order of this.orders.values()) {
      if (this.#random.chance(this.weather.deliver)) this.world.accept(order);
    }
    const old = this.#random.chance(this.weather.replayOrder) ? this.#random.pickAny(this.sent) : undefined;
    if (old !== undefined) this.world.accept(old);
  }

  #sample(cluster: ClusterId): void {
    const { observe, replaySample, unknown } = this.weather;
    if (!this.#random.chance(observe)) return;
    const fresh = this.world.observe(cluster, this.now);
    const samples = [...(this.#samples.get(cluster) ?? []), fresh].slice(-SAMPLES_KEPT);
    this.#samples.set(cluster, samples);
    if (this.#random.chance(unknown)) {
      const { dataPlane } = fresh;
      this.observations.set(cluster, {
        kind: 'unknown',
        cluster,
        dataPlane,
        sampledAt: this.now,
        cause: 'lost on the way',
        missing: false,
      });
      return;
    }
    this.observations.set(cluster, this.#random.chance(replaySample) ? (this.#random.pickAny(samples) ?? fresh) : fresh);
  }
}

function numbersOf(desired: ReadonlyMap<ClusterId, DesiredCluster>): ReadonlyMap<string, number> {
  return new Map([...desired].map(([cluster, { revision }]) => [cluster, Number.parseInt(revision, 16)]));
}
