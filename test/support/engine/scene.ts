import type { DesiredCluster } from '../../../src/core/desired/desired.ts';
import type { Observation, Observed } from '../../../src/core/evidence/observation.ts';
import type { StandingOrder } from '../../../src/core/evidence/order.ts';
import type { LedgerEntry } from '../../../src/core/ledger/ledger.ts';
import { prove, unknownCluster } from '../../../src/core/ledger/record.ts';
import { type ClusterId, trusted } from '../../../src/core/model/ids.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import type { PlannedRollout, PlannedTarget } from '../../../src/core/plan/plan.ts';
import { decideFleet } from '../../../src/core/reconcile/decide-fleet.ts';
import { type ActiveRollout, type FleetDecision, type FleetInput, holdOf } from '../../../src/core/reconcile/decision.ts';
import { isFinished, type PhaseState, type RolloutState, type TargetState } from '../../../src/core/reconcile/state.ts';
import { isLifted, type Stop } from '../../../src/core/stop/stop.ts';
import { stopOf } from '../fleet-ledger.ts';
import { dataPlaneOf, desiredCluster, numberOf, type PlanShape, plannedOf, revision, spec } from '../small-world/plans.ts';
import { POLICY } from '../small-world/policy.ts';
import { pendingRollout } from '../small-world/rollouts.ts';

/** Instants of a scene count from here. */
const ZERO = 1_700_000_000_000;
export const at = (ms: number): Instant => instant(ZERO + ms);
const since = (at: Instant): number => at - ZERO;

/** A cluster that runs this version, healthy; nothing was ever ordered there. */
export const seen = (name: string, number: number, more: Partial<Observed> = {}): Observed => {
  const { product: _, ...running } = spec(number);
  return {
    kind: 'observed',
    cluster: trusted.cluster(name),
    dataPlane: dataPlaneOf(trusted.cluster(name)),
    sampledAt: at(0),
    receivedAt: at(0),
    accepted: undefined,
    rolled: true,
    healthy: true,
    held: false,
    running,
    brokers: brokersAt(number, number, number),
    detail: undefined,
    ...more,
  };
};

/** One broker for each number, at that version. */
export const brokersAt = (...numbers: readonly number[]): Observed['brokers'] =>
  numbers.map((number, ordinal) => ({ ordinal, version: spec(number).version, state: 'ready' }));

/** In the middle of its way from one version to another. */
export const halfWay = (from: number, to: number): Partial<Observed> => ({
  rolled: false,
  healthy: false,
  brokers: brokersAt(to, from, from),
});

/** One broker of the new version does not come up. */
export const crashLoop = (number: number): Partial<Observed> => ({
  rolled: false,
  healthy: false,
  brokers: brokersAt(number, number, number).map((broker) => (broker.ordinal === 0 ? { ...broker, state: 'crash-loop' } : broker)),
});

export const unseen = (name: string, missing = false): Observation => ({
  kind: 'unknown',
  cluster: trusted.cluster(name),
  dataPlane: dataPlaneOf(trusted.cluster(name)),
  sampledAt: at(0),
  receivedAt: at(0),
  cause: missing ? 'no such cluster' : 'does not answer',
  missing,
});

/** Rollouts of a fleet, decided on step by step with evidence given by hand; what is decided comes out as short lines. */
export class Scene {
  readonly desired = new Map<ClusterId, DesiredCluster>();
  readonly ledger = new Map<ClusterId, LedgerEntry>();
  readonly orders = new Map<ClusterId, StandingOrder>();
  readonly observations = new Map<ClusterId, Observation>();
  rollouts: ActiveRollout[] = [];
  stops: Stop[] = [];
  policy = POLICY;
  now: Instant = at(0);
  decision: FleetDecision = { decisions: [], stops: [], ledger: [], afterTheEnd: { actions: [], changes: [] }, wakeAt: undefined };

  constructor(shape?: PlanShape, over: Partial<RolloutState> = {}) {
    if (shape !== undefined) this.land(shape, over);
  }

