import type { DesiredSpec } from '../desired/desired.ts';
import type { StandingOrder } from '../evidence/order.ts';
import { provenAt } from '../ledger/record.ts';
import { invariant } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { PlannedLimit, PlannedRollout, PlannedTarget } from '../plan/plan.ts';
import type { Stop } from '../stop/stop.ts';
import type { Action, ActiveRollout, Change, Decision, Wait } from './decision.ts';
import type { FleetDraft } from './fleet-draft.ts';
import { type PhaseDraft, phaseDrafts } from './phase-draft.ts';
import { IN_FLIGHT, PHASE_AHEAD, type PhaseState, type RolloutState, type RolloutStatus, SETTLED, type TargetState } from './state.ts';
import { StopBook } from './stop-book.ts';
import { isHeldIn, stopsOverTarget } from './stops-over.ts';
import { count, emptyTally, type Tally } from './tally.ts';
import { TargetBook } from './target-book.ts';
import { Timers } from './timers.ts';

type Scalars = { -readonly [Key in Exclude<keyof RolloutState, 'phases' | 'targets'>]: RolloutState[Key] };

/**
 * One rollout while a decision is made. It changes as the steps go on, and nobody outside sees it: the result is
 * built from it at the end, sharing every object that did not change.
 */
export class RolloutDraft {
  readonly rollout: ActiveRollout;
  readonly planned: PlannedRollout;
  readonly fleet: FleetDraft;
  readonly scalars: Scalars;
  readonly phases: readonly PhaseDraft[];
  readonly canaries: readonly PhaseDraft[];
  readonly tally: Tally = emptyTally();
  /** Targets in flight that were started before their turn. */
  rescuing = 0;
  /** Targets to be brought up to date with desired state, evidence and time. */
  readonly dirty = new Set<ClusterId>();
  /** Ordered and not soaked: their orders are kept in the mode that they should be in. */
  readonly ordered = new Set<ClusterId>();
  /** Of these, the ones whose order may be in another mode than it should. */
  readonly orderChecks = new Set<ClusterId>();
  /** Waiting targets that could not be seen when they were looked at for a start: patience with them runs. */
  readonly unseen = new Set<ClusterId>();
  /** Waiting targets that may start before their turn. */
  readonly rescues = new Set<ClusterId>();
  /** It has ended in this decision: what broke in it did so before. */
  hasJustEnded = false;
  readonly changes: Change[] = [];
  readonly actions = new Map<ClusterId, Action>();
  readonly waits = new Map<ClusterId, Wait>();
  readonly phaseWaits = new Map<string, Wait>();
  waitOfAll: Wait | undefined;
  /** When time alone changes where a target, or (by name) a phase, stands. */
  readonly timers = new Timers<ClusterId | `phase:${string}`>();

  readonly #targets: TargetBook;
  readonly #phaseByName: ReadonlyMap<string, PhaseDraft>;
  #phaseStates: Map<string, PhaseState> | undefined;
  readonly #stops: StopBook;
  #ordersKeptUnder: { readonly stops: readonly Stop[]; readonly status: RolloutStatus; readonly finished: boolean };

  constructor(rollout: ActiveRollout, fleet: FleetDraft) {
    this.rollout = rollout;
    this.planned = rollout.planned;
    this.fleet = fleet;
    const { phases, targets, ...scalars } = rollout.state;
    this.scalars = scalars;
    this.#targets = new TargetBook(targets);
    this.#stops = new StopBook(rollout, (stop, cluster) => this.#heldBy(stop, cluster));
    this.phases = phaseDrafts(rollout);
    this.#ordersKeptUnder = { stops: fleet.stops, status: scalars.status, finished: scalars.finishedAt !== undefined };
    this.canaries = this.phases.filter(({ planned }) => planned.canary);
    this.#phaseByName = new Map(this.phases.map((phase) => [phase.planned.name, phase]));
  }

  get now(): Instant {
    return this.fleet.now;
  }

  get id(): RolloutState['id'] {
    return this.scalars.id;
  }

  get status(): RolloutStatus {
    return this.scalars.status;
  }

  /** Neither stopped nor ended: phases go on, and targets may be started. */
  get isGoing(): boolean {
    return this.status === 'running' || this.status === 'awaiting-approval';
  }

  get isFinished(): boolean {
    return this.scalars.finishedAt !== undefined;
  }

