import { applyCommand, type RolloutCommand } from '../../../src/core/command/apply-command.ts';
import { type ClusterId, trusted } from '../../../src/core/model/ids.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import { startRollout } from '../../../src/core/plan/initial-state.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { decide } from '../../../src/core/reconcile/decide.ts';
import type { DecideInput, Decision, Policy } from '../../../src/core/reconcile/decision.ts';
import type { Observation, Observed, Order } from '../../../src/core/reconcile/evidence.ts';
import type { RolloutState, TargetState } from '../../../src/core/reconcile/state.ts';
import { dataPlaneOf, desiredCluster, revision, version } from './plans.ts';

export const POLICY: Policy = {
  fleetMaxConcurrent: 100,
  dataPlaneMaxConcurrent: new Map(),
  calendar: { rules: [] },
  evidenceMaxAgeMs: 60_000,
  unreachableAfterMs: 300_000,
};

/** Instants of a scene count from here. */
const ZERO = 1_700_000_000_000;
export const at = (ms: number): Instant => instant(ZERO + ms);

export const seen = (name: string, number: number, more: Partial<Observed> = {}): Observed => ({
  kind: 'observed',
  cluster: trusted.cluster(name),
  dataPlane: dataPlaneOf(trusted.cluster(name)),
  sampledAt: at(0),
  accepted: { epoch: 0, revision: revision(number), mode: 'run' },
  rolled: true,
  healthy: true,
  held: false,
  running: { version: version(number), image: undefined, replicas: 3, config: {}, featureFlags: {} },
  brokers: [0, 1, 2].map((ordinal) => ({ ordinal, version: version(number), state: 'ready' })),
  detail: undefined,
  ...more,
});

export const unknown = (name: string, cause = 'does not answer', missing = false): Observation => ({
  kind: 'unknown',
  cluster: trusted.cluster(name),
  dataPlane: dataPlaneOf(trusted.cluster(name)),
  sampledAt: at(0),
  cause,
  missing,
});

/** One rollout, decided on step by step; what it says comes out as short lines. */
export class Scene {
  readonly plan: Plan;
  readonly orders = new Map<ClusterId, Order>();
  readonly observations = new Map<ClusterId, Observation>();
  readonly desired: Map<ClusterId, ReturnType<typeof desiredCluster>>;
  policy: Policy = POLICY;
  state: RolloutState;
  now: Instant = at(0);

  constructor(plan: Plan, to = 2) {
    this.plan = plan;
    this.state = startRollout(plan, trusted.commit('c'.repeat(40)), this.now);
    this.desired = new Map(Object.keys(plan.targets).map((name) => [trusted.cluster(name), desiredCluster(trusted.cluster(name), to)]));
    for (const name of Object.keys(plan.targets)) this.see(seen(name, 1));
  }

  /** A sample as of now, or as of `sampledAt`. */
  see(observation: Observation, sampledAt: Instant = this.now): void {
    this.observations.set(observation.cluster, { ...observation, sampledAt });
  }

  /** Samples everything again: each cluster as it was seen before. */
  seeAllAgain(): void {
    for (const observation of [...this.observations.values()]) this.see(observation);
  }

  /** The cluster has accepted its newest order, and is at it. */
  arrives(name: string, number: number, more: Partial<Observed> = {}): void {
    const order = this.orders.get(trusted.cluster(name));
    this.see(
      seen(name, number, { accepted: { epoch: order?.epoch ?? 0, revision: revision(number), mode: order?.mode ?? 'run' }, ...more }),
    );
  }

  input(more: Partial<DecideInput> = {}): DecideInput {
    const { desired, plan, state, orders, observations, policy, now } = this;
    return { desired, plan, state, orders, observations, policy, elsewhere: new Map(), now, ...more };
  }

  /** Decides at `ms`, and commits. */
  decide(ms: number, more: Partial<DecideInput> = {}): Decision {
    this.now = at(ms);
    const decision = decide(this.input(more));
    this.state = decision.next;
    for (const { order } of decision.actions) this.orders.set(order.cluster, order);
    return decision;
  }

  command(command: Omit<RolloutCommand, 'by' | 'reason'>): string {
    const applied = applyCommand(this, { by: 'ada', reason: 'because', digest: this.plan.digest, ...command }, this.now);
    if (!applied.ok) return applied.error;
    this.state = applied.value.next;
    return 'done';
  }

  target(name: string): TargetState {
    const target = this.state.targets.get(trusted.cluster(name));
    if (target === undefined) throw new Error(`no target ${name}`);
    return target;
  }

  /** `a succeeded, b waiting` */
  get statuses(): string {
    return [...this.state.targets].map(([name, { status }]) => `${name} ${status}`).join(', ');
  }
}

/** `run a #1`, in the order in which they are given. */
export const ordersOf = (decision: Decision): readonly string[] =>
  decision.actions.map(({ order }) => `${order.mode} ${order.cluster} #${order.epoch}`);

/** `b: earlier-phase`, with the time until it could change. */
export const holdsOf = (decision: Decision): readonly string[] =>
  decision.holds.map(({ cluster, reason, until }) => `${cluster}: ${reason.kind}${until === undefined ? '' : ` until ${until - ZERO}`}`);