  /** A rollout behind those there are. Clusters that are new to the scene were adopted at what they are planned to come from. */
  land(shape: PlanShape, over: Partial<RolloutState> = {}): PlannedRollout {
    const planned = plannedOf(shape);
    const seq = this.rollouts.length + 1;
    const commit = trusted.commit(seq.toString(16).padStart(40, '0'));
    const state = pendingRollout(planned, { commit, digest: trusted.digest('d'.repeat(16)), seq, at: this.now });
    this.rollouts.push({ planned, state: { ...state, id: trusted.rollout(`r${seq}`), ...over } });
    for (const target of planned.targets.values()) this.#adopt(planned, target);
    return planned;
  }

  /** A sample, as of now or of the instant given: it was received when it was sampled. */
  see(observation: Observation, ms: number = since(this.now)): void {
    this.observations.set(observation.cluster, { ...observation, sampledAt: at(ms), receivedAt: at(ms) });
  }

  /** The cluster has accepted its newest order; unless more is said it has rolled, and is healthy. */
  arrives(name: string, ms?: number, more: Partial<Observed> = {}): void {
    const { epoch, mode, revision: ordered } = this.order(name);
    this.see(seen(name, numberOf(ordered), { accepted: { epoch, mode, revision: ordered }, ...more }), ms);
  }

  /** Everything is sampled again: whoever was ordered has arrived, the others are as they were. */
  allArrive(ms: number): void {
    for (const observation of [...this.observations.values()]) {
      if (this.orders.has(observation.cluster)) this.arrives(observation.cluster, ms);
      else this.see(observation, ms);
    }
  }

  input(more: Partial<FleetInput> = {}): FleetInput {
    const { desired, ledger, orders, observations, policy, now } = this;
    const rollouts = this.rollouts.filter(({ state }) => !isFinished(state) || state.guardUntil !== undefined);
    const stops = this.stops.filter((stop) => !isLifted(stop, now));
    return { desired, ledger, rollouts, stops, orders: new Map(orders), observations, policy, now, ...more };
  }

  /** Decides at `ms`, and commits. */
  decide(ms: number): this {
    this.now = at(ms);
    this.decision = decideFleet(this.input());
    const { decisions, stops, ledger } = this.decision;
    for (const { rollout, decision } of decisions) {
      this.rollouts = this.rollouts.map((active) => (active.state.id === rollout.state.id ? { ...active, state: decision.next } : active));
    }
    for (const action of this.#actions) {
      if (action.kind === 'order') this.orders.set(action.order.cluster, { ...action.order, reply: undefined });
      else this.answer(action.cluster, undefined);
    }
    for (const stop of stops) this.stops = [...this.stops.filter(({ id }) => id !== stop.id), stop];
    for (const entry of ledger) this.ledger.set(entry.cluster, entry);
    return this;
  }

  /** Everything arrives, and is decided on. */
  go(ms: number): this {
    this.allArrive(ms);
    return this.decide(ms);
  }

  stop(over: Partial<Stop> & Pick<Stop, 'scope'>): void {
    this.stops.push(stopOf({ id: trusted.stop(`stop-${this.stops.length + 1}`), ...over }));
  }

  liftAll(): void {
    this.stops = [];
  }

  answer(name: string, reply: StandingOrder['reply']): void {
    this.orders.set(trusted.cluster(name), { ...this.order(name), reply });
  }

  /** The newest sample of it. */
  seenNow(name: string): Observation {
    return present(this.observations.get(trusted.cluster(name)), `a sample of ${name}`);
  }

  order(name: string): StandingOrder {
    return present(this.orders.get(trusted.cluster(name)), `an order of ${name}`);
  }

  /** An order that somebody gave before. */
  ordered(name: string, number: number, over: Partial<StandingOrder> = {}): void {
    const cluster = trusted.cluster(name);
    const [of, what, dataPlane] = [revision(number), spec(number), dataPlaneOf(cluster)];
    const order = { cluster, dataPlane, revision: of, spec: what, mode: 'run', epoch: 1, orderedAt: at(-1_000) } as const;
    this.orders.set(cluster, { ...order, rollout: trusted.rollout('r0'), reply: undefined, ...over });
  }

  rollout(nth = 0): ActiveRollout {
    return present(this.rollouts[nth], `rollout ${nth}`);
  }

  state(nth = 0): RolloutState {
    return this.rollout(nth).state;
  }

  phase(name: string, nth = 0): PhaseState {
    return present(this.state(nth).phases.get(name), `phase ${name}`);
  }