  get isWindingDown(): boolean {
    return !this.isFinished && (this.status === 'aborted' || this.status === 'superseded');
  }

  /** As it was when the decision began. */
  targetBefore(cluster: ClusterId): TargetState | undefined {
    return this.#targets.before(cluster);
  }

  target(cluster: ClusterId): TargetState {
    const target = this.#targets.get(cluster);
    invariant(target !== undefined, `the rollout has a state for each member, also ${cluster}`);
    return target;
  }

  plannedTarget(cluster: ClusterId): PlannedTarget {
    const planned = this.planned.targets.get(cluster);
    invariant(planned !== undefined, `the plan has a target for each member, also ${cluster}`);
    return planned;
  }

  has(cluster: ClusterId): boolean {
    return this.#targets.get(cluster) !== undefined;
  }

  phaseOf(cluster: ClusterId): PhaseDraft {
    const phase = this.#phaseByName.get(this.plannedTarget(cluster).phase);
    invariant(phase !== undefined, `every target is in a phase of its plan, also ${cluster}`);
    return phase;
  }

  /** Takes a target into the books before anything is decided. */
  countIn(phase: PhaseDraft, cluster: ClusterId, target: TargetState): void {
    this.#count(phase, target, 1);
    // Most are done, or have not been touched: no more is to be known of them.
    if (target.status === 'succeeded') return;
    if (target.attempt > 0) {
      this.ordered.add(cluster);
      this.orderChecks.add(cluster);
    }
    if (IN_FLIGHT.has(target.status)) this.fleet.addFlight(cluster, this.plannedTarget(cluster).dataPlane, this);
    if (target.rescue && target.status === 'waiting') this.rescues.add(cluster);
    if (isUnseen(target)) this.unseen.add(cluster);
  }

  setTarget(cluster: ClusterId, next: TargetState): void {
    const before = this.target(cluster);
    if (before === next) return;
    const phase = this.phaseOf(cluster);
    this.#targets.set(cluster, next);
    this.orderChecks.add(cluster);
    this.#count(phase, before, -1);
    this.#count(phase, next, 1);
    this.#moveFlight(cluster, before, next);
    if (next.attempt > 0 && next.status !== 'succeeded') this.ordered.add(cluster);
    else this.ordered.delete(cluster);
    if (next.rescue && next.status === 'waiting') this.rescues.add(cluster);
    else this.rescues.delete(cluster);
    if (isUnseen(next)) this.unseen.add(cluster);
    else this.unseen.delete(cluster);
    if (next.status !== 'waiting' && before.status === 'waiting') this.unpark(phase, cluster);
    if (next.status === 'waiting' && before.status !== 'waiting') phase.recheck.add(phase.planned.members.indexOf(cluster));
    if (before.status === next.status) return;
    if (SETTLED.has(before.status)) this.#stops.lookAgain();
    // It may have spent a budget, or been the last that its phase waited for.
    if (SETTLED.has(next.status)) this.fleet.again = true;
    if (before.status === 'waiting') this.fleet.tellOlder(this, cluster);
    this.changes.push({ subject: 'target', name: cluster, from: before.status, to: next.status, why: next.detail ?? next.status });
  }

  /** The member no longer waits for a reason of its own. */
  unpark(phase: PhaseDraft, cluster: ClusterId): void {
    phase.parked.delete(cluster);
    this.waits.delete(cluster);
  }

  phaseState(name: string): PhaseState {
    return (this.#phaseStates ?? this.rollout.state.phases).get(name) ?? PHASE_AHEAD;
  }

  setPhase(name: string, next: PhaseState, why: string): void {
    const before = this.phaseState(name);
    this.#phaseStates ??= new Map(this.rollout.state.phases);
    const phase = this.#phaseByName.get(name);
    if (phase !== undefined) phase.state = next;
    this.#phaseStates.set(name, next);
    if (before.status !== next.status) this.changes.push({ subject: 'phase', name, from: before.status, to: next.status, why });
  }

  setStatus(status: RolloutStatus, why: string): void {
    if (status === this.status) return;
    this.changes.push({ subject: 'rollout', name: this.id, from: this.status, to: status, why });
    this.scalars.status = status;
  }

  act(cluster: ClusterId, action: Action): void {
    this.actions.set(cluster, action);
  }

  /** The newest order of a cluster, whoever gave it. */
  order(cluster: ClusterId): StandingOrder | undefined {
    return this.fleet.order(cluster);
  }

  provenSpec(cluster: ClusterId): DesiredSpec | undefined {
    return provenAt(this.fleet.ledger(cluster))?.spec;
  }

  limit(kind: PlannedLimit['kind'], name?: string): PlannedLimit | undefined {
    return this.planned.limits.find((limit) => limit.kind === kind && (name === undefined || limit.name === name));
  }

  /** Stops that hold all of it. */
  stopsOverAll(): readonly Stop[] {
    return this.#stops.overAll(this.fleet.stops, this.tally.unsettled > 0);
  }

  #heldBy(stop: Stop, cluster: ClusterId): 'holds' | 'lets-go' | 'settled' {
    if (SETTLED.has(this.target(cluster).status)) return 'settled';
    return isHeldIn(stop, this.rollout, this.plannedTarget(cluster), this.provenSpec(cluster)) ? 'holds' : 'lets-go';
  }

