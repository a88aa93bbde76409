import { type CompiledCalendar, compileCalendar } from '../calendar/calendar-gate.ts';
import { invariant } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest, type Instant } from '../model/time.ts';
import type { Plan, PlannedPhase, PlannedRelease, PlannedTarget } from '../plan/plan.ts';
import type { Action, Change, DecideInput, Decision, Hold, Wait } from './decision.ts';
import type { Order } from './evidence.ts';
import { type Pause, PHASE_AHEAD, type PhaseState, type RolloutState, type RolloutStatus, type TargetState } from './state.ts';
import { count, emptyTally, isInFlight, type Tally } from './tally.ts';

/** A phase under decision. */
export interface PhaseDraft {
  readonly planned: PlannedPhase;
  readonly release: ReleaseDraft;
  readonly tally: Tally;
  /** Members about which something may be left to decide: all but those that have succeeded, left, or been superseded. */
  readonly open: ClusterId[];
}

export interface ReleaseDraft {
  readonly planned: PlannedRelease | undefined;
  readonly name: string;
  readonly tally: Tally;
}

/**
 * What one call of `decide` works on. It changes as the steps go on, and nobody outside sees it: the result is
 * built from it at the end, sharing every object that did not change.
 */
export class Draft {
  readonly input: DecideInput;
  readonly phases: readonly PhaseDraft[];
  /** Clusters in flight under any rollout, in the fleet and by data plane. */
  readonly load: { fleet: number; readonly dataPlanes: Map<string, number> };
  readonly changes: Change[] = [];
  status: RolloutStatus;
  pause: Pause | undefined;
  finishedAt: Instant | undefined;
  wakeAt: Instant | undefined;

  #calendar: CompiledCalendar | undefined;
  #targets: Map<ClusterId, TargetState> | undefined;
  #phaseStates: Map<string, PhaseState> | undefined;
  readonly #actions = new Map<ClusterId, Action>();
  readonly #waits = new Map<ClusterId, Wait>();

  constructor(input: DecideInput) {
    this.input = input;
    this.status = input.state.status;
    this.pause = input.state.pause;
    this.finishedAt = input.state.finishedAt;
    this.load = { fleet: 0, dataPlanes: new Map() };
    for (const { dataPlane } of input.elsewhere.values()) this.#addLoad(dataPlane, 1);
    this.phases = this.#draftPhases(input.plan);
  }

  /** Windows and freezes at this instant. */
  get calendar(): CompiledCalendar {
    this.#calendar ??= compileCalendar(this.input.policy.calendar, this.now);
    return this.#calendar;
  }

  get now(): Instant {
    return this.input.now;
  }

  /** Neither stopped nor ended: phases go on, and targets may be started. */
  get isGoing(): boolean {
    return this.status === 'running' || this.status === 'awaiting-approval';
  }

  planned(cluster: ClusterId): PlannedTarget {
    const planned = this.input.plan.targets[cluster];
    invariant(planned !== undefined, `the plan has a target for each member, also ${cluster}`);
    return planned;
  }