  target(name: string, nth = 0): TargetState {
    return present(this.state(nth).targets.get(trusted.cluster(name)), `target ${name}`);
  }

  entry(name: string): LedgerEntry {
    return present(this.ledger.get(trusted.cluster(name)), `the ledger of ${name}`);
  }

  change(over: Partial<RolloutState>, nth = 0): void {
    this.rollouts[nth] = { ...this.rollout(nth), state: { ...this.state(nth), ...over } };
  }

  changeTarget(name: string, over: Partial<TargetState>, nth = 0): void {
    this.change({ targets: new Map(this.state(nth).targets).set(trusted.cluster(name), { ...this.target(name, nth), ...over }) }, nth);
  }

  changeDesired(name: string, over: Partial<DesiredCluster>): void {
    const cluster = trusted.cluster(name);
    this.desired.set(cluster, { ...present(this.desired.get(cluster), name), ...over });
  }

  /** `run east-a #1`, in the order in which they were given. */
  get given(): readonly string[] {
    return this.#actions.map((action) =>
      action.kind === 'order'
        ? `${action.order.mode} ${action.order.cluster} #${action.order.epoch}`
        : `send-again ${action.cluster} #${action.epoch}`,
    );
  }

  /** `east-a succeeded, east-b waiting` */
  statuses(nth = 0): string {
    return [...this.state(nth).targets].map(([name, { status }]) => `${name} ${status}`).join(', ');
  }

  /** `canary done, rest running` */
  phases(nth = 0): string {
    return [...this.state(nth).phases].map(([name, { status }]) => `${name} ${status}`).join(', ');
  }

  /** Why it does not move, and until when time alone does not change that; `moves` when nothing is in its way. */
  hold(name: string, nth = 0): string {
    const { rollout, decision } = present(
      this.decision.decisions.find((one) => one.rollout.state.id === this.state(nth).id),
      `a decision on rollout ${nth}`,
    );
    const wait = holdOf(decision.holds, { ...rollout, state: decision.next }, trusted.cluster(name));
    if (wait === undefined) return 'moves';
    const { kind, ...rest } = wait.reason;
    const words = Object.values(rest).join(' ');
    return `${kind}${words === '' ? '' : `: ${words}`}${wait.until === undefined ? '' : ` until ${since(wait.until)}`}`;
  }

  /** `quarantine lets rollbacks: east-a`, of those that hold. */
  get held(): readonly string[] {
    return this.stops
      .filter((stop) => !isLifted(stop, this.now))
      .map(({ scope, cause, lets, failed }) => `${cause} on ${scope.kind} lets ${lets}: ${failed.join(' ')}`);
  }

  get wakeAt(): number | undefined {
    const { wakeAt } = this.decision;
    return wakeAt === undefined ? undefined : since(wakeAt);
  }

  /** Changes of rollouts and phases in this decision: `p0 waiting -> running: earlier phases are done`. */
  whys(subject: 'rollout' | 'phase' | 'target' | 'stop'): readonly string[] {
    return this.decision.decisions.flatMap(({ decision }) =>
      decision.changes.filter((change) => change.subject === subject).map(({ name, from, to, why }) => `${name} ${from} -> ${to}: ${why}`),
    );
  }

  get #actions() {
    const { decisions, afterTheEnd } = this.decision;
    return [...decisions.flatMap(({ decision }) => decision.actions), ...afterTheEnd.actions];
  }

  #adopt({ release }: PlannedRollout, { cluster, from, spec: wanted, revision: to }: PlannedTarget): void {
    this.desired.set(cluster, desiredCluster(cluster, numberOf(to), { release, spec: wanted }));
    if (this.ledger.has(cluster)) return;
    const was = from?.revision === undefined ? undefined : numberOf(from.revision);
    if (was === undefined) {
      this.see(unseen(cluster, true));
      return;
    }
    const proven = { revision: revision(was), spec: spec(was, wanted.product), proof: 'adopted', at: at(0) } as const;
    this.ledger.set(cluster, prove(unknownCluster(cluster), { ...proven, rollout: undefined, tookMs: undefined }));
    this.see(seen(cluster, was));
  }
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the scene has no ${what}`);
  return value;
}