  /** Another rollout has proven this cluster at something: what holds this one may have changed. */
  hearProven(cluster: ClusterId): void {
    if (this.has(cluster)) this.#stops.lookAgain();
  }

  stopsOver(cluster: ClusterId): readonly Stop[] {
    const { stops } = this.fleet;
    if (stops.length === 0) return stops;
    return stopsOverTarget(stops, this.rollout, this.plannedTarget(cluster), this.target(cluster), this.provenSpec(cluster));
  }

  result(): Decision {
    const before = this.rollout.state;
    const phases = this.#phaseStates ?? before.phases;
    const targets = this.#targets.result();
    const scalars = (Object.keys(this.scalars) as (keyof Scalars)[]).some((key) => this.scalars[key] !== before[key]);
    const next: RolloutState =
      scalars || phases !== before.phases || targets !== before.targets ? { ...this.scalars, phases, targets } : before;
    const clusters = new Map(
      [...this.waits].filter(([cluster]) => this.actions.get(cluster)?.kind !== 'order' && !this.#isBehindOthers(cluster)),
    );
    return {
      next,
      actions: [...this.actions.values()],
      holds: { all: this.waitOfAll, phases: new Map(this.phaseWaits), clusters },
      changes: this.changes,
    };
  }

  /** It waits for a slot first, as all do who come after one that does. */
  #isBehindOthers(cluster: ClusterId): boolean {
    if (this.target(cluster).status !== 'waiting') return false;
    const { parked, blockedAt } = this.phaseOf(cluster);
    const at = parked.get(cluster);
    return at !== undefined && blockedAt !== undefined && at > blockedAt;
  }

  get changedTargets(): ReadonlyMap<ClusterId, TargetState> {
    return this.#targets.changed;
  }

  #count(phase: PhaseDraft, target: TargetState, by: 1 | -1): void {
    count(phase.tally, target, by);
    count(this.tally, target, by);
    // Who goes before its turn takes no slot of the phase that runs, but one of its own.
    if (!target.rescue || !IN_FLIGHT.has(target.status)) return;
    phase.tally.inFlight -= by;
    this.rescuing += by;
  }

  #moveFlight(cluster: ClusterId, before: TargetState, next: TargetState): void {
    const [was, is] = [IN_FLIGHT.has(before.status), IN_FLIGHT.has(next.status)];
    if (was === is) return;
    const { dataPlane } = this.plannedTarget(cluster);
    if (is) this.fleet.addFlight(cluster, dataPlane, this);
    else {
      this.fleet.endFlight(cluster, dataPlane, this);
      this.fleet.landed.push(cluster);
    }
  }

  /** Which orders it gives depends on stops and on its own status: where these have changed, every order is looked at. */
  checkOrdersAfterChange(): void {
    const { stops } = this.fleet;
    if (
      stops === this.#ordersKeptUnder.stops &&
      this.status === this.#ordersKeptUnder.status &&
      this.isFinished === this.#ordersKeptUnder.finished
    )
      return;
    this.#ordersKeptUnder = { stops, status: this.status, finished: this.isFinished };
    for (const cluster of this.ordered) this.orderChecks.add(cluster);
  }

  /** Everything decided so far is the state that the next decision begins with. */
  settle(): void {
    this.#targets.settle();
    this.hasJustEnded = false;
    this.actions.clear();
    this.changes.length = 0;
  }
}

const isUnseen = ({ status, unseenSince }: TargetState): boolean => status === 'waiting' && unseenSince !== undefined;