  target(cluster: ClusterId): TargetState {
    const target = (this.#targets ?? this.input.state.targets).get(cluster);
    invariant(target !== undefined, `the rollout has a state for each member, also ${cluster}`);
    return target;
  }

  setTarget(phase: PhaseDraft, cluster: ClusterId, next: TargetState): void {
    const before = this.target(cluster);
    if (before === next) return;
    this.#targets ??= new Map(this.input.state.targets);
    this.#targets.set(cluster, next);
    this.#recount(phase, cluster, before, next);
    if (before.status === next.status) return;
    this.changes.push({ subject: 'target', name: cluster, from: before.status, to: next.status, why: next.detail ?? next.status });
  }

  phaseState(id: string): PhaseState {
    return (this.#phaseStates ?? this.input.state.phases).get(id) ?? PHASE_AHEAD;
  }

  /** Members of a phase that are not settled. */
  unsettledIn(id: string): number {
    return this.phases.find(({ planned }) => planned.id === id)?.tally.unsettled ?? 0;
  }

  setPhase(id: string, next: PhaseState, why: string): void {
    const before = this.phaseState(id);
    this.#phaseStates ??= new Map(this.input.state.phases);
    this.#phaseStates.set(id, next);
    this.changes.push({ subject: 'phase', name: id, from: before.status, to: next.status, why });
  }

  setStatus(status: RolloutStatus, why: string): void {
    if (status === this.status) return;
    this.changes.push({ subject: 'rollout', name: this.input.state.id, from: this.status, to: status, why });
    this.status = status;
  }

  /** The newest order of a cluster: the one given in this decision, or the one on record. */
  order(cluster: ClusterId): Order | undefined {
    return this.#actions.get(cluster)?.order ?? this.input.orders.get(cluster);
  }

  act(action: Action): void {
    this.#actions.set(action.order.cluster, action);
  }

  /** Records why a target does not move; dropped again when it is acted on. */
  wait(cluster: ClusterId, wait: Wait): void {
    this.#waits.set(cluster, wait);
  }

  /** The answer could change at this instant by time alone. */
  wakeUpAt(at: Instant | undefined): void {
    if (at !== undefined && at > this.now) this.wakeAt = earliest(this.wakeAt, at);
  }

  result(): Decision {
    return {
      next: this.#nextState(),
      actions: [...this.#actions.values()],
      holds: this.#holds(),
      changes: this.changes,
      wakeAt: this.finishedAt === undefined ? this.wakeAt : undefined,
    };
  }

  #nextState(): RolloutState {
    const { state } = this.input;
    const { status, pause, finishedAt } = this;
    const phases = this.#phaseStates ?? state.phases;
    const targets = this.#targets ?? state.targets;
    const changed =
      targets !== state.targets ||
      phases !== state.phases ||
      status !== state.status ||
      pause !== state.pause ||
      finishedAt !== state.finishedAt;
    return changed ? { ...state, status, pause, finishedAt, phases, targets } : state;
  }

  #holds(): readonly Hold[] {
    const holds: Hold[] = [];
    for (const [cluster, { reason, until }] of this.#waits) {
      if (!this.#actions.has(cluster)) holds.push({ cluster, reason, until });
    }
    return holds;
  }

  #draftPhases(plan: Plan): readonly PhaseDraft[] {
    const releases = new Map<string, ReleaseDraft>();
    return plan.phases.map((planned) => {
      const release = releases.get(planned.release) ?? {
        name: planned.release,
        planned: plan.releases.find(({ release: name }) => name === planned.release),
        tally: emptyTally(),
      };
      releases.set(planned.release, release);
      const phase: PhaseDraft = { planned, release, tally: emptyTally(), open: [] };
      for (const cluster of planned.members) this.#countIn(phase, cluster);
      return phase;
    });
  }

  #countIn(phase: PhaseDraft, cluster: ClusterId): void {
    const target = this.target(cluster);
    count(phase.tally, target, this.input.state.resumedAt, 1);
    count(phase.release.tally, target, this.input.state.resumedAt, 1);
    if (target.status === 'succeeded' || target.status === 'removed' || target.status === 'superseded') return;
    phase.open.push(cluster);
    if (isInFlight(target) && !this.input.elsewhere.has(cluster)) this.#addLoad(this.planned(cluster).dataPlane, 1);
  }

  #recount(phase: PhaseDraft, cluster: ClusterId, before: TargetState, next: TargetState): void {
    const { resumedAt } = this.input.state;
    for (const tally of [phase.tally, phase.release.tally]) {
      count(tally, before, resumedAt, -1);
      count(tally, next, resumedAt, 1);
    }
    const change = Number(isInFlight(next)) - Number(isInFlight(before));
    // A cluster that is taken over from another rollout is on the load already.
    if (change !== 0 && !this.input.elsewhere.has(cluster)) this.#addLoad(this.planned(cluster).dataPlane, change);
  }

  #addLoad(dataPlane: string, by: number): void {
    this.load.fleet += by;
    this.load.dataPlanes.set(dataPlane, (this.load.dataPlanes.get(dataPlane) ?? 0) + by);
  }
}
